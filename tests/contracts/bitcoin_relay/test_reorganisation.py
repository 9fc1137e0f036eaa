"""Most work wins: branches that replace headers, and those that are refused."""

import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.bitcoin.target import target_from_bits, work_of_target
from scripts.support.chains.relays import MakeRelay, Relay, Setup, assert_holds, refuses
from scripts.support.worlds.bitcoin_mining import MinedChain

HEADER_WORK = work_of_target(target_from_bits(0x207FFFFF))


@pytest.fixture(scope="module")
def chain() -> MinedChain:
    """Heights 0 to 80 of a regtest chain; the relay starts at 10."""
    return MinedChain.start().grow(70)


@pytest.fixture
def relay(make_relay: MakeRelay, chain: MinedChain) -> Relay:
    """A relay that has seen heights up to 30."""
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    relay.submit(chain.raw(11, 20))
    return relay


@pytest.mark.parametrize("depth", [1, 2, 11, 19])
def test_a_branch_with_more_work_replaces_the_headers_above_its_fork(
    relay: Relay, chain: MinedChain, depth: int
) -> None:
    fork_height = 30 - depth
    branch = chain.fork(fork_height, salt=1).grow(depth + 1)
    occurred = relay.submit(branch.raw(fork_height + 1))
    accepted = {"firstHeight": fork_height + 1, "lastHeight": 31, "lastHash": branch.hash(31)}
    assert occurred == [
        ("Reorganised", {"forkHeight": fork_height, "oldHeight": 30, "newHeight": 31}),
        ("HeadersAccepted", accepted),
    ]
    assert_holds(relay, branch)


@pytest.mark.parametrize(("depth", "count"), [(1, 1), (3, 3), (3, 1), (19, 18)])
def test_a_branch_with_equal_or_less_work_is_refused(
    relay: Relay, chain: MinedChain, depth: int, count: int
) -> None:
    before = relay.state()
    branch = chain.fork(30 - depth, salt=1).grow(count)
    with refuses("NotMoreWork", 30 - depth, count * HEADER_WORK, depth * HEADER_WORK):
        relay.submit(branch.raw(31 - depth))
    assert relay.state() == before
    relay.submit(chain.raw(31, 5))
    assert relay.state().best_hash == chain.hash(35)


def test_a_branch_may_start_with_headers_that_are_held(relay: Relay, chain: MinedChain) -> None:
    branch = chain.fork(27, salt=1).grow(5)
    occurred = relay.submit(branch.raw(20))
    assert occurred[0] == ("Reorganised", {"forkHeight": 27, "oldHeight": 30, "newHeight": 32})
    assert_holds(relay, branch)


def test_a_chain_may_come_back(relay: Relay, chain: MinedChain) -> None:
    branch = chain.fork(28, salt=1).grow(3)
    relay.submit(branch.raw(29))
    with refuses("NotMoreWork", 28, 3 * HEADER_WORK, 3 * HEADER_WORK):
        relay.submit(chain.raw(29, 3))
    relay.submit(chain.raw(29, 4))
    assert_holds(relay, chain.fork(32, salt=0))


def test_a_branch_from_before_the_checkpoint_is_refused(
    make_relay: MakeRelay, chain: MinedChain
) -> None:
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    relay.submit(chain.raw(11, 5))
    branch = chain.fork(9, salt=1).grow(10)
    with refuses("UnknownParent", chain.hash(9), 10):
        relay.submit(branch.raw(10))


def test_a_branch_from_the_checkpoint_is_accepted(make_relay: MakeRelay, chain: MinedChain) -> None:
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    relay.submit(chain.raw(11, 5))
    branch = chain.fork(10, salt=1).grow(6)
    relay.submit(branch.raw(11))
    assert_holds(relay, branch)


def test_a_branch_deeper_than_a_batch_is_refused(relay: Relay, chain: MinedChain) -> None:
    relay.submit(chain.raw(31, 10))
    assert relay.state().lowest_fork == 20
    branch = chain.fork(19, salt=1).grow(20)
    with refuses("UnknownParent", chain.hash(19), 20):
        relay.submit(branch.raw(20))


def test_a_branch_replaces_slots_across_the_rings_end(
    make_relay: MakeRelay, chain: MinedChain
) -> None:
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint, ring_size=31))
    for first in (11, 31, 51):
        relay.submit(chain.raw(first, 15 if first == 51 else 20))
    assert 62 % 31 == 0
    branch = chain.fork(58, salt=1).grow(8)
    relay.submit(branch.raw(59))
    assert_holds(relay, branch)
    assert relay.state().lowest_height == 66 - 30
