"""The rows of a true statement, from the points of all models: a second writing of the judge.

Attesters state what `offchain.protocol.rules.statements` makes of points. This is written apart
from it, so that a slip there is a difference here. A model's points are uint8 [data transactions
of D, test samples of each].

Source: docs/Protocol.md, "Judge".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from offchain.crypto.hashing import Domain
from offchain.crypto.merkle import merkle_root
from offchain.protocol.words.parameters import BASIS_POINTS, Parameters
from offchain.protocol.words.transactions import EMPTY_ROW, Row, row_hash

Points = NDArray[np.uint8]
Sums = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judge:
    """What a round's models are held to.

    Attributes:
        domain: the deployment's.
        parameters: the protocol's.
        round: the round.
        trim: k.
        commitments: accounts that committed to a model.
    """

    domain: Domain
    parameters: Parameters
    round: int
    trim: int
    commitments: int

    def rows(
        self, baseline: Points | None, models: Sequence[Points | None], orders: Sequence[int]
    ) -> tuple[Row, ...]:
        """The rows of the baseline and of each revealed model, in order of reveal.

        Args:
            baseline: the last best model's points; None: there is none.
            models: each model's points; None: missing or malformed.
            orders: the numbers of their commitments.
        """
        known = {index: points for index, points in enumerate(models) if points is not None}
        rows = {index: self._row(points, baseline) for index, points in known.items()}
        compared: dict[int, list[Sums]] = {}
        if baseline is not None:
            for index, voice in self._repeated(known, rows, orders, compared).items():
                rows[index] = replace(rows[index], repeats=1 + voice)
        own = (
            EMPTY_ROW
            if baseline is None
            else self._bound(self._row(baseline, baseline), baseline, baseline, ())
        )
        return own, *(
            self._bound(rows[index], known[index], baseline, compared.get(index, ()))
            if index in known
            else EMPTY_ROW
            for index in range(len(models))
        )

    def _row(self, points: Points, baseline: Points | None) -> Row:
        """A row that repeats nothing and binds nothing."""
        against = np.zeros_like(points) if baseline is None else baseline
        earned, squares = _total(points), _apart(points, against)
        return Row(
            bytes(32),
            self._middle(earned),
            self._middle(earned - _total(against)),
            self._middle(squares),
            0,
        )

    def _bound(
        self, row: Row, points: Points, baseline: Points | None, compared: Sequence[Sums]
    ) -> Row:
        """A row with its hash: over sums, points, and the distances to the compared voices."""
        against = np.zeros_like(points) if baseline is None else baseline
        sums = zip(_total(points).tolist(), _apart(points, against).tolist(), points, strict=True)
        packed = b"".join(
            struct.pack(">II", earned, squares) + _root(of_data)
            for earned, squares, of_data in sums
        )
        packed += b"".join(distances.astype(">u4").tobytes() for distances in compared)
        return replace(row, hash=row_hash(self.domain, self.round, packed))

    def _middle(self, values: Sums) -> int:
        """M: all values, less the k lowest and the k highest."""
        ordered = np.sort(values)
        ends = int(ordered[: self.trim].sum()) + int(ordered[len(ordered) - self.trim :].sum())
        return int(values.sum()) - ends

    def _required(self, transactions: int) -> int:
        """B, with what hostile data may shift and what many tries gain."""
        p = self.parameters
        hostile = isqrt(p.hostile_allowance**2 * (transactions - 2 * self.trim))
        doublings = len(f"{self.commitments:b}") - 1 if self.commitments else 0
        return (p.significance + hostile) ** 2 // 100 + p.tries_allowance * doublings

    def _repeated(
        self,
        known: Mapping[int, Points],
        rows: Mapping[int, Row],
        orders: Sequence[int],
        compared: dict[int, list[Sums]],
    ) -> dict[int, int]:
        """For each valid model that is a variant, the best-ranked voice that it is too near to.

        ``compared`` gets each one's distances to the voices that it was compared with.
        """
        required = self._required(len(next(iter(known.values()), ())))
        valid = [
            index
            for index, row in rows.items()
            if row.net > 0 and row.net * row.net * 100 >= row.spread * required
        ]
        found: dict[int, int] = {}
        voices: list[int] = []
        for index in sorted(valid, key=lambda index: (-rows[index].net, orders[index])):
            for voice in voices:
                apart = _apart(known[index], known[voice])
                compared.setdefault(index, []).append(apart)
                distance = self._middle(apart)
                smaller = min(rows[index].spread, rows[voice].spread)
                if BASIS_POINTS * distance < self.parameters.voice_basis_points * smaller:
                    found[index] = voice
                    break
            else:
                voices.append(index)
        return found


def _root(points: Points) -> bytes:
    """The Merkle root over a model's points on one data transaction, in words of 32 bytes."""
    padded = np.pad(points, (0, -len(points) % 32)).tobytes()
    return merkle_root([padded[start : start + 32] for start in range(0, len(padded), 32)])


def _total(points: Points) -> Sums:
    """Of each data transaction the points in all."""
    totals: Sums = points.sum(axis=1, dtype=np.int64)
    return totals


def _apart(one: Points, other: Points) -> Sums:
    """Of each data transaction the sum of the squares of two models' differences."""
    differences = np.subtract(one, other, dtype=np.int32)
    sums: Sums = np.square(differences).sum(axis=1, dtype=np.int64)
    return sums
