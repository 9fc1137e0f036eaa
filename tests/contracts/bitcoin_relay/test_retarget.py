"""Retargets, and branches around one: fewer headers can have more work.

The network has mainnet's rules but for its lowest difficulty, so that tests can mine headers.
"""

from dataclasses import replace

import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.bitcoin.target import (
    EPOCH_BLOCKS,
    EPOCH_SECONDS,
    retarget,
    target_from_bits,
    work_of_target,
)
from scripts.support.chains.relays import MakeRelay, Relay, Setup, assert_holds, refuses
from scripts.support.worlds.bitcoin_mining import (
    BLOCK_SECONDS,
    RETARGETING,
    START_TIME,
    MinedChain,
    mine,
)

BOUNDARY = 2 * EPOCH_BLOCKS


@pytest.fixture(scope="module")
def before() -> MinedChain:
    """Headers up to 5 before a retarget; their epoch has been quick so far."""
    chain = MinedChain.start(
        RETARGETING,
        height=BOUNDARY - 25,
        epoch_start_time=START_TIME - EPOCH_SECONDS // 4,
        target=2**250,
    )
    return chain.grow(20)


@pytest.fixture(scope="module")
def slow(before: MinedChain) -> MinedChain:
    """Its epoch ends late: four times the target from there on."""
    chain = before.fork(BOUNDARY - 5, salt=1).grow(3)
    chain.extend([START_TIME + 4 * EPOCH_SECONDS])
    return chain.extend(START_TIME + 4 * EPOCH_SECONDS + n * BLOCK_SECONDS for n in range(12))


@pytest.fixture(scope="module")
def quick(before: MinedChain) -> MinedChain:
    """Its epoch ends early: about a quarter of the target from there on."""
    return before.fork(BOUNDARY - 2, salt=2).grow(6)


@pytest.fixture
def relay(make_relay: MakeRelay, slow: MinedChain) -> Relay:
    """A relay that has seen the slow chain."""
    setup = Setup.of(RETARGETING, slow.checkpoint, ring_size=31)
    relay = make_relay(setup)
    relay.submit(slow.raw(slow.first_height + 11, 20))
    relay.submit(slow.raw(slow.first_height + 31))
    return relay


def test_the_target_that_is_due_follows_the_epochs_times(relay: Relay, slow: MinedChain) -> None:
    old_bits, start = slow.epochs[1]
    last = slow.header(BOUNDARY - 1).time
    bits = retarget(old_bits, start, last, RETARGETING.pow_limit)
    assert target_from_bits(bits) == 4 * target_from_bits(old_bits)
    assert relay.state().epoch == (bits, slow.header(BOUNDARY).time)


def test_without_retargeting_an_epoch_of_any_length_keeps_the_target(
    make_relay: MakeRelay,
) -> None:
    chain = MinedChain.start(REGTEST, EPOCH_BLOCKS - 6, START_TIME - EPOCH_SECONDS // 8).grow(12)
    relay = make_relay(Setup.of(REGTEST, chain.checkpoint))
    relay.submit(chain.raw(chain.first_height + 11))
    assert_holds(relay, chain)
    bits, start = relay.state().epoch
    assert (bits, start) == (chain.header(EPOCH_BLOCKS - 1).bits, chain.header(EPOCH_BLOCKS).time)


def test_the_target_of_before_is_refused_after_it(make_relay: MakeRelay, slow: MinedChain) -> None:
    relay = make_relay(Setup.of(RETARGETING, slow.checkpoint))
    relay.submit(slow.raw(slow.first_height + 11, 19))
    old_bits, due_bits = slow.epochs[1][0], slow.epochs[2][0]
    wrong = mine(replace(slow.header(BOUNDARY), bits=old_bits))
    relay.submit(slow.raw(BOUNDARY - 5, 5))
    with refuses("WrongBits", BOUNDARY, due_bits, old_bits):
        relay.submit(wrong.serialise())


def test_a_shorter_chain_with_more_work_wins(
    relay: Relay, slow: MinedChain, quick: MinedChain
) -> None:
    fork_height = BOUNDARY - 5
    assert quick.best_height < slow.best_height
    occurred = relay.submit(quick.raw(fork_height + 1))
    assert occurred[0] == (
        "Reorganised",
        {
            "forkHeight": fork_height,
            "oldHeight": slow.best_height,
            "newHeight": quick.best_height,
        },
    )
    assert_holds(relay, quick)
    assert relay.state().epoch == quick.epochs[2]


def test_after_a_shorter_chain_won_the_lost_slots_stay_lost(
    relay: Relay, slow: MinedChain, quick: MinedChain
) -> None:
    lowest = relay.state().lowest_height
    assert lowest == slow.best_height - 30
    relay.submit(quick.raw(BOUNDARY - 4))
    state = relay.state()
    assert state.lowest_height == lowest
    assert state.lowest_fork == max(lowest + 10, quick.best_height - 20)
    with refuses("HeightNotHeld", lowest - 1, lowest, quick.best_height):
        relay.header(lowest - 1)
    with refuses("HeightNotHeld", slow.best_height, lowest, quick.best_height):
        relay.header(slow.best_height)
    longer = quick.fork(quick.best_height, salt=2).grow(12)
    relay.submit(longer.raw(quick.best_height + 1))
    assert_holds(relay, longer)


def test_work_across_a_retarget_counts_each_epoch_by_its_target(
    relay: Relay, slow: MinedChain
) -> None:
    fork_height = BOUNDARY - 5
    branch = slow.fork(fork_height, salt=4).grow(3)
    easy, old = (work_of_target(target_from_bits(slow.epochs[n][0])) for n in (2, 1))
    count = slow.best_height - BOUNDARY + 1
    with refuses("NotMoreWork", fork_height, 3 * old, 4 * old + count * easy):
        relay.submit(branch.raw(fork_height + 1))
