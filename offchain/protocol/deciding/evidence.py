"""What a node knows of a round that is disputed: the true rows, and the points behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from offchain.protocol.rules import answers
from offchain.protocol.rules.row_claims import Table
from offchain.protocol.rules.statements import Points, SampleCounts
from offchain.protocol.words.transactions import DataRecord


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a node has computed.

    Attributes:
        round: the round in competition.
        statement: the true one.
        table: its rows, and what is known on chain beside them.
        counts: D's test data.
        points: of the model of each row; zeros of the baseline where there is none, None of models
            that are missing or malformed.
        has_judge: whether the task has a judge.
    """

    round: int
    statement: bytes
    table: Table
    counts: SampleCounts
    points: tuple[Points | None, ...]
    has_judge: bool

    def numbers(self, row: int) -> bytes | None:
        """Points and squares of a row at every place, packed; None: its model has no points."""
        points, baseline = self.points[row], self.points[0]
        if points is None or baseline is None:
            return None
        return answers.packed_row_of(self.counts, points, baseline)

    def of_baseline(self) -> bytes | None:
        """The same of row 0; nothing while there is no best model."""
        return self.numbers(0) if self.table.has_best else b""

    def distances(self, row: int, other: int) -> bytes | None:
        """The distances of two models at every place, four bytes each."""
        one, another = self.points[row], self.points[other]
        if one is None or another is None:
            return None
        return answers.packed_distances_of(self.counts, one, another)

    def cell(self, first: int, second: int, place: int) -> bytes | None:
        """Points of two rows on each test sample at a place, in turn."""
        one, another = self.points[first], self.points[second]
        if one is None or another is None:
            return None
        return answers.cell_points_of(self.counts, one, another, place)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A test sample as it can be shown to the contracts: see `Proof`."""

    record: DataRecord
    sample_record: bytes
    sample_path: tuple[bytes, ...]
    part_path: tuple[bytes, ...]


class Exhibits(Protocol):
    """What a node can lay before the judge, and the secrets of its commitments."""

    def sample(self, place: int, sample: int) -> Exhibit | None:
        """A test sample of the data transaction at a place; None: it cannot be had now."""

    def model(self, row: int) -> bytes | None:
        """The file of a row's model; None: it cannot be had now."""

    def salt(self, *, is_cell: bool, number: int) -> bytes:
        """Salt of the commitment to a proof against a cell, or a question about a form."""
