"""All reference contracts together, driven by the same actions as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from offchain.crypto.hashing import Domain
from offchain.protocol.reference.clock import RoundClock
from offchain.protocol.reference.competition import Attestations, ModelTransactions
from offchain.protocol.reference.environment import Environment, HeaderRelay
from offchain.protocol.reference.settlement import BlockProduction, Claims
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record


class ReferenceModelChain(RoundClock, ModelTransactions, Attestations, BlockProduction, Claims):
    """ModelChain in plain Python. See contracts/interfaces/IModelChain.sol."""


class ReferenceChain:
    """KeyRegistry, DataRegistry, Heat and ModelChain in plain Python.

    Args:
        parameters: the protocol's.
        relay: what the contracts read of the Bitcoin relay; it may change between transactions.
        genesis_accounts: as given at deployment.
        model_chain: ModelChain's domain.
        key_registry: KeyRegistry's domain.
        data_registry: DataRegistry's domain.
    """

    def __init__(
        self,
        parameters: Parameters,
        relay: HeaderRelay,
        genesis_accounts: Sequence[str],
        model_chain: Domain,
        key_registry: Domain,
        data_registry: Domain,
    ) -> None:
        self.environment = Environment(relay)
        self.model_chain = ReferenceModelChain(
            self.environment, parameters, model_chain, genesis_accounts, key_registry, data_registry
        )
        self.key_registry = self.model_chain.key_registry
        self.data_registry = self.model_chain.data_registry
        self.heat = self.model_chain.heat

    def execute(self, action: actions.Action, sender: str, now: int) -> list[Record]:
        """Execute an action in a block of its own.

        Args:
            action: anything but SubmitHeaders, which is the relay's.
            sender: the account that sends it.
            now: the block's time.

        Returns:
            The events of the transaction.

        Raises:
            Revert: the contracts refuse it; nothing has changed but the block's number and time.
        """
        self.environment.begin(now)
        before = len(self.environment.records)
        self._dispatch(action, sender)
        return self.environment.records[before:]

    def _dispatch(self, action: actions.Action, sender: str) -> None:
        chain = self.model_chain
        match action:
            case actions.Start():
                chain.start()
            case actions.Partition(height, end_arrival):
                chain.partition(height, end_arrival)
            case actions.Advance():
                chain.advance()
            case actions.RegisterKeys(keys, proofs, value):
                self.key_registry.register(sender, keys, proofs, value)
            case actions.WritePage(round_number):
                self.key_registry.write_page(round_number)
            case actions.WithdrawKeyBond(registration):
                self.key_registry.withdraw_bond(registration)
            case actions.Share((transaction,)):
                self.data_registry.share(transaction)
            case actions.Share(transactions):
                self.data_registry.share_batch(transactions)
            case actions.PublishKeys(reveals):
                self.data_registry.publish_keys(reveals)
            case actions.CommitModel(commitment, encrypted_model, value):
                chain.commit_model(sender, commitment, encrypted_model, value)
            case actions.RevealModel(model, salt):
                chain.reveal_model(sender, model, salt)
            case actions.ReportMissingItems(items):
                chain.report_missing_items(sender, items)
            case actions.ReportMissingModels(reveals):
                chain.report_missing_models(sender, reveals)
            case actions.CommitAttestation(commitment):
                chain.commit_attestation(sender, commitment)
            case actions.RevealAttestation(statement, salt):
                chain.reveal_attestation(sender, statement, salt)
            case actions.Finalize(scores, models, ranking):
                chain.finalize(scores, models, ranking)
            case actions.ClaimModel(round_number, account):
                chain.claim_model(round_number, account)
            case actions.ClaimAttestation(round_number, account):
                chain.claim_attestation(round_number, account)
            case actions.ClaimData(number, item, index, is_test, proof):
                chain.claim_data(number, item, index, is_test, proof)
            case actions.WithdrawBond(round_number, account):
                chain.withdraw_bond(round_number, account)
            case actions.SubmitHeaders():
                raise TypeError("headers go to the relay, which is no part of these contracts")
            case _:
                assert_never(action)
