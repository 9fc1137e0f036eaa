"""Statements: from the points of all models on all test samples to the rows that attesters state.

Points are uint8, in one array for each model: the test samples of the first data transaction of D,
then of the second, and so on, equally many in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.crypto.hashing import Domain
from offchain.errors import ProtocolError
from offchain.protocol.rules import judging
from offchain.protocol.rules.voices import repeats
from offchain.protocol.words.parameters import LARGEST_TEST_SET
from offchain.protocol.words.transactions import EMPTY_ROW, Row, row_hash

Points = NDArray[np.uint8]


class WrongPoints(ProtocolError):
    """Points are not what the data set has samples for."""


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """D's test data: how many data transactions, and how many samples in each of them."""

    transactions: int
    samples: int

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= LARGEST_TEST_SET:
            raise WrongPoints(
                f"{self.samples} test samples in a data transaction: 1 to {LARGEST_TEST_SET}"
            )

    def points(self, points: Points) -> tuple[int, ...]:
        """c: the sum of the points over each data transaction's samples."""
        self._require(points)
        return self._sums(points)

    def squares(self, one: Points, other: Points) -> tuple[int, ...]:
        """For each data transaction the sum of (points of the one - points of the other)^2.

        With the baseline these are a model's q, with another model their distances.
        """
        self._require(one)
        self._require(other)
        return self._sums((one.astype(np.int32) - other) ** 2)

    def _sums(self, values: NDArray[np.integer]) -> tuple[int, ...]:
        """The sum of each data transaction's values."""
        totals = values.reshape(self.transactions, -1).sum(axis=1, dtype=np.int64)
        return tuple(int(total) for total in totals)

    def _require(self, points: Points) -> None:
        expected = self.transactions * self.samples
        if points.dtype != np.uint8 or points.shape != (expected,):
            raise WrongPoints(
                f"points are {points.dtype} of shape {points.shape}, not uint8 of ({expected},)"
            )


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a round's models are held to: k, B and voiceBasisPoints."""

    trimmed: int
    required: int
    voice_basis_points: int


def rows(
    domain: Domain,
    round_number: int,
    counts: SampleCounts,
    bounds: Bounds,
    baseline: Points | None,
    models: Sequence[Points | None],
    orders: Sequence[int],
) -> tuple[Row, ...]:
    """The rows of an honest statement: the baseline's, then each revealed model's.

    Without a baseline its points count as zeros, its row is empty, and no model repeats another:
    the best-ranked one alone is a voice then.

    Args:
        domain: the deployment's.
        round_number: the round.
        counts: D's test data.
        bounds: what decides.
        baseline: the last best model's points; None while there is none.
        models: each revealed model's points, in order of reveal; None: missing or malformed.
        orders: the numbers of their commitments.

    Raises:
        WrongPoints: points of another type or length than the test set's.
        TooFewToTrim: D has fewer than 2 k + 1 data transactions.
        ValueError: models and orders differ in number.
    """
    zeros: Points = np.zeros(counts.transactions * counts.samples, np.uint8)
    against = zeros if baseline is None else baseline
    present = {index: points for index, points in enumerate(models) if points is not None}
    table = [_row(domain, round_number, counts, bounds.trimmed, against, m) for m in models]
    ranking = judging.rank(
        [
            None if points is None else judging.Judged(row.net, row.spread, order)
            for points, row, order in zip(models, table, orders, strict=True)
        ],
        bounds.required,
    )

    def distance(one: int, other: int) -> int:
        return judging.middle(counts.squares(present[one], present[other]), bounds.trimmed)

    if baseline is None:
        return EMPTY_ROW, *table
    spreads = [row.spread for row in table]
    for model, voice in repeats(ranking, spreads, distance, bounds.voice_basis_points).items():
        row = table[model]
        table[model] = Row(row.hash, row.middle, row.net, row.spread, 1 + voice)
    return _row(domain, round_number, counts, bounds.trimmed, against, baseline), *table


def _row(
    domain: Domain,
    round_number: int,
    counts: SampleCounts,
    trimmed: int,
    baseline: Points,
    points: Points | None,
) -> Row:
    """A row that repeats nothing."""
    if points is None:
        return EMPTY_ROW
    own, squares = counts.points(points), counts.squares(points, baseline)
    return Row(
        row_hash(domain, round_number, own, squares),
        judging.middle(own, trimmed),
        judging.net(own, counts.points(baseline), trimmed),
        judging.middle(squares, trimmed),
        0,
    )
