"""The synthetic history that growth is measured on: a follower takes it, whenever it looks."""

from __future__ import annotations

import pytest

from offchain.chain.agreement import agrees
from offchain.chain.checkpoint import Memory
from offchain.chain.follower import ChainFollower
from offchain.protocol.deciding.retention import Retention
from offchain.protocol.words.parameters import Parameters
from scripts.support.growth.sizes import deep_size
from scripts.support.growth.synthetic import SyntheticChain

PARAMETERS = Parameters(parts=2, test_parts=1, epoch_rounds=2)


@pytest.mark.parametrize("blocks", [1, 7])
def test_views_and_records_agree_at_every_block(blocks: int) -> None:
    chain = SyntheticChain(4, PARAMETERS)
    memory = Memory(Retention(chain.account), depth=16)
    follower = ChainFollower(chain, chain.domain, 1, memory)
    while follower.history.opened < 7:
        for _ in range(blocks):
            chain.mine()
        follower.refresh()
        assert agrees(follower.status, follower.history)
    assert follower.history.head.number >= 4
    assert chain.farthest_read < 100


def test_a_history_that_forgets_takes_no_more_memory_as_it_grows() -> None:
    chain = SyntheticChain(4, PARAMETERS)
    follower = ChainFollower(chain, chain.domain, 1, Memory(Retention(chain.account), depth=16))
    sizes = []
    for age in (10, 30):
        while follower.history.opened < age:
            chain.mine()
            follower.refresh()
        sizes.append(deep_size([vars(follower.history)]))
    assert sizes[1] < 1.2 * sizes[0]


def test_each_thing_counts_once() -> None:
    shared = b"x" * 1_000
    assert 1_000 < deep_size([[shared, shared], (shared,)]) < 1_500
