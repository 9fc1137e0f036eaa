"""Partitions: which Bitcoin height takes which pending data is forced."""

from collections.abc import Sequence

import pytest

from scripts.support.chains.contracts import RELAY
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.rounds import Rounds
from scripts.support.worlds.bitcoin_mining import BLOCK_SECONDS
from tests.support.worlds.collecting import (
    MEDIAN_WINDOW,
    NONE_YET,
    Collecting,
)


def prepare(collecting: Collecting, decisions: Sequence[int]) -> Collecting:
    """Let data arrive at the seconds 0, 100 and 200, and heights decide at the given ones.

    Header times ascend, so that a height's decision time is 60 seconds before the time of the
    header five before it: the last of the decisions is the tip's. Before the first height whose
    decision is given, decisions are of no use.
    """
    start = collecting.now + 1_000
    for number in range(3):
        collecting.share(start + 100 * number, count=number + 1)
    useless = range(-510, -500)
    later = range(decisions[-1] + 10, decisions[-1] + 70, 10)
    times = [start + RELAY.buffer_seconds + t for t in (*useless, *decisions, *later)]
    collecting.add_headers(times)
    collecting.pass_time(start + 1_000)
    assert collecting.decision(collecting.heights[-1]) == start + decisions[-1]
    return collecting


@pytest.fixture
def prepared(collecting: Collecting) -> Collecting:
    """Decisions before the first arrival, soon after it, in the second's second, and after that."""
    return prepare(collecting, (-400, 10, 100, 150))


def test_nothing_can_be_partitioned_while_nothing_is_pending(collecting: Collecting):
    start = collecting.now
    collecting.add_headers([start + i for i in range(MEDIAN_WINDOW + 1)])
    collecting.check()
    with reverts("NothingPending"):
        collecting.attempt(collecting.heights[-1], 1)


def test_nothing_is_due_while_the_relay_holds_no_header_with_enough_confirmations(evm: Evm):
    rounds = Rounds.deploy(evm)
    genesis = rounds.accounts[:4]
    for account in genesis:
        rounds.apply(account, 1)
    rounds.chain.send("ModelChain", "start", rounds.by_key(genesis, 1))
    collecting = Collecting(rounds)
    collecting.share(collecting.now + 1)
    checkpoint = rounds.chain.bitcoin.best_height
    assert list(collecting.heights) == []
    collecting.check()
    with reverts("HeightNotPartitionable", checkpoint, 0, checkpoint - RELAY.confirmations):
        collecting.attempt(checkpoint, 1)


def test_the_forced_partition_takes_what_arrived_before_the_decision_time(prepared: Collecting):
    first, second, third = (prepared.arrivals[index] for index in (0, 1, 3))
    height, end = prepared.next_partition
    assert first < prepared.decision(height) <= second
    assert end == 1
    prepared.take(height, end)
    prepared.check()
    height, end = prepared.next_partition
    assert second < prepared.decision(height) <= third
    assert end == 3
    prepared.take(height, end)
    prepared.check()
    assert prepared.next_partition == NONE_YET
    assert prepared.view("pendingDue") is False


def test_what_arrives_in_the_very_second_of_the_decision_is_not_before_it(
    prepared: Collecting,
):
    second = prepared.arrivals[1]
    height, end = prepared.forced()
    heights = [h for h in prepared.heights if prepared.decision(h) == second]
    assert heights
    assert heights[0] > height
    prepared.take(height, end)
    for at_once in heights:
        with reverts("DecisionTooEarly", at_once, second, second):
            prepared.attempt(at_once, 2)


def test_a_height_whose_decision_is_not_after_the_first_arrival_takes_nothing(
    prepared: Collecting,
):
    first = prepared.arrivals[0]
    height, _ = prepared.forced()
    for too_early in (height - 1, height - 2):
        decision = prepared.decision(too_early)
        with reverts("DecisionTooEarly", too_early, decision, first):
            prepared.attempt(too_early, 1)


def test_a_decision_one_second_after_the_first_arrival_is_after_it(collecting: Collecting):
    prepare(collecting, (0, 1, 150))
    first = collecting.arrivals[0]
    height, end = collecting.next_partition
    assert collecting.decision(height) == first + 1
    with reverts("DecisionTooEarly", height - 1, first, first):
        collecting.attempt(height - 1, 1)
    with reverts("NotLowestHeight", height + 1, first + 1, first):
        collecting.attempt(height + 1, 2)
    collecting.take(height, end)


def test_what_arrives_in_the_second_of_the_decision_is_left_for_the_next(collecting: Collecting):
    prepare(collecting, (-400, 100, 150))
    height, end = collecting.next_partition
    assert collecting.decision(height) == collecting.arrivals[1]
    assert end == 1
    with reverts("WrongEnd", 2, collecting.decision(height)):
        collecting.attempt(height, 2)
    collecting.take(height, end)
    collecting.check()


def test_a_higher_height_cannot_be_chosen_for_its_seed(prepared: Collecting):
    first = prepared.arrivals[0]
    height, _ = prepared.forced()
    for higher in range(height + 1, prepared.heights[-1] + 1):
        previous = prepared.decision(higher - 1)
        with reverts("NotLowestHeight", higher, previous, first):
            prepared.attempt(higher, 2)


def test_a_height_above_the_tip_or_not_above_the_last_one_is_refused(prepared: Collecting):
    tip = prepared.heights[-1]
    for height in (tip + 1, tip + 2, 2**32 - 1):
        with reverts("HeightNotPartitionable", height, 0, tip):
            prepared.attempt(height, 1)
    height, end = prepared.forced()
    prepared.take(height, end)
    for again in (height, height - 1, 0):
        with reverts("HeightNotPartitionable", again, height, tip):
            prepared.attempt(again, 2)


def test_the_end_must_be_the_first_arrival_that_is_not_before_the_decision(prepared: Collecting):
    height, end = prepared.forced()
    assert end == 1
    for wrong in (0, 2, 3, 6, 7, 2**32 - 1):
        with reverts("WrongEnd", wrong, prepared.decision(height)):
            prepared.attempt(height, wrong)
    prepared.take(height, end)
    height, end = prepared.forced()
    assert end == 3
    for wrong in (0, 1, 2, 4, 6, 7):
        with reverts("WrongEnd", wrong, prepared.decision(height)):
            prepared.attempt(height, wrong)


def test_the_end_cannot_stop_short_of_what_arrived_in_time(collecting: Collecting):
    start = collecting.now + 1_000
    for number in range(6):
        collecting.share(start + number)
    collecting.add_headers([start + 500 + i for i in range(MEDIAN_WINDOW + 1)])
    collecting.pass_time(start + 2_000)
    height, end = collecting.forced()
    assert end == 6
    for short in range(6):
        with reverts("WrongEnd", short, collecting.decision(height)):
            collecting.attempt(height, short)
    collecting.take(height, end)
    collecting.check()


def test_nothing_is_taken_before_the_clock_reaches_the_decision_time(collecting: Collecting):
    """Header times may run ahead by two hours: then data could still arrive in time."""
    start = collecting.now + 1_000
    collecting.share(start)
    collecting.add_headers([start + 5_000 + i for i in range(MEDIAN_WINDOW + 1)])
    height = next(h for h in collecting.heights if collecting.decision(h) > start)
    decision = collecting.decision(height)
    for now in (decision - 100, decision - 1):
        collecting.pass_time(now)
        assert collecting.next_partition == NONE_YET
        with reverts("DecisionAhead", height, decision, now):
            collecting.attempt(height, 1)
    collecting.pass_time(decision)
    assert collecting.next_partition == [height, 1]
    collecting.take(height, 1)
    # In the very second of the decision time it is too late, and not forgotten.
    collecting.share(collecting.now + 1)
    collecting.check()


def test_a_height_that_was_used_is_not_used_again_when_a_reorganisation_delays_it(
    prepared: Collecting,
):
    """The new chain has a later decision time at the very height of the last partition."""
    height, end = prepared.forced()
    prepared.take(height, end)
    chain = prepared.rounds.chain
    fork, old_best = height - 6, chain.bitcoin.best_height
    chain.bitcoin = chain.bitcoin.fork(fork, salt=1)
    second = prepared.arrivals[1]
    late = (second + RELAY.buffer_seconds + 50 + i for i in range(old_best - fork + 1))
    chain.bitcoin.extend(late)
    prepared.submit(fork + 1)
    assert prepared.decision(height) > second

    assert prepared.forced() == [height + 1, 3]
    prepared.check()
    with reverts("HeightNotPartitionable", height, height, prepared.heights[-1]):
        prepared.attempt(height, 2)
    prepared.take(height + 1, 3)


def test_heights_that_the_relay_no_longer_holds_are_passed_over(collecting: Collecting):
    start = collecting.now + 1_000
    collecting.share(start)
    collecting.pass_time(start + 900 * BLOCK_SECONDS)
    first = collecting.rounds.chain.bitcoin.best_height + 1
    collecting.add_headers(
        [
            start + 3_600 + BLOCK_SECONDS * i
            for i in range(RELAY.ring_size + 2 * RELAY.maximum_batch)
        ]
    )
    lowest = collecting.heights[0]
    assert lowest > first
    height, end = collecting.next_partition
    assert [height, end] == collecting.forced() == [lowest, 1]
    with reverts("HeightNotPartitionable", lowest - 1, 0, collecting.heights[-1]):
        collecting.attempt(lowest - 1, 1)
    collecting.take(height, end)


def test_decision_times_rise_even_when_bitcoin_reorganises(prepared: Collecting):
    """After a partition the chain below its height is replaced by one with earlier times."""
    height, end = prepared.forced()
    prepared.take(height, end)
    taken_decision = prepared.last_decision
    chain = prepared.rounds.chain
    fork = height - 6
    old_best = chain.bitcoin.best_height
    chain.bitcoin = chain.bitcoin.fork(fork, salt=1)
    base = chain.bitcoin.header(fork).time
    second = prepared.arrivals[1]
    early = [base + i for i in range(1, old_best - fork)]
    late = [second + RELAY.buffer_seconds + 50 + i for i in range(MEDIAN_WINDOW)]
    chain.bitcoin.extend([*early, *late])
    prepared.submit(fork + 1)
    assert prepared.decision(height + 1) < taken_decision

    prepared.check()
    height, end = prepared.forced()
    prepared.take(height, end)
    assert prepared.last_decision > taken_decision
    prepared.check()


def test_what_is_pending_when_a_round_closes_is_out(prepared: Collecting):
    """Nothing of it is due, as it must be: what arrives after the tip's decision time."""
    height, end = prepared.forced()
    prepared.take(height, end)
    prepared.take(*prepared.forced())
    assert prepared.pending
    prepared.check()
    prepared.close()
    prepared.check()
    assert prepared.view("collected", 1).partitioned == 3
    assert prepared.view("collected", 1).shared == 6
    with reverts("NothingPending"):
        prepared.attempt(prepared.heights[-1], 4)


def test_the_next_round_goes_on_above_the_height_of_the_last_partition(prepared: Collecting):
    first, end = prepared.forced()
    prepared.take(first, end)
    prepared.take(*prepared.forced())
    last = prepared.last_height
    prepared.close()
    prepared.share(prepared.now + 1)
    with reverts("HeightNotPartitionable", last, last, prepared.heights[-1]):
        prepared.attempt(last, 1)
    start = prepared.now
    prepared.add_headers([start + 500 + i for i in range(MEDIAN_WINDOW + 1)])
    prepared.pass_time(start + 600)
    height, end = prepared.forced()
    assert height > last
    prepared.take(height, end)
    prepared.check()
