"""Actions of disputes: questions, answers, proofs and what settles them.

See `offchain.protocol.words.actions` for what an action is.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.disputes import Proof, QuestionKind
from offchain.protocol.words.transactions import Row


@dataclass(frozen=True, slots=True)
class Ask:
    """Disputes.ask about a row of a statement, which has these rows; ``value`` is the bond."""

    statement: bytes
    rows: tuple[Row, ...]
    kind: QuestionKind
    row: int
    value: int


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """Disputes.answerRow: the row asked about and the baseline's as they are packed.

    ``rows`` are the statement's, ``edges`` as `offchain.protocol.rules.answers.edges` finds them.
    """

    question: int
    rows: tuple[Row, ...]
    of_row: bytes
    of_baseline: bytes
    edges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """Disputes.answerForm: the file of a model that is stated to be well formed."""

    question: int
    model: bytes


@dataclass(frozen=True, slots=True)
class AskCell:
    """Disputes.askCell at a place of an answer; ``value`` is the bond.

    ``voice`` is 0 against the baseline, else which of the answer's compared voices, from 1.
    """

    question: int
    place: int
    voice: int
    value: int


@dataclass(frozen=True, slots=True)
class AnswerCell:
    """Disputes.answerCell: the points of both rows on the test samples at the place.

    ``rows`` are the statement's; ``of_first`` is the first row packed, ``of_second`` the second
    shortened (`offchain.protocol.rules.bindings`).
    """

    cell: int
    rows: tuple[Row, ...]
    of_first: bytes
    of_second: bytes
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True)
class CommitProof:
    """Disputes.commitProof: see `offchain.protocol.words.disputes.proof_commitment`."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class Prove:
    """Disputes.prove: the points of an answered cell are false on a sample."""

    cell: int
    proof: Proof


@dataclass(frozen=True, slots=True)
class ProveForm:
    """Disputes.proveForm: a model is well formed, or malformed, other than was stated."""

    question: int
    salt: bytes
    model: bytes


@dataclass(frozen=True, slots=True)
class Settle:
    """Disputes.settle: the bond of a question goes to whom it is due."""

    round: int
    question: int


@dataclass(frozen=True, slots=True)
class SettleCell:
    """Disputes.settleCell: the bond of a cell goes to whom it is due."""

    round: int
    cell: int


DisputeAction = (
    Ask
    | AnswerRow
    | AnswerForm
    | AskCell
    | AnswerCell
    | CommitProof
    | Prove
    | ProveForm
    | Settle
    | SettleCell
)
