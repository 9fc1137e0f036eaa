"""ModelTransactions in plain Python: commitments to models, their reveals, files brought."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from dataclasses import dataclass, field, replace

from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.reference.standing import ReferenceStanding
from offchain.protocol.rules import judging
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from offchain.protocol.words.records import ModelBrought, ModelCommitted, ModelRevealed
from offchain.protocol.words.status import (
    NO_COMMITMENT,
    ZERO_HASH,
    Commitment,
    Phase,
    Reveal,
)
from offchain.protocol.words.transactions import ModelTransaction


@dataclass(slots=True)
class RoundModels:
    """The models of one round. ``orders`` counts commitments, replaced ones too."""

    orders: int = 0
    commitments: dict[str, Commitment] = field(default_factory=dict)
    transactions: list[ModelTransaction] = field(default_factory=list)
    brought: int = 0


class ReferenceModelTransactions:
    """See contracts/interfaces/IModelTransactions.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        membership: ReferenceMembership,
        standing: ReferenceStanding,
    ) -> None:
        self.environment = environment
        self.rounds = rounds
        self.membership = membership
        self.standing = standing
        self.models: dict[int, RoundModels] = {}

    # ---- transactions ----------------------------------------------------------------------------

    def commit_model(self, sender: str, commitment: bytes, sealed_model: bytes) -> None:
        """Commit to a model; a later commitment replaces the earlier and takes a later order."""
        round_number = self.rounds.require_phase(Phase.COMMIT)
        epoch = self.membership.epoch_of(round_number)
        if not self.membership.is_member(epoch, sender):
            raise Revert("NotMember", epoch, sender)
        if commitment == ZERO_HASH:
            raise Revert("EmptyCommitment")
        self.membership.act(sender, round_number)
        models = self.models.setdefault(round_number, RoundModels())
        models.orders += 1
        models.commitments[sender] = Commitment(commitment, models.orders, revealed=False)
        self.environment.emit(
            ModelCommitted, round_number, sender, models.orders, commitment, sealed_model
        )

    def reveal_model(self, sender: str, transaction: ModelTransaction, salt: bytes) -> None:
        """Reveal the committed model with its evaluation and its two votes."""
        round_number = self.rounds.require_phase(Phase.REVEAL)
        if transaction.account != sender:
            raise Revert("NotYourModel", transaction.account, sender)
        known = self.commitment_of(round_number, sender)
        if not known.exists:
            raise Revert("NotCommitted", round_number, sender)
        if known.revealed:
            raise Revert("AlreadyRevealed", round_number, sender)
        commitment = transaction.commitment(self.environment.domain, round_number, salt)
        if commitment != known.hash:
            raise Revert("CommitmentMismatch", known.hash, commitment)
        models = self.models[round_number]
        models.commitments[sender] = replace(known, revealed=True)
        self.standing.enrol(sender)
        index = len(models.transactions)
        models.transactions.append(transaction)
        self.environment.emit(ModelRevealed, round_number, sender, index, known.order, transaction)

    def bring_model(self, index: int, file: bytes) -> None:
        """Bring the file of a model that is missing."""
        round_number = self.rounds.require_phase(Phase.BRING)
        models = self._models(round_number)
        if index >= len(models.transactions):
            raise Revert("NoSuchReveal", index, len(models.transactions))
        if len(file) > MAXIMUM_MODEL_BYTES:
            raise Revert("ModelTooLarge", len(file), MAXIMUM_MODEL_BYTES)
        missing = self.rounds.closed_round(round_number).missing & ~models.brought
        if not missing >> index & 1:
            raise Revert("NotMissing", index)
        given, expected = hashlib.sha256(file).digest(), models.transactions[index].model_hash
        if given != expected:
            raise Revert("NotTheModel", given, expected)
        models.brought |= 1 << index
        self.environment.emit(ModelBrought, round_number, index, file)

    # ---- for the model chain ---------------------------------------------------------------------

    def end_reveal(self, round_number: int) -> None:
        """Reveal has ended: who committed and did not reveal loses a part of the stake."""
        for account, commitment in self._models(round_number).commitments.items():
            if not commitment.revealed:
                self.membership.burn(account)

    # ---- views -----------------------------------------------------------------------------------

    def commitment_of(self, round_number: int, account: str) -> Commitment:
        """An account's commitment in a round."""
        return self._models(round_number).commitments.get(account, NO_COMMITMENT)

    def counts(self, round_number: int) -> tuple[int, int]:
        """Accounts that committed, and models that were revealed."""
        models = self._models(round_number)
        return len(models.commitments), len(models.transactions)

    def transactions(self, round_number: int) -> tuple[ModelTransaction, ...]:
        """The revealed model transactions, in order."""
        return tuple(self._models(round_number).transactions)

    def reveal_at(self, round_number: int, index: int) -> Reveal:
        """A revealed model."""
        models, transaction = self._models(round_number), self.transactions(round_number)[index]
        return Reveal(
            account=transaction.account,
            order=models.commitments[transaction.account].order,
            names_data=transaction.data_root == self.rounds.closed_round(round_number).data_root,
            names_head=transaction.previous_block == self._head_of(round_number),
            brought=bool(models.brought >> index & 1),
            id=transaction.identifier(self.environment.domain, round_number),
            model_hash=transaction.model_hash,
        )

    def votes_of(self, round_number: int, index: int) -> tuple[bytes, bytes]:
        """What a revealed model named."""
        transaction = self.transactions(round_number)[index]
        return transaction.data_root, transaction.previous_block

    def required(self, round_number: int) -> int:
        """B of a round whose data set is fixed."""
        parameters, closed = self.environment.parameters, self.rounds.closed_round(round_number)
        commitments, _ = self.counts(round_number)
        return judging.required(
            parameters.significance,
            parameters.hostile_allowance,
            parameters.tries_allowance,
            closed.data_set.bit_count(),
            closed.trim,
            commitments,
        )

    def brought(self, round_number: int) -> int:
        """Bitmap of the models whose files were brought."""
        return self._models(round_number).brought

    # ---- inside ----------------------------------------------------------------------------------

    def _models(self, round_number: int) -> RoundModels:
        return self.models.get(round_number) or RoundModels()

    def _head_of(self, round_number: int) -> bytes:
        """Hash of the head while a round competed: of the last block of an earlier round."""
        number = bisect_left(self.rounds.blocks, round_number, key=lambda block: block.round) - 1
        return self.rounds.block_hashes[number]
