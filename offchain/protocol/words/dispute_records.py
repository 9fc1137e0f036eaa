"""The events of disputes (``contracts/interfaces/IDisputes.sol``), one class for each event.

Questions of a round are numbered from 1 in order, its cells apart from them from 1 as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.records import Record


@dataclass(frozen=True, slots=True)
class QuestionAsked(Record):
    """``asker`` put ``bond`` wei on a statement's row ``row`` being false."""

    round: int
    statement: bytes
    asker: str
    question: int
    kind: QuestionKind
    row: int
    bond: int


@dataclass(frozen=True, slots=True)
class RowAnswered(Record):
    """What lies behind a row and the baseline's, packed (nothing where there is no baseline)."""

    round: int
    question: int
    answerer: str
    of_row: bytes
    of_baseline: bytes


@dataclass(frozen=True, slots=True)
class FormAnswered(Record):
    """A model was shown, and it is well formed."""

    round: int
    question: int
    answerer: str


@dataclass(frozen=True, slots=True)
class CellAsked(Record):
    """``asker`` put ``bond`` wei on an answer being false at ``place`` in D.

    ``voice`` is 0 against the baseline, else which of the answer's compared voices, from 1.
    """

    round: int
    question: int
    asker: str
    cell: int
    place: int
    voice: int
    bond: int


@dataclass(frozen=True, slots=True)
class CellAnswered(Record):
    """The points of both rows of a cell on each test sample at its place, a byte for each.

    The second row's are none where that row is empty.
    """

    round: int
    cell: int
    answerer: str
    first: bytes
    second: bytes


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
