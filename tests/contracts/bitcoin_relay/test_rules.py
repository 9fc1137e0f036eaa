"""Each rule that a submitted header must keep, on the Python chain and on the contract."""

from dataclasses import replace

import pytest

from offchain.bitcoin.header import BlockHeader, hash_number
from offchain.bitcoin.rules import REGTEST
from offchain.bitcoin.target import target_from_bits
from scripts.support.chains.relays import NOW, MakeRelay, Relay, Setup, assert_holds, refuses
from scripts.support.worlds.bitcoin_mining import MinedChain, mine, spoil_work

GOOD = 3
"""Valid headers before the bad one in a batch."""


@pytest.fixture(scope="module")
def chain() -> MinedChain:
    """Heights 0 to 60 of a regtest chain; the relay starts at 10."""
    return MinedChain.start().grow(50)


@pytest.fixture
def relay(make_relay: MakeRelay, chain: MinedChain) -> Relay:
    """A relay that has seen heights up to 15."""
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    relay.submit(chain.raw(11, 5))
    return relay


@pytest.fixture(params=[0, GOOD], ids=["first", "fourth"])
def good(request: pytest.FixtureRequest) -> int:
    """Valid headers before the bad one."""
    return request.param


def batch_with(chain: MinedChain, good: int, bad: BlockHeader) -> bytes:
    """Return a batch after height 15: `good` valid headers, the bad one, and the next valid one."""
    return chain.raw(16, good) + bad.serialise() + chain.raw(17 + good, 1)


def test_valid_headers_extend_the_chain(relay: Relay, chain: MinedChain) -> None:
    accepted = relay.submit(chain.raw(16, 20))
    last = {"firstHeight": 16, "lastHeight": 35, "lastHash": chain.hash(35)}
    assert accepted == [("HeadersAccepted", last)]
    assert relay.state().tip == 34
    assert_holds(relay, chain.fork(35, salt=0))
    assert relay.header(35)[0] == relay.block_hash(35)
    assert relay.header(35)[2] - 60 == relay.decision_time(35)


@pytest.mark.parametrize("length", [0, 79, 81, 21 * 80], ids=["empty", "cut", "long", "too-many"])
def test_a_batch_of_another_length_is_refused(relay: Relay, chain: MinedChain, length: int) -> None:
    with refuses("BadBatchLength", length, 20 * 80):
        relay.submit(chain.raw(16)[:length])


def test_a_gap_is_refused(relay: Relay, chain: MinedChain) -> None:
    with refuses("UnknownParent", chain.hash(16), 10):
        relay.submit(chain.raw(17, 2))


def test_a_parent_that_differs_from_the_best_hash_in_its_last_bytes_only_is_refused(
    relay: Relay, chain: MinedChain
) -> None:
    parent = chain.hash(15)[:24] + bytes(8)
    header = mine(replace(chain.header(16), previous_hash=parent))
    with refuses("UnknownParent", parent, 10):
        relay.submit(header.serialise())


def test_a_header_that_does_not_follow_the_one_before_is_refused(
    relay: Relay, chain: MinedChain
) -> None:
    with refuses("BrokenLink", 17, chain.hash(16), chain.hash(17)):
        relay.submit(chain.raw(16, 1) + chain.raw(18, 1))


@pytest.mark.parametrize("version", [3, 1, 0, -1, -(2**31)])
def test_a_version_before_bip_65_is_refused(
    relay: Relay, chain: MinedChain, good: int, version: int
) -> None:
    bad = mine(replace(chain.header(16 + good), version=version))
    with refuses("OldVersion", 16 + good, version, 4):
        relay.submit(batch_with(chain, good, bad))


def test_version_4_is_accepted(relay: Relay, chain: MinedChain) -> None:
    relay.submit(mine(replace(chain.header(16), version=4)).serialise())
    assert relay.state().best_height == 16


@pytest.mark.parametrize("bits", [0x207FFFFE, 0x20800000, 0x1D00FFFF, 0xFF7FFFFF, 0], ids=hex)
def test_any_other_target_than_the_due_one_is_refused(
    relay: Relay, chain: MinedChain, good: int, bits: int
) -> None:
    bad = replace(chain.header(16 + good), bits=bits)
    with refuses("WrongBits", 16 + good, 0x207FFFFF, bits):
        relay.submit(batch_with(chain, good, bad))


def test_a_hash_above_the_target_is_refused(relay: Relay, chain: MinedChain, good: int) -> None:
    bad = spoil_work(chain.header(16 + good))
    target = target_from_bits(0x207FFFFF)
    with refuses("InsufficientWork", 16 + good, hash_number(bad.hash()), target):
        relay.submit(batch_with(chain, good, bad))


def test_a_time_not_above_the_median_before_is_refused(
    relay: Relay, chain: MinedChain, good: int
) -> None:
    median = chain.median_time_past(15 + good)
    for time in (median, median - 1, 0):
        bad = mine(replace(chain.header(16 + good), time=time))
        with refuses("TimeTooEarly", 16 + good, time, median):
            relay.submit(batch_with(chain, good, bad))


def test_a_time_just_above_the_median_is_accepted_though_it_is_before_its_parents(
    relay: Relay, chain: MinedChain
) -> None:
    time = chain.median_time_past(15) + 1
    assert time < chain.header(15).time
    relay.submit(mine(replace(chain.header(16), time=time)).serialise())
    assert relay.header(16)[1] == time
    assert relay.decision_time(16) == chain.median_time_past(15) + 1 - 60


def test_a_time_more_than_two_hours_ahead_of_the_clock_is_refused(
    relay: Relay, chain: MinedChain, good: int
) -> None:
    relay.now = NOW + 1000
    time = NOW + 1000 + 7201
    bad = mine(replace(chain.header(16 + good), time=time))
    with refuses("TimeTooLate", 16 + good, time, time - 1):
        relay.submit(batch_with(chain, good, bad))


def test_a_time_two_hours_ahead_is_accepted(relay: Relay, chain: MinedChain) -> None:
    relay.now = NOW + 1000
    relay.submit(mine(replace(chain.header(16), time=NOW + 1000 + 7200)).serialise())
    assert relay.state().best_height == 16


def test_a_refused_batch_leaves_nothing_behind(relay: Relay, chain: MinedChain) -> None:
    before = relay.state()
    bad = spoil_work(chain.header(19))
    with refuses("InsufficientWork", 19, hash_number(bad.hash()), target_from_bits(0x207FFFFF)):
        relay.submit(batch_with(chain, GOOD, bad))
    assert relay.state() == before
    with refuses("HeightNotHeld", 16, 10, 15):
        relay.header(16)
    relay.submit(chain.raw(16, 10))
    assert relay.state().best_hash == chain.hash(25)


@pytest.mark.parametrize("height", [0, 9, 16, 2**32 - 1])
def test_heights_that_are_not_held_are_refused(relay: Relay, height: int) -> None:
    for ask in (relay.header, relay.block_hash, relay.decision_time):
        with refuses("HeightNotHeld", height, 10, 15):
            ask(height)


def test_headers_that_are_held_already_are_skipped(relay: Relay, chain: MinedChain) -> None:
    accepted = relay.submit(chain.raw(12, 8))
    last = {"firstHeight": 16, "lastHeight": 19, "lastHash": chain.hash(19)}
    assert accepted == [("HeadersAccepted", last)]


@pytest.mark.parametrize(("first", "count"), [(11, 5), (11, 1), (13, 2), (15, 1)])
def test_a_batch_of_held_headers_only_changes_nothing(
    relay: Relay, chain: MinedChain, first: int, count: int
) -> None:
    before = relay.state()
    assert relay.submit(chain.raw(first, count)) == []
    assert relay.state() == before


def test_feeders_may_race_in_any_order(make_relay: MakeRelay, chain: MinedChain) -> None:
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    for first, count in ((11, 4), (11, 2), (12, 9), (11, 20), (20, 11), (25, 8)):
        relay.submit(chain.raw(first, count))
    assert relay.state().best_hash == chain.hash(32)


def test_the_ring_uses_old_slots_again(make_relay: MakeRelay, chain: MinedChain) -> None:
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint, ring_size=31))
    for first in range(11, 61, 10):
        relay.submit(chain.raw(first, 10))
        best = first + 9
        lowest = max(10, best - 30)
        assert relay.state().lowest_height == lowest
        assert_holds(relay, chain.fork(best, salt=0))
        with refuses("HeightNotHeld", lowest - 1, lowest, best):
            relay.header(lowest - 1)


def test_decision_times_never_fall_while_header_times_do(make_relay: MakeRelay) -> None:
    chain = MinedChain.start()
    for step in range(20):
        # By turns the earliest time that is allowed, and an hour after it.
        chain.extend([chain.median_time_past(chain.best_height) + (3600 if step % 2 else 1)])
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    relay.submit(chain.raw(11))
    times = [time for _, time, _ in relay.headers(10, 30)]
    decisions = [relay.decision_time(height) for height in range(10, 31)]
    assert times != sorted(times)
    assert decisions == sorted(decisions)
