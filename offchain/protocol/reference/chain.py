"""All reference contracts together, driven by the same actions as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from offchain.crypto.hashing import Domain
from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.block_production import ReferenceBlockProduction
from offchain.protocol.reference.data_registry import ReferenceDataRegistry
from offchain.protocol.reference.dispute_answers import ReferenceAnswers
from offchain.protocol.reference.disputes import ReferenceDisputes
from offchain.protocol.reference.environment import Environment, HeaderRelay
from offchain.protocol.reference.heat import ReferenceHeat
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.model_chain import ReferenceModelChain
from offchain.protocol.reference.model_token import ReferenceModelToken
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.proofs import ReferenceProofs
from offchain.protocol.reference.rewards import ReferenceRewards
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.reference.standing import ReferenceStanding
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record


class ReferenceChain:
    """All contracts of one deployment in plain Python.

    Args:
        parameters: the protocol's.
        relay: what the contracts read of the Bitcoin relay; it may change between transactions.
        genesis_accounts: as given at deployment.
        domain: the deployment's.
        deployed_at: EVM time of the deployment.
        judge: the task's; None: it has none.
    """

    def __init__(
        self,
        parameters: Parameters,
        relay: HeaderRelay,
        genesis_accounts: Sequence[str],
        domain: Domain,
        deployed_at: int,
        judge: Judge | None = None,
    ) -> None:
        environment = Environment(parameters, domain, relay, deployed_at)
        rounds = Rounds(environment)
        heat = ReferenceHeat(environment, rounds)
        standing = ReferenceStanding(environment)
        membership = ReferenceMembership(environment, rounds, heat, standing, genesis_accounts)
        data_registry = ReferenceDataRegistry(environment, rounds, membership)
        models = ReferenceModelTransactions(environment, rounds, membership, standing)
        attestations = ReferenceAttestations(
            environment, rounds, membership, models, standing, has_judge=judge is not None
        )
        disputes = ReferenceDisputes(environment, rounds, models, attestations, judge)
        model_chain = ReferenceModelChain(
            environment, rounds, membership, data_registry, models, attestations, disputes
        )
        token = ReferenceModelToken()
        self.environment = environment
        self.rounds = rounds
        self.heat = heat
        self.membership = membership
        self.data_registry = data_registry
        self.model_transactions = models
        self.attestations = attestations
        self.disputes = disputes
        self.answers = ReferenceAnswers(environment, rounds, models, disputes)
        self.proofs = ReferenceProofs(environment, rounds, data_registry, disputes)
        self.model_chain = model_chain
        self.block_production = ReferenceBlockProduction(
            environment, rounds, membership, models, attestations, model_chain
        )
        self.token = token
        self.rewards = ReferenceRewards(
            environment, rounds, data_registry, models, attestations, heat, token
        )

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
        match action:
            case actions.Start(accounts):
                self.model_chain.start(accounts)
            case actions.Advance():
                self.model_chain.advance()
            case actions.ApplyFor(epoch, key, proof, value):
                self.membership.apply_for(sender, epoch, key, proof, value)
            case actions.AddStake(value):
                self.membership.add_stake(sender, value)
            case actions.WithdrawStake():
                self.membership.withdraw_stake(sender)
            case actions.SeedDraw(height):
                self.membership.seed_draw(height)
            case actions.RenewDraw():
                self.membership.renew_draw()
            case actions.WriteMembers(accounts):
                self.membership.write_members(accounts)
            case actions.Share(transaction, challenge, responses):
                self.data_registry.share(transaction, challenge, responses)
            case actions.Partition(height, end):
                self.data_registry.partition(height, end)
            case actions.PublishTrainingKeys(record, index, partition, words):
                self.data_registry.publish_training_keys(record, index, partition, words)
            case actions.PublishTestKeys(round_number, index, keys):
                self.data_registry.publish_test_keys(round_number, index, keys)
            case actions.CommitModel(commitment, sealed_model):
                self.model_transactions.commit_model(sender, commitment, sealed_model)
            case actions.RevealModel(transaction, salt):
                self.model_transactions.reveal_model(sender, transaction, salt)
            case actions.BringModel(index, file):
                self.model_transactions.bring_model(index, file)
            case actions.ReportData(bitmap):
                self.attestations.report_data(sender, bitmap)
            case actions.ReportModels(bitmap):
                self.attestations.report_models(sender, bitmap)
            case actions.CommitAttestation(commitment):
                self.attestations.commit_attestation(sender, commitment)
            case actions.OpenStatement(rows, salt):
                self.attestations.open_statement(sender, rows, salt)
            case actions.OpenAttestation(statement, salt):
                self.attestations.open_attestation(sender, statement, salt)
            case actions.Finalize(rows):
                self.block_production.finalize(rows)
            case dispute_actions.Ask(statement, rows, kind, row, value):
                self.disputes.ask(sender, statement, rows, kind, row, value)
            case dispute_actions.AnswerRow(question, rows, of_row, of_baseline, edges):
                self.answers.answer_row(sender, question, rows, of_row, of_baseline, edges)
            case dispute_actions.AnswerForm(question, model):
                self.answers.answer_form(sender, question, model)
            case dispute_actions.AskCell(question, place, voice, value):
                self.disputes.ask_cell(sender, question, place, voice, value)
            case dispute_actions.AnswerCell(cell, rows, of_first, of_second, first, second):
                self.answers.answer_cell(sender, cell, rows, of_first, of_second, first, second)
            case dispute_actions.CommitProof(hash_):
                self.proofs.commit_proof(sender, hash_)
            case dispute_actions.Prove(cell, proof):
                self.proofs.prove(sender, cell, proof)
            case dispute_actions.ProveForm(question, salt, model):
                self.proofs.prove_form(sender, question, salt, model)
            case dispute_actions.Settle(round_number, question):
                self.disputes.settle(round_number, question)
            case dispute_actions.SettleCell(round_number, cell):
                self.disputes.settle_cell(round_number, cell)
            case actions.ClaimBest(round_number):
                self.rewards.claim_best(round_number)
            case actions.ClaimVoice(round_number, index):
                self.rewards.claim_voice(round_number, index)
            case actions.ClaimAttestation(round_number, account):
                self.rewards.claim_attestation(round_number, account)
            case actions.ClaimRounds(account, claims):
                self.rewards.claim_rounds(account, claims)
            case actions.ClaimData(record, index):
                self.rewards.claim_data(record, index)
            case actions.SubmitHeaders():
                raise TypeError("headers go to the relay, which is no part of these contracts")
            case _:
                assert_never(action)
