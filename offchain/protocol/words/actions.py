"""Actions: what a node may ask of the contracts, one class for each state-changing function.

An action is an intent, decided on without a chain and executed by an adapter. Accounts are EIP-55
addresses, amounts wei.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offchain.crypto.secp256k1 import PossessionProof
from offchain.protocol.words.transactions import (
    DataTransaction,
    Item,
    KeyReveal,
    ModelTransaction,
    Scores,
)

MAXIMUM_SHARES = 32
"""Data transactions in one call."""

MAXIMUM_REVEALS = 64
"""Payload keys in one call."""


@dataclass(frozen=True, slots=True)
class SubmitHeaders:
    """BitcoinRelay.submit: raw headers of 80 bytes, concatenated."""

    headers: bytes


@dataclass(frozen=True, slots=True)
class Start:
    """ModelChain.start."""


@dataclass(frozen=True, slots=True)
class Partition:
    """ModelChain.partition by the Bitcoin block at ``height``, as nextPartition() says."""

    height: int
    end_arrival: int


@dataclass(frozen=True, slots=True)
class Advance:
    """ModelChain.advance: ends a phase, closes the collecting round, or voids an unfinished one."""


Possession = PossessionProof
"""A share key's signature over its account, by the contracts' name (IKeyRegistry.Possession)."""


@dataclass(frozen=True, slots=True)
class RegisterKeys:
    """KeyRegistry.register; ``value`` is the bond in wei."""

    keys: tuple[int, ...]
    proofs: tuple[Possession, ...]
    value: int


@dataclass(frozen=True, slots=True)
class WritePage:
    """KeyRegistry.writePage for a round that collects."""

    round: int


@dataclass(frozen=True, slots=True)
class Share:
    """DataRegistry.share for one data transaction, shareBatch for up to `MAXIMUM_SHARES`."""

    transactions: tuple[DataTransaction, ...]


@dataclass(frozen=True, slots=True)
class PublishKeys:
    """DataRegistry.publishKeys, up to `MAXIMUM_REVEALS`."""

    reveals: tuple[KeyReveal, ...]


@dataclass(frozen=True, slots=True)
class CommitModel:
    """ModelChain.commitModel; ``value`` is the bond, due with a round's first commitment."""

    commitment: bytes
    encrypted_model: bytes
    value: int


@dataclass(frozen=True, slots=True)
class RevealModel:
    """ModelChain.revealModel."""

    transaction: ModelTransaction
    salt: bytes


@dataclass(frozen=True, slots=True)
class ReportMissingItems:
    """ModelChain.reportMissingItems: numbers of items that cannot be fetched."""

    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReportMissingModels:
    """ModelChain.reportMissingModels: reveal indices of models that cannot be fetched."""

    reveals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CommitAttestation:
    """ModelChain.commitAttestation."""

    commitment: bytes


@dataclass(frozen=True, slots=True)
class RevealAttestation:
    """ModelChain.revealAttestation."""

    statement: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Finalize:
    """ModelChain.finalize: the majority's table, all reveals in order, the valid ones ranked."""

    scores: Scores
    transactions: tuple[ModelTransaction, ...]
    ranking: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClaimModel:
    """ModelChain.claimModel."""

    round: int
    account: str


@dataclass(frozen=True, slots=True)
class ClaimAttestation:
    """ModelChain.claimAttestation."""

    round: int
    account: str


@dataclass(frozen=True, slots=True)
class ClaimData:
    """ModelChain.claimData; ``block_number`` is the model chain's, ``index`` the item's leaf."""

    block_number: int
    item: Item
    index: int
    is_test: bool
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class WithdrawBond:
    """ModelChain.withdrawBond."""

    round: int
    account: str


@dataclass(frozen=True, slots=True)
class WithdrawKeyBond:
    """KeyRegistry.withdrawBond."""

    registration: int


Action = (
    SubmitHeaders
    | Start
    | Partition
    | Advance
    | RegisterKeys
    | WritePage
    | Share
    | PublishKeys
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
    | WithdrawBond
    | WithdrawKeyBond
)
"""Whatever moves the protocol on."""


@dataclass(frozen=True, slots=True)
class ContractFunction:
    """A function of one of the contracts, both by their Solidity names."""

    contract: str
    name: str


FUNCTIONS: Final[Mapping[type[Action], ContractFunction]] = {
    SubmitHeaders: ContractFunction("BitcoinRelay", "submit"),
    Start: ContractFunction("ModelChain", "start"),
    Partition: ContractFunction("ModelChain", "partition"),
    Advance: ContractFunction("ModelChain", "advance"),
    RegisterKeys: ContractFunction("KeyRegistry", "register"),
    WritePage: ContractFunction("KeyRegistry", "writePage"),
    Share: ContractFunction("DataRegistry", "shareBatch"),
    PublishKeys: ContractFunction("DataRegistry", "publishKeys"),
    CommitModel: ContractFunction("ModelChain", "commitModel"),
    RevealModel: ContractFunction("ModelChain", "revealModel"),
    ReportMissingItems: ContractFunction("ModelChain", "reportMissingItems"),
    ReportMissingModels: ContractFunction("ModelChain", "reportMissingModels"),
    CommitAttestation: ContractFunction("ModelChain", "commitAttestation"),
    RevealAttestation: ContractFunction("ModelChain", "revealAttestation"),
    Finalize: ContractFunction("ModelChain", "finalize"),
    ClaimModel: ContractFunction("ModelChain", "claimModel"),
    ClaimAttestation: ContractFunction("ModelChain", "claimAttestation"),
    ClaimData: ContractFunction("ModelChain", "claimData"),
    WithdrawBond: ContractFunction("ModelChain", "withdrawBond"),
    WithdrawKeyBond: ContractFunction("KeyRegistry", "withdrawBond"),
}
"""The function that each action calls; the fields are its arguments, by their names."""

SHARE_ONE: Final = ContractFunction("DataRegistry", "share")
"""What `Share` calls for a single data transaction."""
