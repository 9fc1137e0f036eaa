"""The rows of a true statement, from the points of all models: a second writing of the judge.

Attesters state what `offchain.protocol.rules.statements` makes of points. This is written apart
from it, so that a slip there is a difference here. A model's points are uint8 [data transactions
of D, test samples of each].

Source: docs/Protocol.md, "Judge".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from offchain.crypto.hashing import HASH_BYTES, Domain, keccak256
from offchain.crypto.merkle import merkle_root
from offchain.protocol.words.parameters import BASIS_POINTS, Parameters
from offchain.protocol.words.transactions import EMPTY_ROW, Row

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
        rows = {index: self._numbers(points, baseline) for index, points in known.items()}
        distances: dict[int, list[Sums]] = {}
        if baseline is not None:
            distances = self._distances(known, rows, orders, len(baseline))
        hashed = {
            index: replace(row, hash=self._hash(known[index], baseline, distances.get(index, ())))
            for index, row in rows.items()
        }
        own = EMPTY_ROW
        if baseline is not None:
            own = replace(
                self._numbers(baseline, baseline), hash=self._hash(baseline, baseline, ())
            )
        return own, *(hashed.get(index, EMPTY_ROW) for index in range(len(models)))

    def _numbers(self, points: Points, baseline: Points | None) -> Row:
        """A row that repeats nothing, without its hash."""
        against = np.zeros_like(points) if baseline is None else baseline
        earned, squares = _total(points), _apart(points, against)
        return Row(
            bytes(HASH_BYTES),
            self._middle(earned),
            self._middle(earned - _total(against)),
            self._middle(squares),
            0,
        )

    def _hash(self, points: Points, baseline: Points | None, distances: Sequence[Sums]) -> bytes:
        """H("row", round, places, distances), which binds all that a row follows from.

        The places are the hash over sums, squares and the points' root of each data transaction,
        the distances that over those from each voice that the model was compared with.
        """
        against = np.zeros_like(points) if baseline is None else baseline
        sums = zip(_total(points).tolist(), _apart(points, against).tolist(), points, strict=True)
        places = b"".join(
            earned.to_bytes(4, "big") + squares.to_bytes(4, "big") + _points_root(each)
            for earned, squares, each in sums
        )
        apart = b"".join(one.astype(">u4").tobytes() for one in distances)
        values = (self.round, keccak256(places), keccak256(apart))
        return self.domain.hash("row", ("uint256", "bytes32", "bytes32"), values)

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

    def _distances(
        self,
        known: Mapping[int, Points],
        rows: dict[int, Row],
        orders: Sequence[int],
        transactions: int,
    ) -> dict[int, list[Sums]]:
        """Of each valid model the distances from better-ranked voices, best first.

        They end with the first that it is too near to, which its row then names.
        """
        required = self._required(transactions)
        valid = [
            index
            for index, row in rows.items()
            if row.net > 0 and row.net * row.net * 100 >= row.spread * required
        ]
        found: dict[int, list[Sums]] = {}
        voices: list[int] = []
        for index in sorted(valid, key=lambda index: (-rows[index].net, orders[index])):
            found[index] = []
            for voice in voices:
                found[index].append(_apart(known[index], known[voice]))
                smaller = min(rows[index].spread, rows[voice].spread)
                distance = self._middle(found[index][-1])
                if BASIS_POINTS * distance < self.parameters.voice_basis_points * smaller:
                    rows[index] = replace(rows[index], repeats=1 + voice)
                    break
            else:
                voices.append(index)
        return found


def _points_root(points: Points) -> bytes:
    """Root over the points of one data transaction, a byte each, in words of 32 with zeros last."""
    data = points.tobytes()
    data += bytes(-len(data) % HASH_BYTES)
    return merkle_root([data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])


def _total(points: Points) -> Sums:
    """Of each data transaction the points in all."""
    totals: Sums = points.sum(axis=1, dtype=np.int64)
    return totals


def _apart(one: Points, other: Points) -> Sums:
    """Of each data transaction the sum of the squares of two models' differences."""
    differences = np.subtract(one, other, dtype=np.int32)
    sums: Sums = np.square(differences).sum(axis=1, dtype=np.int64)
    return sums
