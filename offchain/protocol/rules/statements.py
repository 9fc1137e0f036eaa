"""Statements: from the points of all models on all test samples to the rows that attesters state.

Points are uint8, in one array for each model: the test samples of the first data transaction of D,
then of the second, and so on, equally many in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from offchain.crypto.hashing import Domain
from offchain.errors import ProtocolError
from offchain.protocol.rules import judging
from offchain.protocol.rules.answers import row_sums
from offchain.protocol.rules.bindings import Behind, Place, points_root
from offchain.protocol.rules.voices import repeats
from offchain.protocol.words.parameters import LARGEST_TEST_SET
from offchain.protocol.words.transactions import EMPTY_ROW, Row

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

    def places(self, points: Points, baseline: Points) -> tuple[Place, ...]:
        """What a model's row has for each data transaction."""
        places = zip(self.points(points), self.squares(points, baseline), strict=True)
        return tuple(
            Place(earned, apart, points_root(self.points_at(points, number)))
            for number, (earned, apart) in enumerate(places)
        )

    def points_at(self, points: Points, place: int) -> bytes:
        """A model's points on the test samples of one data transaction, a byte for each."""
        return points[place * self.samples : (place + 1) * self.samples].tobytes()

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


@dataclass(frozen=True, slots=True)
class Tabulated:
    """An honest statement with all that it binds.

    Attributes:
        rows: the baseline's, then each revealed model's.
        behind: what lies behind each of them.
        compared: of each row the rows of the voices that it was compared with, best first.
    """

    rows: tuple[Row, ...]
    behind: tuple[Behind, ...]
    compared: tuple[tuple[int, ...], ...]

    @property
    def packed(self) -> tuple[bytes, ...]:
        """What the rows' hashes are over; nothing for an empty row."""
        return tuple(behind.packed() for behind in self.behind)


def rows(
    domain: Domain,
    round_number: int,
    counts: SampleCounts,
    bounds: Bounds,
    baseline: Points | None,
    models: Sequence[Points | None],
    orders: Sequence[int],
) -> tuple[Row, ...]:
    """The rows of an honest statement; arguments and errors are those of `tabulate`."""
    return tabulate(domain, round_number, counts, bounds, baseline, models, orders).rows


def tabulate(
    domain: Domain,
    round_number: int,
    counts: SampleCounts,
    bounds: Bounds,
    baseline: Points | None,
    models: Sequence[Points | None],
    orders: Sequence[int],
) -> Tabulated:
    """An honest statement: the baseline's row, each revealed model's, and what lies behind them.

    Numbers come first, then the ranking, what repeats what, and the hashes over all of it. Without
    a baseline its points count as zeros, its row is empty, and no model repeats another: the
    best-ranked one alone is a voice then.

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
    against = (
        np.zeros(counts.transactions * counts.samples, np.uint8) if baseline is None else baseline
    )
    present = [baseline, *models]
    behind = [
        Behind() if points is None else Behind(counts.places(points, against)) for points in present
    ]
    table = [_row(known, behind[0], bounds.trimmed) for known in behind]
    ranking = judging.rank(
        [
            None if points is None else judging.Judged(row.net, row.spread, order)
            for points, row, order in zip(models, table[1:], orders, strict=True)
        ],
        bounds.required,
    )
    compared: list[dict[int, tuple[int, ...]]] = [{} for _ in present]

    known_points = {number: points for number, points in enumerate(present) if points is not None}

    def distance(one: int, other: int) -> int:
        distances = counts.squares(known_points[1 + one], known_points[1 + other])
        compared[1 + one][1 + other] = distances
        return judging.middle(distances, bounds.trimmed)

    if baseline is not None:
        spreads = [row.spread for row in table[1:]]
        repeated = repeats(ranking, spreads, distance, bounds.voice_basis_points)
        for model, voice in repeated.items():
            table[1 + model] = replace(table[1 + model], repeats=1 + voice)
    for number, known in enumerate(behind):
        if known.places:
            known = replace(known, distances=tuple(compared[number].values()))
            table[number] = replace(table[number], hash=known.hash(domain, round_number))
            behind[number] = known
    return Tabulated(tuple(table), tuple(behind), tuple(map(tuple, compared)))


def _row(behind: Behind, baseline: Behind, trimmed: int) -> Row:
    """A row that is not hashed and repeats nothing."""
    if not behind.places:
        return EMPTY_ROW
    sums = row_sums(behind, baseline, trimmed)
    return replace(EMPTY_ROW, middle=sums.middle, net=sums.net, spread=sums.spread)
