"""Which items test, and which Bitcoin block splits them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.rules.partition import (
    HeightRange,
    TooFewItemsToTest,
    end_arrival,
    height_range,
    next_height,
    round_test_items,
    select_test_items,
)
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.transactions import split_rank
from scripts.support.worlds.steps import address

MODEL_CHAIN = Domain(31_337, address(1))
SEED = keccak256(b"seed")
ITEMS = [keccak256(b"item %d" % number) for number in range(40)]


def test_test_items_are_the_ones_with_the_lowest_rank() -> None:
    selected = select_test_items(MODEL_CHAIN, SEED, 100, ITEMS, 6)
    ranks = {100 + i: split_rank(MODEL_CHAIN, SEED, item) for i, item in enumerate(ITEMS)}
    assert len(selected) == 6
    worst = max(ranks[number] for number in selected)
    assert all(ranks[number] > worst for number in ranks if number not in selected)


def test_another_seed_or_chain_selects_others() -> None:
    chosen = select_test_items(MODEL_CHAIN, SEED, 0, ITEMS, 10)
    assert chosen != select_test_items(MODEL_CHAIN, keccak256(b"other"), 0, ITEMS, 10)
    assert chosen != select_test_items(Domain(1, address(1)), SEED, 0, ITEMS, 10)


@given(count=st.integers(0, 40), order=st.permutations(range(12)))
def test_selection_does_not_depend_on_the_order_of_arrival(count: int, order: list[int]) -> None:
    count = min(count, len(order))
    straight = select_test_items(MODEL_CHAIN, SEED, 0, ITEMS[:12], count)
    shuffled = select_test_items(MODEL_CHAIN, SEED, 0, [ITEMS[i] for i in order], count)
    assert {order[number] for number in shuffled} == straight


def test_more_test_items_than_items_are_refused() -> None:
    with pytest.raises(TooFewItemsToTest) as caught:
        select_test_items(MODEL_CHAIN, SEED, 0, ITEMS[:3], 4)
    assert (caught.value.items, caught.value.test_items) == (3, 4)


@given(batches=st.lists(st.integers(0, 30), max_size=20))
def test_batches_together_test_the_same_share_as_one_batch(batches: list[int]) -> None:
    so_far = items = 0
    for batch in batches:
        items += batch
        added = round_test_items(items, DEMO.test_basis_points) - so_far
        assert 0 <= added <= batch
        so_far += added
    assert so_far == DEMO.test_basis_points * sum(batches) // 10_000


def test_the_smallest_round_that_competes_has_a_test_item() -> None:
    assert round_test_items(DEMO.minimum_items, DEMO.test_basis_points) >= 1


decisions = st.lists(st.integers(0, 50), min_size=1, max_size=30).map(sorted)


@given(
    times=decisions,
    last=st.integers(90, 120),
    lowest=st.integers(95, 105),
    tip=st.integers(90, 125),
    first=st.integers(-1, 50),
    now=st.integers(0, 60),
)
def test_the_height_is_the_lowest_that_decides_after_the_first_arrival(
    times: list[int], last: int, lowest: int, tip: int, first: int, now: int
) -> None:
    decided = dict(enumerate(times, start=100))
    tip = min(tip, 99 + len(times))
    lowest = max(lowest, 100)
    found = next_height(height_range(lowest, last, tip), decided.__getitem__, first, now)
    candidates = [
        height for height in range(max(lowest, last + 1), tip + 1) if decided[height] > first
    ]
    expected = min(candidates, default=None)
    if expected is not None and decided[expected] > now:
        expected = None
    assert found == expected


def test_no_height_is_open_above_the_tip() -> None:
    assert height_range(5, 9, 9) == HeightRange(10, 9)
    assert next_height(HeightRange(10, 9), lambda _: 0, 0, 99) is None


@given(times=st.lists(st.integers(0, 30), unique=True).map(sorted), decision=st.integers(0, 31))
def test_the_end_is_the_first_arrival_not_before_the_decision(
    times: list[int], decision: int
) -> None:
    end = end_arrival(times, decision)
    assert all(time < decision for time in times[:end])
    assert all(time >= decision for time in times[end:])
