"""Commitments to models, their reveals, and what the attesters say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.state import ModelChainState
from offchain.protocol.rules import commitments, standing
from offchain.protocol.words.records import (
    AttestationCommitted,
    AttestationRevealed,
    ItemsReported,
    MajorityReached,
    ModelCommitted,
    ModelRevealed,
    ModelsReported,
)
from offchain.protocol.words.status import NO_ATTESTATION, NO_COMMITMENT, ZERO_HASH, Phase
from offchain.protocol.words.transactions import ModelTransaction, attestation_commitment

MAXIMUM_REPORTED = 1_024
"""Items or models named in one report."""


class ModelTransactions(ModelChainState):
    """commitModel and revealModel."""

    def commit_model(
        self, sender: str, commitment: bytes, encrypted_model: bytes, value: int
    ) -> None:
        """Commit to a model; a later commitment replaces the earlier and takes a later order."""
        self.require_phase(Phase.COMMIT)
        if commitment == ZERO_HASH:
            raise Revert("EmptyCommitment")
        current, records = self.competition, self.current
        known = records.commitments.get(sender)
        bond = commitments.bond_due(self.parameters, has_committed=known is not None)
        if value != bond:
            raise Revert("WrongModelBond", value, bond)
        if known is None:
            is_newcomer = self._require_place(sender)
            self.competition = replace(
                current,
                commitments=current.commitments + 1,
                newcomers=current.newcomers + is_newcomer,
            )
        self.orders += 1
        records.commitments[sender] = replace(
            known or NO_COMMITMENT, hash=commitment, order=self.orders
        )
        self.environment.emit(
            ModelCommitted, current.round, sender, self.orders, commitment, encrypted_model
        )

    def _require_place(self, account: str) -> bool:
        """Whether an account is outside the frozen set; reverts if there is no place for it."""
        current, is_newcomer = self.competition, not self.is_attester(account)
        places = commitments.places(self.parameters, current, is_attester=not is_newcomer)
        if not places.free:
            if is_newcomer and current.round == 1:
                raise Revert("OnlyGenesisInFirstRound", account)
            raise Revert("TooManyModels", places.taken, places.count)
        return is_newcomer

    def reveal_model(self, sender: str, transaction: ModelTransaction, salt: bytes) -> None:
        """Reveal the committed model with its score and its two votes."""
        self.require_phase(Phase.REVEAL)
        if transaction.account != sender:
            raise Revert("NotYourModel", transaction.account, sender)
        current, records = self.competition, self.current
        known = records.commitments.get(sender)
        if known is None:
            raise Revert("NotCommitted", current.round, sender)
        if known.revealed:
            raise Revert("AlreadyRevealed", current.round, sender)
        commitment = transaction.commitment(self.domain, current.round, salt)
        if commitment != known.hash:
            raise Revert("CommitmentMismatch", known.hash, commitment)
        records.commitments[sender] = replace(known, revealed=True)
        records.reveals.append(transaction.identifier(self.domain, current.round))
        self.reveal_orders.append(known.order)
        self.competition = replace(current, reveals=current.reveals + 1)
        self.environment.emit(
            ModelRevealed, current.round, sender, current.reveals, known.order, transaction
        )


class Attestations(ModelChainState):
    """The attesters' reports and statements."""

    def report_missing_items(self, sender: str, items: Sequence[int]) -> None:
        """Report items whose payloads cannot be fetched."""
        self.require_phase(Phase.UNSEAL)
        self.require_attester(sender)
        closed = self.closed[self.competition.round]
        end = closed.first_item + closed.items
        _require_report(items, closed.first_item, end)
        self.environment.emit(ItemsReported, self.competition.round, sender, tuple(items))

    def report_missing_models(self, sender: str, reveals: Sequence[int]) -> None:
        """Report revealed models that cannot be fetched."""
        self.require_phase(Phase.AVAILABLE)
        self.require_attester(sender)
        _require_report(reveals, 0, self.competition.reveals)
        self.environment.emit(ModelsReported, self.competition.round, sender, tuple(reveals))

    def commit_attestation(self, sender: str, commitment: bytes) -> None:
        """Commit to an attestation; a later one replaces the earlier."""
        self.require_phase(Phase.ATTEST)
        self.require_attester(sender)
        if commitment == ZERO_HASH:
            raise Revert("EmptyCommitment")
        self.current.attestations[sender] = replace(NO_ATTESTATION, commitment=commitment)
        self.environment.emit(AttestationCommitted, self.competition.round, sender, commitment)

    def reveal_attestation(self, sender: str, statement: bytes, salt: bytes) -> None:
        """Open the attestation."""
        self.require_phase(Phase.ATTEST_REVEAL)
        current, records = self.competition, self.current
        known = records.attestations.get(sender, NO_ATTESTATION)
        if known.commitment == ZERO_HASH:
            raise Revert("NotCommitted", current.round, sender)
        commitment = attestation_commitment(self.domain, current.round, sender, statement, salt)
        if commitment != known.commitment:
            raise Revert("CommitmentMismatch", known.commitment, commitment)
        records.attestations[sender] = replace(known, commitment=ZERO_HASH, statement=statement)
        self.environment.emit(AttestationRevealed, current.round, sender, statement)
        attestations = records.support(statement)
        decides = standing.is_majority(attestations, current.attesters)
        if current.majority == ZERO_HASH and decides:
            self.competition = replace(current, majority=statement)
            self.environment.emit(MajorityReached, current.round, statement, attestations)


def _require_report(values: Sequence[int], first: int, end: int) -> None:
    if not values:
        raise Revert("NothingReported")
    if len(values) > MAXIMUM_REPORTED:
        raise Revert("TooManyReported", len(values), MAXIMUM_REPORTED)
    for value in values:
        if not first <= value < end:
            raise Revert("ReportOutOfRange", value, end)
