"""What an answer must add up to."""

import random
from dataclasses import replace

import pytest

from offchain.crypto.merkle import root_of_sample
from offchain.learning.samples_root import part_root, sample_path, samples_root
from offchain.protocol.rules import answers, judging
from offchain.protocol.rules.bindings import Behind, Place
from offchain.protocol.words.transactions import EMPTY_ROW, Row

H = b"h" * 32


def behind(points, squares=None, *distances) -> Behind:
    own = squares or [0] * len(points)
    places = (Place(c, q, H) for c, q in zip(points, own, strict=True))
    return Behind(tuple(places), distances)


def row(net: int, spread: int = 100, repeats: int = 0) -> Row:
    return Row(H, 0, net, spread, repeats)


def test_a_row_is_compared_with_the_better_voices_up_to_the_one_that_it_repeats() -> None:
    # By rank: 3, 1, then 2 (a later commitment), 5; row 4 is not valid.
    rows = (EMPTY_ROW, row(20), row(20, repeats=1), row(30), row(0), row(10))
    orders = (1, 5, 3, 4, 2)

    def compared(number, of=rows, **options):
        options = {"has_best": True} | options
        return answers.compared_rows(of, orders, 0, number, **options)

    assert [compared(number) for number in range(6)] == [(), (3,), (3, 1), (), (), (3, 1)]
    assert compared(5, has_best=False) == ()
    near = (*rows[:5], replace(rows[5], repeats=3))
    assert compared(5, near) == (3,)
    nowhere = (*rows[:5], replace(rows[5], repeats=2))
    assert compared(5, nowhere) == (3, 1)


def test_sums_are_those_of_the_rows() -> None:
    own, base = behind([4, 9, 2], [1, 5, 3]), behind([1, 1, 8])
    assert answers.row_sums(own, base, 1) == answers.RowSums(4, 3, 3)
    assert answers.row_sums(own, Behind(), 1) == answers.RowSums(4, 4, 3)
    assert answers.row_sums(own, base, 1).fits(Row(H, 4, 3, 3, 7))
    assert not answers.row_sums(own, base, 1).fits(Row(H, 4, 3, 2, 7))


@pytest.mark.parametrize("seed", range(20))
def test_edges_are_right_exactly_if_counting_finds_them(seed: int) -> None:
    dice = random.Random(seed)
    values = [dice.randint(-3, 3) for _ in range(dice.randint(1, 7))]
    trimmed = dice.randint(0, (len(values) - 1) // 2)
    ordered = sorted(values)
    true = ordered[trimmed], ordered[len(values) - 1 - trimmed]
    for low in range(-4, 5):
        for high in range(-4, 5):
            found = answers.are_edges(values, low, high, trimmed)
            assert found == ((low, high) == true)
    own = behind([value + 3 for value in values])
    assert answers.edges(own, Behind(), trimmed)[0] == (true[0] + 3, true[1] + 3)


def test_a_verdict_is_true_if_the_row_is_a_variant_of_what_it_repeats_alone() -> None:
    rows = (EMPTY_ROW, row(30, spread=100), row(20, spread=50, repeats=1))
    # Below 4,000 / 10,000 of the smaller spread, 20, it is a variant.
    assert answers.is_true_verdict(rows, 2, 1, [0, 19, 90], 1, 4_000)
    assert not answers.is_true_verdict(rows, 2, 1, [0, 20, 90], 1, 4_000)
    voice = (*rows[:2], replace(rows[2], repeats=0))
    assert not answers.is_true_verdict(voice, 2, 1, [0, 19, 90], 1, 4_000)
    assert answers.is_true_verdict(voice, 2, 1, [0, 20, 90], 1, 4_000)
    with pytest.raises(judging.TooFewToTrim):
        answers.is_true_verdict(rows, 2, 1, [0, 20], 1, 4_000)


def test_points_of_a_cell_add_up_without_overflow_and_an_empty_row_has_zeros() -> None:
    assert answers.cell_sums(b"\xff\x00", b"\x00\xff") == answers.CellSums(255, 255, 2 * 255**2)
    assert answers.cell_sums(b"\x03\x04", b"") == answers.CellSums(7, 0, 25)


def test_test_samples_are_those_of_the_test_parts_in_order() -> None:
    places = [answers.sample_place(0b10110, sample, 2) for sample in range(6)]
    assert [(at.part, at.index) for at in places] == [
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 1),
        (4, 0),
        (4, 1),
    ]


def test_a_sample_stands_at_one_place_under_the_samples_root() -> None:
    parts = [[b"%d %d" % (part, sample) for sample in range(3)] for part in range(5)]
    roots = [part_root(records) for records in parts]
    root = samples_root(roots)
    path = sample_path(parts[4], 1, roots, 4)
    record, at = parts[4][1], answers.SamplePlace(4, 1)

    def stands(**changes):
        given = {
            "record": record,
            "place": at,
            "sample_path": path.in_part,
            "part_path": path.in_transaction,
        } | changes
        return answers.is_under_samples_root(root, parts=5, samples_per_part=3, **given)

    assert stands()
    assert not stands(record=parts[4][0])
    assert not stands(place=answers.SamplePlace(4, 0))
    assert not stands(place=answers.SamplePlace(3, 1))
    assert not stands(place=answers.SamplePlace(5, 1))
    assert not stands(place=answers.SamplePlace(4, 3))
    assert not stands(sample_path=path.in_part[1:])
    assert not stands(part_path=(*path.in_transaction, H))
    assert root_of_sample(record, 1, 3, (b"short",)) is None
