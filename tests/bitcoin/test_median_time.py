"""Median time past: the middle of eleven, never falling along a chain."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.bitcoin.target import median_time_past


@given(st.permutations(range(11)))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_median_is_the_sixth_time_in_order(times: list[int]) -> None:
    assert median_time_past(times) == 5


@pytest.mark.parametrize("count", [0, 10, 12])
def test_a_window_of_another_length_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"not {count}"):
        median_time_past(range(count))


@given(
    st.lists(st.integers(0, 2**32 - 1), min_size=11, max_size=11),
    st.lists(st.integers(1, 10_000), max_size=60),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_it_never_falls_when_each_time_exceeds_the_median_before(
    window: list[int], steps: list[int]
) -> None:
    median = median_time_past(window)
    for step in steps:
        window = [*window[1:], median + step]
        following = median_time_past(window)
        assert following >= median
        median = following


def test_header_times_themselves_do_run_backwards() -> None:
    """What makes the median the clock: legal times fall while their median does not."""
    chooser = random.Random(1)
    window = list(range(0, 11 * 600, 600))
    falls = 0
    for _ in range(200):
        time = median_time_past(window) + 1 + chooser.randrange(7200)
        falls += time < window[-1]
        window = [*window[1:], time]
    assert falls > 50
