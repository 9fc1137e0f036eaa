"""After any play of blocks that are taken back, and of nodes that are behind or on another branch,
a follower's history is what a new reader finds."""

from __future__ import annotations

import pytest

from offchain.chain.agreement import agrees
from offchain.chain.follower import ChainFollower
from offchain.errors import ChainError
from tests.support.chains.forking_chain import ForkingChain, ForkReader

BLOCKS = 70
DEEPEST = 12


def follow(chain: ForkingChain, reader: ForkReader) -> ChainFollower:
    return ChainFollower(reader, chain.world.domain, 0)


@pytest.mark.parametrize("seed", range(16, 24))
def test_a_history_is_a_new_readers_after_any_play_of_forks(seed: int) -> None:
    chain = ForkingChain(seed)
    chain.grow(DEEPEST)
    reader = ForkReader(chain, seed)
    reader.honest = True
    follower = follow(chain, reader)
    told = deepest = 0
    for _ in range(BLOCKS):
        reader.honest = False
        if chain.chance.random() < 0.25:
            depth = chain.chance.randint(1, min(DEEPEST, len(chain.blocks) - 1))
            deepest = max(deepest, depth)
            chain.reorganise(depth)
        else:
            chain.grow(chain.chance.choice([0, 1, 1, 2]))
        for _ in range(chain.chance.choice([0, 1, 1, 2])):
            try:
                follower.refresh()
            except ChainError:
                continue
            told += 1
            assert agrees(follower.status, follower.history)
        if chain.chance.random() < 0.2:
            # All nodes catch up, and the next block comes.
            reader.honest = True
            follower.refresh()
            chain.grow()
            follower.refresh()
            fresh = follow(chain, reader)
            assert vars(follower.history) == vars(fresh.history)
            assert follower.status == fresh.status == chain.blocks[-1].status
            assert list(follower.records) == list(fresh.records)
    assert told > BLOCKS // 4
    assert deepest > DEEPEST // 2
