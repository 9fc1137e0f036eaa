"""From points on samples to the rows of a statement."""

from dataclasses import replace

import numpy as np
import pytest

from offchain.crypto.hashing import Domain
from offchain.protocol.rules.bindings import Behind, Place, points_root
from offchain.protocol.rules.judging import TooFewToTrim
from offchain.protocol.rules.statements import Bounds, SampleCounts, WrongPoints, rows, tabulate
from offchain.protocol.words.parameters import LARGEST_TEST_SET
from offchain.protocol.words.transactions import EMPTY_ROW

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
COUNTS = SampleCounts(transactions=3, samples=4)
BOUNDS = Bounds(trimmed=1, required=0, voice_basis_points=4_000)


def points(*parts):
    return np.array([value for part in parts for value in part], np.uint8)


def hashed(round_number, of_model, earned, squares, *distances):
    """The hash of a row with these numbers for each data transaction."""
    places = (
        Place(c, q, points_root(COUNTS.points_at(of_model, place)))
        for place, (c, q) in enumerate(zip(earned, squares, strict=True))
    )
    return Behind(tuple(places), distances).hash(DOMAIN, round_number)


# Advantages 2, 1, -1; squares 2, 1, 3.
BASELINE = points((1, 1, 0, 0), (1, 1, 1, 0), (1, 1, 1, 0))
MODEL = points((1, 1, 1, 1), (1, 1, 1, 1), (0, 0, 1, 1))


def test_a_row_has_the_middles_of_points_advantages_and_squares() -> None:
    baseline, row = rows(DOMAIN, 7, COUNTS, BOUNDS, BASELINE, [MODEL], [1])
    assert (row.middle, row.net, row.spread, row.repeats) == (4, 1, 2, 0)
    assert row.hash == hashed(7, MODEL, (4, 4, 2), (2, 1, 3))
    assert (baseline.middle, baseline.net, baseline.spread, baseline.repeats) == (3, 0, 0, 0)
    assert baseline.hash == hashed(7, BASELINE, (2, 3, 3), (0, 0, 0))


def test_points_are_squared_without_overflow() -> None:
    counts = SampleCounts(transactions=1, samples=LARGEST_TEST_SET)
    best, worst = np.full(LARGEST_TEST_SET, 255, np.uint8), np.zeros(LARGEST_TEST_SET, np.uint8)
    assert counts.points(best) == (LARGEST_TEST_SET * 255,)
    assert (
        counts.squares(worst, best) == counts.squares(best, worst) == (LARGEST_TEST_SET * 255**2,)
    )
    assert LARGEST_TEST_SET * 255**2 < 2**32


def test_missing_models_have_zeros_and_shift_nobody() -> None:
    table = rows(DOMAIN, 7, COUNTS, BOUNDS, BASELINE, [None, MODEL, None], [3, 2, 1])
    alone = rows(DOMAIN, 7, COUNTS, BOUNDS, BASELINE, [MODEL], [1])
    assert table == (alone[0], EMPTY_ROW, alone[1], EMPTY_ROW)


def test_a_copy_repeats_the_earlier_commitments_model() -> None:
    table = rows(DOMAIN, 7, COUNTS, BOUNDS, BASELINE, [MODEL, BASELINE, MODEL], [9, 5, 8])
    assert [row.repeats for row in table] == [0, 3, 0, 0]


def test_a_row_binds_its_distances_to_the_voices_that_it_was_compared_with() -> None:
    # By net: the best one, then one unlike it, then a variant of that.
    base = points((0,) * 4, (0,) * 4, (0,) * 4)
    models = [points(*[values] * 3) for values in ((9, 0, 0, 0), (0, 7, 0, 0), (0, 6, 0, 0))]
    table = tabulate(DOMAIN, 7, COUNTS, BOUNDS, base, models, [1, 2, 3])
    assert [row.repeats for row in table.rows] == [0, 0, 0, 2]
    assert table.compared == ((), (), (1,), (1, 2))
    far, near = (9**2 + 6**2,) * 3, (1,) * 3
    assert table.rows[3].hash == hashed(7, models[2], (6,) * 3, (36,) * 3, far, near)
    for row, behind in zip(table.rows, table.behind, strict=True):
        assert row.hash == behind.hash(DOMAIN, 7)


@pytest.mark.parametrize(("share", "repeated"), [(4_000, 0), (4_001, 2)])
def test_a_model_is_a_variant_below_the_share_of_the_smaller_spread(
    share: int, repeated: int
) -> None:
    bounds = replace(BOUNDS, voice_basis_points=share)
    # Squares of 100 each, 4 + 36 from each other.
    models = [points(*[(10, 0, 0, 0)] * 3), points(*[(8, 6, 0, 0)] * 3)]
    table = rows(DOMAIN, 7, COUNTS, bounds, points(*[(0, 0, 0, 0)] * 3), models, [1, 2])
    assert [row.spread for row in table] == [0, 100, 100]
    assert [row.repeats for row in table] == [0, repeated, 0]


def test_without_a_baseline_points_count_whole_and_nothing_is_repeated() -> None:
    table = rows(DOMAIN, 1, COUNTS, BOUNDS, None, [MODEL, MODEL], [1, 2])
    assert table[0] == EMPTY_ROW
    assert table[1] == table[2]
    assert (table[1].middle, table[1].net, table[1].spread, table[1].repeats) == (4, 4, 4, 0)
    assert table[1].hash == hashed(1, MODEL, (4, 4, 2), (4, 4, 2))


def test_a_round_and_another_deployment_have_other_rows() -> None:
    given = (COUNTS, BOUNDS, BASELINE, [MODEL], [1])
    one = rows(DOMAIN, 7, *given)[1].hash
    assert one != rows(DOMAIN, 8, *given)[1].hash
    assert one != rows(replace(DOMAIN, chain_id=1), 7, *given)[1].hash


@pytest.mark.parametrize("wrong", [MODEL[:-1], MODEL.astype(np.int64), MODEL.reshape(3, 4)])
def test_points_of_another_shape_or_type_are_refused(wrong) -> None:
    with pytest.raises(WrongPoints):
        rows(DOMAIN, 7, COUNTS, BOUNDS, BASELINE, [wrong], [1])


@pytest.mark.parametrize("samples", [0, 40_001])
def test_no_transaction_tests_with_nothing_or_with_too_much(samples: int) -> None:
    with pytest.raises(WrongPoints):
        SampleCounts(3, samples)


def test_a_data_set_too_small_to_trim_is_refused() -> None:
    with pytest.raises(TooFewToTrim):
        rows(DOMAIN, 7, COUNTS, replace(BOUNDS, trimmed=2), BASELINE, [MODEL], [1])
