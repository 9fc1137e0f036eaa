"""Which models are valid, how they rank, and whose stake burns."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules import judging
from offchain.protocol.rules.judging import Judged, TooFewToTrim
from offchain.protocol.words.parameters import LARGEST_TEST_SET

LARGEST_POINTS = LARGEST_TEST_SET * 255
LARGEST_SQUARES = LARGEST_TEST_SET * 255**2
values = st.lists(st.integers(-LARGEST_POINTS, LARGEST_SQUARES), min_size=1, max_size=128)


@given(values=values, share=st.integers(0, 99))
def test_the_middle_is_the_sum_without_the_extremes(values: list[int], share: int) -> None:
    trimmed = (len(values) - 1) // 2 * share // 100
    rest = list(values)
    for _ in range(trimmed):
        rest.remove(min(rest))
        rest.remove(max(rest))
    assert judging.middle(values, trimmed) == sum(rest)


@given(values=values, hostile=st.lists(st.integers(-(10**12), 10**12), max_size=60))
def test_hostile_values_cannot_move_the_middle_beyond_the_honest_extremes(
    values: list[int], hostile: list[int]
) -> None:
    trimmed = len(hostile)
    if len(values) <= trimmed:
        return
    kept = len(values) - trimmed
    moved = judging.middle([*values, *hostile], trimmed)
    assert sum(sorted(values)[:kept]) <= moved <= sum(sorted(values)[-kept:])


@pytest.mark.parametrize(("count", "trimmed"), [(0, 0), (2, 1), (6, 3)])
def test_a_middle_of_nothing_is_refused(count: int, trimmed: int) -> None:
    with pytest.raises(TooFewToTrim) as caught:
        judging.middle([1] * count, trimmed)
    assert (caught.value.values, caught.value.trimmed) == (count, trimmed)
    assert not judging.can_be_judged(count, trimmed)


@pytest.mark.parametrize(
    ("published", "trimmed"), [(0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (128, 42)]
)
def test_a_third_of_what_was_published_in_time_is_left_out(published: int, trimmed: int) -> None:
    assert judging.trimmed(published) == trimmed


def test_a_round_needs_enough_data_and_more_than_it_leaves_out() -> None:
    assert judging.has_enough_data(3, 3)
    assert not judging.has_enough_data(2, 3)
    assert judging.can_be_judged(5, 2)
    assert not judging.can_be_judged(4, 2)


@pytest.mark.parametrize(
    ("numbers", "bound"),
    [
        ((200, 0, 0, 10, 3, 64), 400),  # the demo's: two standard deviations
        ((100, 35, 139, 10, 3, 1), (100 + 70) ** 2 // 100),  # four transactions count
        ((100, 35, 139, 60, 20, 60), (100 + 156) ** 2 // 100 + 5 * 139),
        ((105, 0, 0, 4, 1, 4), 110),  # 110.25
        ((0, 0, 139, 4, 1, 0), 0),
        ((0, 0, 139, 4, 1, 63), 5 * 139),
        ((0, 0, 139, 4, 1, 64), 6 * 139),
        ((0, 0, 0, 4, 1, 64), 0),
    ],
)
def test_the_bound_is_the_formulas(numbers: tuple[int, ...], bound: int) -> None:
    assert judging.required(*numbers) == bound


@given(net=st.integers(-(10**9), 10**9), spread=st.integers(0, 10**11), bound=st.integers(0, 10**6))
def test_a_model_is_valid_when_it_is_so_many_standard_deviations_better(
    net: int, spread: int, bound: int
) -> None:
    assert judging.is_valid(net, spread, bound) == (
        net >= 1 and net >= math.sqrt(bound * spread) / 10
    ) or math.isclose(100 * net**2, bound * spread, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("net", "spread", "valid"), [(20, 100, True), (19, 100, False), (0, 0, False), (1, 0, True)]
)
def test_two_standard_deviations_are_the_demos_bound(net: int, spread: int, valid: bool) -> None:
    assert judging.is_valid(net, spread, 400) is valid


@given(
    points=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=30),
    share=st.integers(0, 99),
)
def test_a_model_with_an_advantage_has_a_spread(points: list[tuple[int, int]], share: int) -> None:
    trimmed = (len(points) - 1) // 2 * share // 100
    own, baseline = zip(*points, strict=True)
    spread = judging.middle([(one - other) ** 2 for one, other in points], trimmed)
    if judging.net(own, baseline, trimmed) >= 1:
        assert spread >= 1


def test_the_larger_net_ranks_first_then_the_earlier_commitment() -> None:
    models = [
        Judged(50, 100, 4),
        None,
        Judged(60, 100, 5),
        Judged(50, 100, 1),
        Judged(9, 100, 2),  # not valid
        Judged(-70, 100, 3),
    ]
    assert judging.rank(models, 100) == (2, 3, 0)


@pytest.mark.parametrize(
    ("middle", "baseline", "burned"),
    [(499, 1_000, True), (500, 1_000, False), (0, 0, False), (None, 0, True), (None, 9, True)],
)
def test_a_model_burns_when_it_is_missing_or_far_below_the_baseline(
    middle: int | None, baseline: int, burned: bool
) -> None:
    assert judging.burns(middle, baseline, 5_000) is burned


def test_no_more_burns_than_there_is() -> None:
    assert judging.burned_wei(200, 1_000) == 200
    assert judging.burned_wei(200, 150) == 150
