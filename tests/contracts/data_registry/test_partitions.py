"""Partitions: which Bitcoin height takes which pending items is forced."""

from collections.abc import Sequence

import pytest

from scripts.support.chains.evm import reverts
from scripts.support.chains.registries import (
    BUFFER_SECONDS,
    CONFIRMATIONS,
    MAXIMUM_BATCH,
    RELAY_RING,
    share_key,
)
from scripts.support.worlds.bitcoin_mining import BLOCK_SECONDS
from tests.support.worlds.collecting import (
    MEDIAN_WINDOW,
    NONE_YET,
    Collecting,
)


def prepare(collecting: Collecting, decisions: Sequence[int]) -> Collecting:
    """Let items arrive at the seconds 0, 100 and 200, and heights decide at the given ones.

    Header times ascend, so that a height's decision time is 60 seconds before the time of the
    header five before it: the last of the decisions is the tip's. Before the first height whose
    decision is given, decisions are of no use.
    """
    start = collecting.evm.timestamp + 1_000
    for number in range(3):
        collecting.share(start + 100 * number, count=number + 1)
    useless = range(-510, -500)
    later = range(decisions[-1] + 10, decisions[-1] + 70, 10)
    times = [start + BUFFER_SECONDS + t for t in (*useless, *decisions, *later)]
    collecting.registries.add_headers(times)
    collecting.pass_time(start + 1_000)
    assert collecting.decision(collecting.heights[-1]) == start + decisions[-1]
    return collecting


@pytest.fixture
def prepared(collecting: Collecting) -> Collecting:
    """Decisions before the first arrival, soon after it, in the second's second, and after that."""
    return prepare(collecting, (-400, 10, 100, 150))


def test_nothing_can_be_partitioned_while_nothing_is_pending(collecting: Collecting):
    start = collecting.evm.timestamp
    collecting.registries.add_headers([start + i for i in range(MEDIAN_WINDOW + 1)])
    collecting.check()
    with reverts("NothingPending"):
        collecting.attempt(collecting.heights[-1], 1)


def test_nothing_is_due_while_the_relay_holds_no_header_with_enough_confirmations(
    collecting: Collecting,
):
    collecting.share(collecting.evm.timestamp + 1)
    checkpoint = collecting.registries.bitcoin.best_height
    assert list(collecting.heights) == []
    collecting.check()
    with reverts("HeightNotPartitionable", checkpoint, 0, checkpoint - CONFIRMATIONS):
        collecting.attempt(checkpoint, 1)


def test_the_forced_partition_takes_what_arrived_before_the_decision_time(prepared: Collecting):
    first, second, third = (time for time, _ in prepared.arrivals)
    height, end = prepared.registries.data.functions.nextPartition().call()
    assert first < prepared.decision(height) <= second
    assert end == 1
    prepared.take(height, end)
    prepared.check()
    height, end = prepared.registries.data.functions.nextPartition().call()
    assert second < prepared.decision(height) <= third
    assert end == 2
    prepared.take(height, end)
    prepared.check()
    assert prepared.registries.data.functions.nextPartition().call() == NONE_YET
    assert prepared.registries.data.functions.pendingDue().call() is False


def test_an_item_that_arrives_in_the_second_of_the_decision_is_not_before_it(
    prepared: Collecting,
):
    second = prepared.arrivals[1][0]
    height, end = prepared.forced(prepared.evm.timestamp)
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
    first = prepared.arrivals[0][0]
    height, _ = prepared.forced(prepared.evm.timestamp)
    for too_early in (height - 1, height - 2):
        decision = prepared.decision(too_early)
        with reverts("DecisionTooEarly", too_early, decision, first):
            prepared.attempt(too_early, 1)


def test_a_decision_one_second_after_the_first_arrival_is_after_it(collecting: Collecting):
    prepare(collecting, (0, 1, 150))
    first = collecting.arrivals[0][0]
    height, end = collecting.registries.data.functions.nextPartition().call()
    assert collecting.decision(height) == first + 1
    with reverts("DecisionTooEarly", height - 1, first, first):
        collecting.attempt(height - 1, 1)
    with reverts("NotLowestHeight", height + 1, first + 1, first):
        collecting.attempt(height + 1, 2)
    collecting.take(height, end)


def test_what_arrives_in_the_second_of_the_decision_is_left_for_the_next(collecting: Collecting):
    prepare(collecting, (-400, 100, 150))
    height, end = collecting.registries.data.functions.nextPartition().call()
    assert collecting.decision(height) == collecting.arrivals[1][0]
    assert end == 1
    with reverts("WrongEndArrival", 2, collecting.decision(height)):
        collecting.attempt(height, 2)
    collecting.take(height, end)
    collecting.check()


def test_a_higher_height_cannot_be_chosen_for_its_seed(prepared: Collecting):
    first = prepared.arrivals[0][0]
    height, _ = prepared.forced(prepared.evm.timestamp)
    for higher in range(height + 1, prepared.heights[-1] + 1):
        previous = prepared.decision(higher - 1)
        with reverts("NotLowestHeight", higher, previous, first):
            prepared.attempt(higher, 2)


def test_a_height_above_the_tip_or_not_above_the_last_one_is_refused(prepared: Collecting):
    tip = prepared.heights[-1]
    for height in (tip + 1, tip + 2, 2**32 - 1):
        with reverts("HeightNotPartitionable", height, 0, tip):
            prepared.attempt(height, 1)
    height, end = prepared.forced(prepared.evm.timestamp)
    prepared.take(height, end)
    for again in (height, height - 1, 0):
        with reverts("HeightNotPartitionable", again, height, tip):
            prepared.attempt(again, 2)


def test_the_end_must_be_the_first_arrival_that_is_not_before_the_decision(prepared: Collecting):
    height, end = prepared.forced(prepared.evm.timestamp)
    assert end == 1
    for wrong in (0, 2, 3, 4, 2**64 - 1):
        with reverts("WrongEndArrival", wrong, prepared.decision(height)):
            prepared.attempt(height, wrong)
    prepared.take(height, end)
    height, end = prepared.forced(prepared.evm.timestamp)
    assert end == 2
    for wrong in (0, 1, 3, 4):
        with reverts("WrongEndArrival", wrong, prepared.decision(height)):
            prepared.attempt(height, wrong)


def test_the_end_cannot_stop_short_of_what_arrived_in_time(collecting: Collecting):
    start = collecting.evm.timestamp + 1_000
    for number in range(6):
        collecting.share(start + number)
    collecting.registries.add_headers([start + 500 + i for i in range(MEDIAN_WINDOW + 1)])
    collecting.pass_time(start + 2_000)
    height, end = collecting.forced(start + 2_000)
    assert end == 6
    for short in range(6):
        with reverts("WrongEndArrival", short, collecting.decision(height)):
            collecting.attempt(height, short)
    collecting.take(height, end)
    collecting.check()


def test_no_item_is_taken_before_the_clock_reaches_the_decision_time(collecting: Collecting):
    """Header times may run ahead by two hours: then an item could still arrive in time."""
    start = collecting.evm.timestamp + 1_000
    collecting.share(start)
    collecting.registries.add_headers([start + 5_000 + i for i in range(MEDIAN_WINDOW + 1)])
    height = next(h for h in collecting.heights if collecting.decision(h) > start)
    decision = collecting.decision(height)
    for now in (decision - 100, decision - 1):
        collecting.pass_time(now)
        assert collecting.registries.data.functions.nextPartition().call() == NONE_YET
        with reverts("DecisionAhead", height, decision, now):
            collecting.attempt(height, 1)
    collecting.pass_time(decision)
    assert collecting.registries.data.functions.nextPartition().call() == [height, 1]
    collecting.take(height, 1)
    # In the very second of the decision time it is too late, and not forgotten.
    collecting.share(collecting.evm.timestamp + 1)
    collecting.check()


def test_a_height_that_was_used_is_not_used_again_when_a_reorganisation_delays_it(
    prepared: Collecting,
):
    """The new chain has a later decision time at the very height of the last partition."""
    height, end = prepared.forced(prepared.evm.timestamp)
    prepared.take(height, end)
    registries = prepared.registries
    fork, old_best = height - 6, registries.bitcoin.best_height
    registries.bitcoin = registries.bitcoin.fork(fork, salt=1)
    second = prepared.arrivals[1][0]
    late = (second + BUFFER_SECONDS + 50 + i for i in range(old_best - fork + 1))
    registries.bitcoin.extend(late)
    prepared.evm.send(registries.relay.functions.submit(registries.bitcoin.raw(fork + 1)))
    assert prepared.decision(height) > second

    assert prepared.forced(prepared.evm.timestamp) == [height + 1, 2]
    prepared.check()
    with reverts("HeightNotPartitionable", height, height, prepared.heights[-1]):
        prepared.attempt(height, 2)
    prepared.take(height + 1, 2)


def test_heights_that_the_relay_no_longer_holds_are_passed_over(collecting: Collecting):
    start = collecting.evm.timestamp + 1_000
    collecting.share(start)
    collecting.pass_time(start + 200 * BLOCK_SECONDS)
    first = collecting.registries.bitcoin.best_height + 1
    collecting.registries.add_headers(
        [start + 3_600 + BLOCK_SECONDS * i for i in range(RELAY_RING + 2 * MAXIMUM_BATCH)]
    )
    lowest = collecting.heights[0]
    assert lowest > first
    height, end = collecting.registries.data.functions.nextPartition().call()
    assert [height, end] == collecting.forced(collecting.evm.timestamp) == [lowest, 1]
    with reverts("HeightNotPartitionable", lowest - 1, 0, collecting.heights[-1]):
        collecting.attempt(lowest - 1, 1)
    collecting.take(height, end)


def test_decision_times_rise_even_when_bitcoin_reorganises(prepared: Collecting):
    """After a partition the chain below its height is replaced by one with earlier times."""
    height, end = prepared.forced(prepared.evm.timestamp)
    prepared.take(height, end)
    taken_decision = prepared.last_decision
    registries = prepared.registries
    fork = height - 6
    old_best = registries.bitcoin.best_height
    registries.bitcoin = registries.bitcoin.fork(fork, salt=1)
    base = registries.bitcoin.header(fork).time
    second = prepared.arrivals[1][0]
    early = [base + i for i in range(1, old_best - fork)]
    late = [second + BUFFER_SECONDS + 50 + i for i in range(MEDIAN_WINDOW)]
    registries.bitcoin.extend([*early, *late])
    prepared.evm.send(registries.relay.functions.submit(registries.bitcoin.raw(fork + 1)))
    assert prepared.decision(height + 1) < taken_decision

    prepared.check()
    height, end = prepared.forced(prepared.evm.timestamp)
    prepared.take(height, end)
    assert prepared.last_decision > taken_decision
    prepared.check()


def test_a_clock_that_goes_back_loses_no_item_and_keeps_the_log_in_order(collecting: Collecting):
    """No chain's clock does; a development chain's can be set back by hand."""
    start = collecting.evm.timestamp + 1_000
    registries = collecting.registries
    collecting.share(start)
    registries.add_headers([start + 100 + i for i in range(MEDIAN_WINDOW + 1)])
    collecting.pass_time(start + 500)
    collecting.take(*collecting.forced(start + 500))

    shared = [
        registries.transaction(share_key(n), [n, n + 1], timestamp=start + 50) for n in range(1, 4)
    ]
    times = []
    for transaction, time in zip(shared, (start - 500, start - 400, start - 450), strict=True):
        collecting.evm.request("anvil_setTime", time)
        registries.share(transaction)
        times.append(collecting.evm.timestamp)
    first, second, third = times
    assert third < second < start
    log = [(start, 1), (first, 2), (second, 4)]
    assert [registries.data.functions.arrival(p).call() for p in range(3)] == log
    assert registries.data.functions.arrivals().call() == [3, 1]


def test_the_bounds_of_the_round_do_not_matter_to_what_is_pending(prepared: Collecting):
    """Items of grace count as all others: arrivals and partitions know no rounds."""
    prepared.registries.open_round(2)
    before = prepared.items
    signed = prepared.registries.transaction(
        share_key(before), [before, before + 1], scope=1, timestamp=prepared.evm.timestamp
    )
    time = prepared.evm.timestamp + 5
    prepared.evm.set_next_timestamp(time)
    prepared.registries.share(signed)
    prepared.arrivals.append((time, before + 1))
    prepared.check()
