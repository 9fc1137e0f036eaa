"""The honest way to dispute: whatever is false in a statement, three steps show where.

The liars here are as consistent as liars can be: their rows follow by the rules from points that
are false, and they answer with what their rows bind.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from offchain.crypto.hashing import Domain
from offchain.protocol.deciding.objections import (
    FalsePlace,
    FalseSample,
    Objection,
    Truth,
    false_place,
    false_sample,
    first_objection,
)
from offchain.protocol.rules.statements import Bounds, SampleCounts, Tabulated, tabulate
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.transactions import EMPTY_ROW

DOMAIN = Domain(31_337, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
COUNTS = SampleCounts(5, 40)
BOUNDS = Bounds(1, 400, 4_000)
MODELS = 5
ORDERS = (3, 1, 2, 5, 4)
MISSING = 4
"""The last model has no points by fact, in every statement."""


class Round:
    """Points of a baseline and of models, some of which are variants of others."""

    def __init__(self, seed: int, has_best: bool = True) -> None:
        self.random = np.random.Generator(np.random.PCG64(seed))
        self.has_best = has_best
        self.baseline = self.points(0.6) if has_best else None
        self.models = [self.points(0.75 + 0.03 * number) for number in range(MODELS)]
        self.models[2] = self.models[1].copy()
        self.models[2][::50] ^= 1
        self.models[MISSING] = None

    def points(self, skill: float) -> np.ndarray:
        right = self.random.random(COUNTS.transactions * COUNTS.samples) < skill
        return right.astype(np.uint8)

    def table(self, models=None, baseline=None) -> Tabulated:
        against = self.baseline if baseline is None else baseline
        return tabulate(DOMAIN, 7, COUNTS, BOUNDS, against, models or self.models, ORDERS)

    def truth(self) -> Truth:
        return Truth(self.table().rows, ORDERS, BOUNDS.required)

    def row_points(self, row: int, models=None, baseline=None) -> np.ndarray:
        if row:
            return (models or self.models)[row - 1]
        found = self.baseline if baseline is None else baseline
        return np.zeros_like(self.models[0]) if found is None else found


def objection(game: Round, rows, *, has_judge: bool = True) -> Objection | None:
    return first_objection(game.truth(), rows, has_judge=has_judge)


@pytest.mark.parametrize("has_best", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_false_points_are_found_by_one_question_one_place_and_one_sample(seed, has_best):
    game = Round(seed, has_best)
    true = game.table()
    for lie in range(8):
        models, baseline = list(game.models), game.baseline
        target = int(game.random.integers(0 if has_best else 1, MODELS))
        points = game.row_points(target).copy()
        count = int(game.random.integers(1, 30))
        points[game.random.choice(len(points), count, replace=False)] ^= 1
        if target:
            models[target - 1] = points
        else:
            baseline = points
        said = game.table(models, baseline)
        found = objection(game, said.rows)
        assert found is not None, lie
        assert found.kind is QuestionKind.ROW
        where = answered(found.row, said, true)
        assert where is not None
        second = 0
        if where.voice:
            second = said.compared[found.row][where.voice - 1]
        sides = [
            tuple(
                COUNTS.points_at(game.row_points(row, *of), where.place)
                for row in (found.row, second)
            )
            for of in ((models, baseline), (game.models, game.baseline))
        ]
        sample = false_sample(sides[0], sides[1])
        assert sample is not None
        number = where.place * COUNTS.samples + sample.sample
        row = second if sample.second else found.row
        assert row == target
        assert game.row_points(row, models, baseline)[number] != game.row_points(row)[number]


def answered(row: int, said: Tabulated, true: Tabulated) -> FalsePlace | None:
    """Where the answers of liars differ from the truth."""
    found = false_place(said.packed[row], true.packed[row], COUNTS.transactions)
    return found or false_place(said.packed[0], true.packed[0], COUNTS.transactions)


def test_nothing_is_asked_about_a_true_statement():
    game = Round(3)
    assert objection(game, game.table().rows) is None


@pytest.mark.parametrize("field", ["hash", "middle", "net", "spread"])
@pytest.mark.parametrize("row", range(4))
def test_a_row_that_says_anything_else_is_asked_about(row, field):
    """Its numbers cannot be answered for: its hash is of others, or of nothing."""
    game = Round(4)
    rows = list(game.table().rows)
    value = bytes([7]) * 32 if field == "hash" else getattr(rows[row], field) + 1
    rows[row] = replace(rows[row], **{field: value})
    assert objection(game, rows) == Objection(QuestionKind.ROW, row)


def test_of_rows_that_differ_in_their_hashes_alone_the_best_ranked_is_asked_about():
    """What is said of a better voice decides what the others are compared with."""
    game = Round(5)
    rows = list(game.table().rows)
    ranked = [row for row in game.truth().in_rank() if rows[row].net > 0]
    assert len(ranked) > 2
    for row in ranked[1:]:
        rows[row] = replace(rows[row], hash=bytes([9]) * 32, repeats=0)
    assert objection(game, rows) == Objection(QuestionKind.ROW, ranked[1])


def test_what_a_model_repeats_is_asked_about_and_shows_in_a_distance():
    game = Round(6)
    rows = list(game.table().rows)
    repeating = next(number for number, row in enumerate(rows) if row.repeats)
    rows[repeating] = replace(rows[repeating], repeats=0)
    assert objection(game, rows) == Objection(QuestionKind.ROW, repeating)


@pytest.mark.parametrize("row", [1, 3])
def test_whether_a_model_is_malformed_is_for_the_judge_alone(row):
    game = Round(7)
    rows = list(game.table().rows)
    rows[row] = EMPTY_ROW
    assert objection(game, rows) == Objection(QuestionKind.FORM, row)
    assert objection(game, rows, has_judge=False) is None
    # Numbers that differ can be asked about all the same.
    rows[2] = replace(rows[2], net=rows[2].net + 1)
    assert objection(game, rows, has_judge=False) == Objection(QuestionKind.ROW, 2)


def test_a_model_without_points_that_is_given_some_is_asked_about():
    game = Round(8)
    rows = list(game.table().rows)
    rows[1 + MISSING] = rows[1]
    assert objection(game, rows) == Objection(QuestionKind.FORM, 1 + MISSING)


def test_the_points_of_the_second_row_count_too():
    assert false_sample((b"\1\0", b"\0\1"), (b"\1\0", b"\0\0")) == FalseSample(1, True)
    assert false_sample((b"\1\0", b""), (b"\1\1", b"")) == FalseSample(1, False)
    assert false_sample((b"\1\0", b"\0"), (b"\1\0", b"\0")) is None
