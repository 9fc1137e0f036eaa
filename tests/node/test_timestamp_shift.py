"""Claimed times: shifted back by what the node chose, never before the last decision time."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

import pytest

from offchain.node.sharing import Sharing
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import KEYS, Kept, NodeChain


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    with Anvil(accounts=10) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("shift"))
        chain.start()
        yield chain
        chain.contracts.ethereum.close()


def claimed(chain: NodeChain, shift: int, last_decision: int = 0) -> list[int]:
    """Seconds by which the items of a node are shifted back."""
    outlet = Kept()
    sharing = Sharing(
        chain.own(0),
        chain.data_source(0),
        outlet,
        STRATEGIES["windows"],
        secrets.token_bytes,
        time.monotonic,
        shift,
    )
    status = chain.view.status
    status = replace(status, totals=replace(status.totals, last_decision=last_decision))
    sharing.share(status, chain.view.history, 1, tuple(range(KEYS)))
    return [status.timestamp - transaction.item.timestamp for transaction, _ in outlet.transactions]


def test_a_shift_of_one_second_shifts_nothing(chain):
    assert claimed(chain, 1) == [0] * KEYS


def test_a_long_shift_spreads_the_claimed_times_below_it(chain):
    shifts = claimed(chain, 1000)
    assert all(0 <= shift < 1000 for shift in shifts)
    assert len(set(shifts)) > 1
    assert max(shifts) > 60


def test_no_claimed_time_is_before_the_last_decision(chain):
    now = chain.view.status.timestamp
    assert max(claimed(chain, 86_400, now - 5)) <= 5
