"""Words of disputes: kinds of questions, why statements fall, proofs.

In a round's dispute a *question* asks a statement for what lies behind a row. The answer has the
numbers of each data transaction of D, in D's order; their position there is a *place*. A *cell*
asks for the points of each test sample at one place: the model's, and the baseline's or those of a
better-ranked voice that it was compared with. A *proof* shows by one sample that points are false.

Source: ``contracts/interfaces/IDisputes.sol``, IDisputeLedger.sol.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from offchain.crypto.hashing import Domain
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH
from offchain.protocol.words.transactions import DataRecord

MAXIMUM_OTHER_QUESTIONS = 16
"""Questions against one statement, or cells, that may be open at a doubled bond."""


class QuestionKind(IntEnum):
    """What a question asks for (IDisputeLedger.Kind).

    ROW: all that lies behind a row; FORM: whether a model is well formed. Who states that it is
    has to show its file; that it is malformed needs no answer, but may be refuted.
    """

    ROW = 0
    FORM = 1


class FallReason(IntEnum):
    """Why a statement fell (IDisputeLedger.Reason).

    SILENCE: nobody answered; POINTS: the judge gives a sample other points; FORM: a model that it
    calls malformed is well formed by the judge.
    """

    SILENCE = 0
    POINTS = 1
    FORM = 2


class Stage(IntEnum):
    """What bonds are counted for, apart from each other (IDisputeLedger.Stage)."""

    QUESTIONS = 0
    CELLS = 1


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as the contracts hold it (IDisputeLedger.Question).

    Attributes:
        statement: that it is about.
        asker: who asked.
        bond: what the asker put down, in wei.
        answerer: who answered; the zero address: nobody.
        kind: what it is about.
        row: the row's number.
        compared: better-ranked voices that the answer has distances to.
        claimed: whether the row is not empty: there is a model, and it is well formed.
        settled: whether the bond has gone where it belongs.
    """

    statement: bytes
    asker: str
    bond: int
    answerer: str
    kind: QuestionKind
    row: int
    compared: int
    claimed: bool
    settled: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether somebody answered it."""
        return self.answerer != ZERO_ADDRESS

    @property
    def needs_answer(self) -> bool:
        """Whether the statement falls without an answer."""
        return self.claimed

    @property
    def is_silent(self) -> bool:
        """Whether it needs an answer and has none."""
        return self.needs_answer and not self.is_answered


@dataclass(frozen=True, slots=True)
class AskedCell:
    """A cell as the contracts hold it (IDisputeLedger.Cell).

    Attributes:
        asker: who asked.
        bond: what the asker put down, in wei.
        answerer: who answered; the zero address: nobody.
        question: whose answer it is about.
        place: which data transaction of D.
        voice: 0: against the baseline; else which of the answer's compared voices, from 1.
        settled: whether the bond has gone where it belongs.
        first_row: the number of the question's row.
        second_row: of the row that it stands against.
        first: root over the first row's points there.
        second: root over the second one's; zeros where that row is empty.
    """

    asker: str
    bond: int
    answerer: str
    question: int
    place: int
    voice: int
    settled: bool = False
    first_row: int = 0
    second_row: int = 0
    first: bytes = ZERO_HASH
    second: bytes = ZERO_HASH

    @property
    def is_answered(self) -> bool:
        """Whether somebody answered it."""
        return self.answerer != ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class CommittedProof:
    """A commitment to a proof, and the EVM block that it stands in (IDisputes.Commitment)."""

    hash: bytes
    block_number: int


NO_PROOF = CommittedProof(ZERO_HASH, 0)
"""What an account that committed to no proof reads as."""


@dataclass(frozen=True, slots=True)
class DisputeCounts:
    """How far a round's dispute is (IDisputeLedger.Counts).

    Attributes:
        questions: asked, of all kinds; the last one has this number.
        cells: asked; the last one has this number.
        forms: questions about forms that need no answer.
        answered: questions about rows that were answered.
        answered_cells: cells that were answered.
        answered_forms: questions about forms that were answered.
    """

    questions: int
    cells: int
    forms: int
    answered: int
    answered_cells: int
    answered_forms: int


NOTHING_DISPUTED = DisputeCounts(0, 0, 0, 0, 0, 0)
"""What a round in which nobody asked reads as."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test sample on which an answered cell is false (IDisputes.Proof).

    Attributes:
        salt: of the commitment to this proof.
        sample: its number among the test samples of the cell's data transaction.
        second: whether the false points are those of the cell's second row.
        record: the data transaction at the cell's place.
        sample_record: the sample as the task records it.
        sample_path: from the sample to its part's root, see `offchain.learning.samples_root`.
        part_path: from there to the samples root.
        word: the 32 bytes that have that row's points on this sample.
        word_path: from there to the root of the row's points at the cell's place.
        model: the model file.
    """

    salt: bytes
    sample: int
    second: bool
    record: DataRecord
    sample_record: bytes
    sample_path: tuple[bytes, ...]
    part_path: tuple[bytes, ...]
    word: bytes
    word_path: tuple[bytes, ...]
    model: bytes


def proof_commitment(
    domain: Domain,
    round_number: int,
    account: str,
    *,
    is_cell: bool,
    number: int,
    sample: int,
    salt: bytes,
) -> bytes:
    """H("proof", round, account, is cell, number, sample, salt).

    Whoever sees a proof on its way cannot hand it in before: it had to be committed to earlier.

    Args:
        domain: the deployment's.
        round_number: the round in competition.
        account: who will prove.
        is_cell: whether a cell is refuted, else a question about a model's form.
        number: the cell's, or the question's.
        sample: the refuted sample; 0 for a form.
        salt: 32 random bytes.
    """
    return domain.hash(
        "proof",
        ("uint256", "address", "uint256", "uint256", "uint256", "bytes32"),
        (round_number, account, int(is_cell), number, sample, salt),
    )
