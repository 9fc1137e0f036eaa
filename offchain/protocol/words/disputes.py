"""Words of disputes: kinds of questions, why statements fall, proofs.

In a round's dispute a *question* asks a statement for what stands behind a row, or behind what a
row says of another. The answer is the numbers of each data transaction of D, in D's order; their
position there is a *place*. A *cell* asks an answer for the points of each test sample at one
place. A *proof* shows by one sample that such points are false.

Source: ``contracts/interfaces/IDisputes.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH
from offchain.protocol.words.transactions import DataRecord, Row

MAXIMUM_OTHER_QUESTIONS = 16
"""Questions against one statement, or cells, that may be open at a doubled bond."""


class QuestionKind(IntEnum):
    """What a question asks for (IDisputes.Kind).

    ROW: the sums of a row; PAIR: whether a row repeats another; FORM: whether a model is well
    formed, which needs no answer but may be refuted.
    """

    ROW = 0
    PAIR = 1
    FORM = 2


class FallReason(IntEnum):
    """Why a statement fell (IDisputes.Reason).

    STRUCTURE: its own rows refute it; SILENCE: nobody answered; POINTS: the judge gives a sample
    other points; FORM: the judge's check of the model says otherwise.
    """

    STRUCTURE = 0
    SILENCE = 1
    POINTS = 2
    FORM = 3


class Stage(IntEnum):
    """What bonds are counted for, apart from each other (IDisputes.Stage)."""

    QUESTIONS = 0
    CELLS = 1


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as the contracts hold it (IDisputes.Question).

    Attributes:
        statement: that it is about.
        claim: see `claim_hash`.
        asker: who asked.
        bond: what the asker put down, in wei.
        answerer: who answered; the zero address: nobody.
        kind: what it is about.
        row: the row's number.
        other: the other row's, in a question about a pair; else 0.
        claimed: whether the row claims to repeat the other, or the model to be well formed; true
            in a question about a row.
        settled: whether the bond has gone where it belongs.
        distances: keccak256 of the answer about a pair.
        places: bitmap of the places whose cells were asked for.
    """

    statement: bytes
    claim: bytes
    asker: str
    bond: int
    answerer: str
    kind: QuestionKind
    row: int
    other: int
    claimed: bool
    settled: bool = False
    distances: bytes = ZERO_HASH
    places: int = 0

    @property
    def is_answered(self) -> bool:
        """Whether somebody answered it."""
        return self.answerer != ZERO_ADDRESS

    @property
    def is_silent(self) -> bool:
        """Whether it needs an answer and has none."""
        return not self.is_answered and self.kind is not QuestionKind.FORM


@dataclass(frozen=True, slots=True)
class AskedCell:
    """A cell as the contracts hold it (IDisputes.Cell).

    Attributes:
        asker: who asked.
        bond: what the asker put down, in wei.
        answerer: who answered; the zero address: nobody.
        question: whose answer it is about.
        place: which data transaction of D.
        settled: whether the bond has gone where it belongs.
        root: Merkle root over the words of the answer.
    """

    asker: str
    bond: int
    answerer: str
    question: int
    place: int
    settled: bool = False
    root: bytes = ZERO_HASH

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
    """How far a round's dispute is (IDisputes.Counts).

    Attributes:
        questions: asked, of all kinds; the last one has this number.
        cells: asked; the last one has this number.
        forms: questions about forms.
        answered: questions that were answered.
        answered_cells: cells that were answered.
    """

    questions: int
    cells: int
    forms: int
    answered: int
    answered_cells: int


NOTHING_DISPUTED = DisputeCounts(0, 0, 0, 0, 0)
"""What a round in which nobody asked reads as."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test sample on which an answered cell is false (IDisputes.Proof).

    Attributes:
        salt: of the commitment to this proof.
        sample: its number among the test samples of the cell's data transaction.
        second: whether the false points are those of the answer's second row.
        record: the data transaction at the cell's place.
        sample_record: the sample as the task records it.
        sample_path: from the sample to its part's root, see `offchain.learning.samples_root`.
        part_path: from there to the samples root.
        word: the 32 bytes of the cell's points that have this sample's.
        word_path: from that word to the cell's root.
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


def claim_hash(first: Row, second: Row) -> bytes:
    """keccak256(abi.encode(first, second)): the rows that a question is about, 32 bytes."""
    return keccak256(
        b"".join(
            row.hash
            + b"".join(
                (number % 2**256).to_bytes(32, "big")
                for number in (row.middle, row.net, row.spread, row.repeats)
            )
            for row in (first, second)
        )
    )


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
