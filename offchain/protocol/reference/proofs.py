"""Proofs of Disputes in plain Python: one sample, or a model's form, before the judge."""

from __future__ import annotations

from offchain.crypto.merkle import verify_merkle_proof
from offchain.errors import PayloadError
from offchain.protocol.reference.data_registry import ReferenceDataRegistry
from offchain.protocol.reference.disputes import ReferenceDisputes
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import answers
from offchain.protocol.rules.bindings import WORD_BYTES, word_count
from offchain.protocol.rules.reports import positions
from offchain.protocol.words.dispute_records import ProofCommitted
from offchain.protocol.words.disputes import (
    NO_PROOF,
    CommittedProof,
    FallReason,
    Proof,
    QuestionKind,
    proof_commitment,
)
from offchain.protocol.words.status import ZERO_HASH, Phase


class ReferenceProofs:
    """The proofs of contracts/interfaces/IDisputes.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        data_registry: ReferenceDataRegistry,
        disputes: ReferenceDisputes,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.data_registry = data_registry
        self.disputes = disputes
        self.committed: dict[tuple[int, str], CommittedProof] = {}

    # ---- transactions ----------------------------------------------------------------------------

    def commit_proof(self, sender: str, commitment: bytes) -> None:
        """Commit to a proof; a later commitment replaces the earlier."""
        round_number, phase = self.rounds.current_phase()
        if not Phase.CHALLENGE <= phase <= Phase.PROVE:
            raise Revert("WrongPhase", phase, Phase.CHALLENGE)
        if commitment == ZERO_HASH:
            raise Revert("EmptyCommitment")
        block_number = self.environment.block_number
        self.committed[round_number, sender] = CommittedProof(commitment, block_number)
        self.environment.emit(ProofCommitted, round_number, sender, commitment)

    def prove(self, sender: str, number: int, proof: Proof) -> None:
        """Show that one sample has other points than an answered cell says."""
        round_number = self.rounds.require_phase(Phase.PROVE)
        cell = self.disputes.cell(round_number, number)
        if not cell.is_answered:
            raise Revert("NotAnswered", number)
        stated_by = self.disputes.question(round_number, cell.question).statement
        self.disputes.require_standing(round_number, stated_by)
        self._require_commitment(
            sender, is_cell=True, number=number, sample=proof.sample, salt=proof.salt
        )
        self._require_sample(round_number, cell.place, proof)
        root = cell.second if proof.second else cell.first
        at, words = proof.sample // WORD_BYTES, word_count(self.disputes.samples())
        if not verify_merkle_proof(root, proof.word, at, words, proof.word_path):
            raise Revert("NotTheWord")
        row = cell.second_row if proof.second else cell.first_row
        self.disputes.require_model(round_number, row, proof.model)
        stated = proof.word[proof.sample % WORD_BYTES]
        if self._earned(proof.model, proof.sample_record) == stated:
            raise Revert("NotRefuted", stated)
        self._pay_for(round_number, stated_by, FallReason.POINTS, sender)

    def prove_form(self, sender: str, number: int, salt: bytes, model: bytes) -> None:
        """Show that a model that is stated to be malformed is well formed."""
        round_number = self.rounds.require_phase(Phase.PROVE)
        question = self.disputes.question(round_number, number)
        if question.kind is not QuestionKind.FORM:
            raise Revert("WrongKind", question.kind)
        self.disputes.require_standing(round_number, question.statement)
        if question.needs_answer:
            raise Revert("NothingClaimed", question.row)
        self._require_commitment(sender, is_cell=False, number=number, sample=0, salt=salt)
        self.disputes.require_model(round_number, question.row, model)
        if not self.disputes.require_judge().is_well_formed(model):
            raise Revert("NotRefuted", 0)
        self._pay_for(round_number, question.statement, FallReason.FORM, sender)

    # ---- views -----------------------------------------------------------------------------------

    def proof_of(self, round_number: int, account: str) -> CommittedProof:
        """What an account committed to last in a round."""
        return self.committed.get((round_number, account), NO_PROOF)

    # ---- inside ----------------------------------------------------------------------------------

    def _pay_for(self, round_number: int, stated: bytes, reason: FallReason, by: str) -> None:
        self.disputes.pay(self.disputes.fall(round_number, stated, reason, by))

    def _earned(self, model: bytes, sample_record: bytes) -> int:
        """What a model earns on a sample: nothing if it is malformed."""
        judge = self.disputes.require_judge()
        if not judge.is_well_formed(model):
            return 0
        try:
            return judge.points(model, sample_record)
        except PayloadError as error:
            raise Revert("MalformedRecord") from error

    def _require_commitment(
        self, sender: str, *, is_cell: bool, number: int, sample: int, salt: bytes
    ) -> None:
        round_number, _ = self.rounds.current_phase()
        expected = proof_commitment(
            self.environment.domain,
            round_number,
            sender,
            is_cell=is_cell,
            number=number,
            sample=sample,
            salt=salt,
        )
        known = self.proof_of(round_number, sender)
        if known.hash != expected:
            raise Revert("CommitmentMismatch", known.hash, expected)
        if known.block_number >= self.environment.block_number:
            raise Revert("ProofTooEarly", known.block_number)

    def _require_sample(self, round_number: int, place: int, proof: Proof) -> None:
        """The record stands under the samples root of the data transaction at that place of D."""
        samples, parameters = self.disputes.samples(), self.parameters
        if proof.sample >= samples:
            raise Revert("NoSuchSample", proof.sample, samples)
        index = positions(self.rounds.closed_round(round_number).data_set)[place]
        record = proof.record
        if record.round != round_number or not self.data_registry.is_recorded(record, index):
            data_id = self.data_registry.identify(record)
            raise Revert("UnknownData", record.round, index, data_id)
        at = answers.sample_place(
            self.data_registry.test_parts(round_number, index),
            proof.sample,
            parameters.samples_per_part,
        )
        if not answers.is_under_samples_root(
            record.samples_root,
            proof.sample_record,
            at,
            parameters.parts,
            parameters.samples_per_part,
            proof.sample_path,
            proof.part_path,
        ):
            raise Revert("NotTheSample")
