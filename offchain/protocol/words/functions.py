"""The contracts' function that each action calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.actions import Action


@dataclass(frozen=True, slots=True)
class ContractFunction:
    """A function of one of the contracts, both by their Solidity names."""

    contract: str
    name: str


FUNCTIONS: Final[Mapping[type[Action], ContractFunction]] = {
    actions.SubmitHeaders: ContractFunction("BitcoinRelay", "submit"),
    actions.Start: ContractFunction("ModelChain", "start"),
    actions.Advance: ContractFunction("ModelChain", "advance"),
    actions.ApplyFor: ContractFunction("Membership", "applyFor"),
    actions.AddStake: ContractFunction("Membership", "addStake"),
    actions.WithdrawStake: ContractFunction("Membership", "withdrawStake"),
    actions.SeedDraw: ContractFunction("Membership", "seedDraw"),
    actions.RenewDraw: ContractFunction("Membership", "renewDraw"),
    actions.WriteMembers: ContractFunction("Membership", "writeMembers"),
    actions.Share: ContractFunction("DataRegistry", "share"),
    actions.Partition: ContractFunction("DataRegistry", "partition"),
    actions.PublishTrainingKeys: ContractFunction("DataRegistry", "publishTrainingKeys"),
    actions.PublishTestKeys: ContractFunction("DataRegistry", "publishTestKeys"),
    actions.CommitModel: ContractFunction("ModelTransactions", "commitModel"),
    actions.RevealModel: ContractFunction("ModelTransactions", "revealModel"),
    actions.BringModel: ContractFunction("ModelTransactions", "bringModel"),
    actions.ReportData: ContractFunction("Attestations", "reportData"),
    actions.ReportModels: ContractFunction("Attestations", "reportModels"),
    actions.CommitAttestation: ContractFunction("Attestations", "commitAttestation"),
    actions.OpenStatement: ContractFunction("Attestations", "openStatement"),
    actions.OpenAttestation: ContractFunction("Attestations", "openAttestation"),
    dispute_actions.Ask: ContractFunction("Disputes", "ask"),
    dispute_actions.AnswerRow: ContractFunction("Disputes", "answerRow"),
    dispute_actions.AnswerForm: ContractFunction("Disputes", "answerForm"),
    dispute_actions.AskCell: ContractFunction("Disputes", "askCell"),
    dispute_actions.AnswerCell: ContractFunction("Disputes", "answerCell"),
    dispute_actions.CommitProof: ContractFunction("Disputes", "commitProof"),
    dispute_actions.Prove: ContractFunction("Disputes", "prove"),
    dispute_actions.ProveForm: ContractFunction("Disputes", "proveForm"),
    dispute_actions.Settle: ContractFunction("Disputes", "settle"),
    dispute_actions.SettleCell: ContractFunction("Disputes", "settleCell"),
    actions.Finalize: ContractFunction("BlockProduction", "finalize"),
    actions.ClaimBest: ContractFunction("Rewards", "claimBest"),
    actions.ClaimVoice: ContractFunction("Rewards", "claimVoice"),
    actions.ClaimAttestation: ContractFunction("Rewards", "claimAttestation"),
    actions.ClaimRounds: ContractFunction("Rewards", "claimRounds"),
    actions.ClaimData: ContractFunction("Rewards", "claimData"),
}
"""The function that each action calls."""
