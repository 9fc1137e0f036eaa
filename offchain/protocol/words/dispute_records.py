"""The events of disputes (``contracts/interfaces/IDisputes.sol``), one class for each event.

Questions of a round are numbered from 1 in order, its cells apart from them from 1 as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.records import Record


@dataclass(frozen=True, slots=True)
class QuestionAsked(Record):
    """``asker`` put ``bond`` wei on a statement's row ``row`` being false.

    ``other`` is the row that it repeats, or should, in a question about a pair; else 0.
    """

    round: int
    statement: bytes
    asker: str
    question: int
    kind: QuestionKind
    row: int
    other: int
    bond: int


@dataclass(frozen=True, slots=True)
class RowAnswered(Record):
    """The packed points and squares of a row, and of the baseline (none where there is none)."""

    round: int
    question: int
    answerer: str
    of_row: bytes
    of_baseline: bytes


@dataclass(frozen=True, slots=True)
class PairAnswered(Record):
    """The distances of two models, for each data transaction of D four bytes."""

    round: int
    question: int
    answerer: str
    distances: bytes


@dataclass(frozen=True, slots=True)
class CellAsked(Record):
    """``asker`` put ``bond`` wei on an answer being false at ``place`` in D."""

    round: int
    question: int
    asker: str
    cell: int
    place: int
    bond: int


@dataclass(frozen=True, slots=True)
class CellAnswered(Record):
    """The points of both rows of an answer on each test sample at one place, in turn."""

    round: int
    cell: int
    answerer: str
    points: bytes


@dataclass(frozen=True, slots=True)
class ProofCommitted(Record):
    """An account has committed to a proof."""

    round: int
    account: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class StatementFell(Record):
    """A statement fell; its supporters lost ``taken`` wei, of which ``reward`` goes to ``by``.

    ``by`` is the zero address where it fell by silence: the reward then goes to the first who
    settles a question that was not answered.
    """

    round: int
    statement: bytes
    reason: FallReason
    by: str
    taken: int
    reward: int


@dataclass(frozen=True, slots=True)
class QuestionSettled(Record):
    """A question's bond went: ``paid`` wei to ``receiver``, what is left of it burned."""

    round: int
    question: int
    receiver: str
    paid: int


@dataclass(frozen=True, slots=True)
class CellSettled(Record):
    """A cell's bond went: ``paid`` wei to ``receiver``, what is left of it burned."""

    round: int
    cell: int
    receiver: str
    paid: int
