"""Which contract function an action stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from offchain.protocol.words.actions import (
    Action,
    Advance,
    ClaimAttestation,
    ClaimData,
    ClaimModel,
    CommitAttestation,
    CommitModel,
    Finalize,
    ForwardReward,
    Partition,
    PublishKeys,
    RegisterKeys,
    ReportMissingItems,
    ReportMissingModels,
    RevealAttestation,
    RevealModel,
    Share,
    Start,
    SubmitHeaders,
    WithdrawBond,
    WithdrawKeyBond,
    WritePage,
)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of one of the contracts with its arguments; `value` is the wei sent along."""

    contract: str
    function: str
    arguments: tuple[object, ...]
    value: int = 0


def function_call(action: Action | ForwardReward) -> FunctionCall:
    """The contract call that an action stands for."""
    match action:
        case SubmitHeaders(headers):
            return FunctionCall("BitcoinRelay", "submit", (headers,))
        case RegisterKeys(keys, proofs, value):
            return FunctionCall("KeyRegistry", "register", (keys, proofs), value)
        case WritePage(round_number):
            return FunctionCall("KeyRegistry", "writePage", (round_number,))
        case WithdrawKeyBond(registration):
            return FunctionCall("KeyRegistry", "withdrawBond", (registration,))
        case Share((transaction,)):
            return FunctionCall("DataRegistry", "share", (transaction,))
        case Share(transactions):
            return FunctionCall("DataRegistry", "shareBatch", (transactions,))
        case PublishKeys(reveals):
            return FunctionCall("DataRegistry", "publishKeys", (reveals,))
        case ForwardReward(order, permit, signature):
            return FunctionCall("RewardForwarder", "forward", (order, permit, signature))
        case _:
            return _model_chain_call(action)


def _model_chain_call(
    action: Start
    | Partition
    | Advance
    | CommitModel
    | RevealModel
    | ReportMissingItems
    | ReportMissingModels
    | CommitAttestation
    | RevealAttestation
    | Finalize
    | ClaimModel
    | ClaimAttestation
    | ClaimData
    | WithdrawBond,
) -> FunctionCall:
    value = 0
    arguments: tuple[object, ...]
    match action:
        case Start():
            function, arguments = "start", ()
        case Partition(height, end_arrival):
            function, arguments = "partition", (height, end_arrival)
        case Advance():
            function, arguments = "advance", ()
        case CommitModel(commitment, encrypted_model, value):
            function, arguments = "commitModel", (commitment, encrypted_model)
        case RevealModel(transaction, salt):
            function, arguments = "revealModel", (transaction, salt)
        case ReportMissingItems(items):
            function, arguments = "reportMissingItems", (items,)
        case ReportMissingModels(reveals):
            function, arguments = "reportMissingModels", (reveals,)
        case CommitAttestation(commitment):
            function, arguments = "commitAttestation", (commitment,)
        case RevealAttestation(statement, salt):
            function, arguments = "revealAttestation", (statement, salt)
        case Finalize(scores, transactions, ranking):
            function, arguments = "finalize", (scores, transactions, ranking)
        case ClaimModel(round_number, account):
            function, arguments = "claimModel", (round_number, account)
        case ClaimAttestation(round_number, account):
            function, arguments = "claimAttestation", (round_number, account)
        case ClaimData(block_number, item, index, is_test, proof):
            function, arguments = "claimData", (block_number, item, index, is_test, proof)
        case WithdrawBond(round_number, account):
            function, arguments = "withdrawBond", (round_number, account)
        case _:
            assert_never(action)
    return FunctionCall("ModelChain", function, arguments, value)
