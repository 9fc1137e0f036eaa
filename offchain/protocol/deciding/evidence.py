"""What a node knows of a round that is disputed: the true rows, and the points behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from offchain.protocol.deciding.objections import Truth
from offchain.protocol.rules.statements import Points, SampleCounts, Tabulated
from offchain.protocol.words.transactions import DataRecord


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a node has computed.

    Attributes:
        round: the round in competition.
        statement: the true one.
        table: the true rows, and what they are hashes of.
        truth: the rows beside what is known on chain.
        counts: D's test data.
        trimmed: k.
        points: of the model of each row; None of models that are missing or malformed, and of the
            baseline while there is none.
        has_judge: whether the task has a judge.
    """

    round: int
    statement: bytes
    table: Tabulated
    truth: Truth
    counts: SampleCounts
    trimmed: int
    points: tuple[Points | None, ...]
    has_judge: bool

    def points_at(self, row: int, place: int) -> bytes:
        """Points of a row's model on the test samples at a place; none if it has no points."""
        points = self.points[row]
        return b"" if points is None else self.counts.points_at(points, place)


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
