"""The contracts' events as frozen dataclasses: what the chain remembers, one class for each event.

Names are the Solidity events', fields their parameters in snake_case and in order. Every record
also says where it stands: ``block_number`` and ``log_index`` order all records of a chain,
``timestamp`` is the EVM block's time in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.status import Phase, VoidReason
from offchain.protocol.words.transactions import ChainSignature, Item, ModelTransaction, Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Base of all records: where an event stands on the EVM chain."""

    block_number: int
    log_index: int
    timestamp: int

    @property
    def position(self) -> tuple[int, int]:
        """What records are ordered by."""
        return self.block_number, self.log_index


# ---- KeyRegistry ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeysRegistered(Record):
    """An account leased share keys; ``first_key`` counts all keys leased before these."""

    registration: int
    account: str
    round: int
    first_key: int
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PageWritten(Record):
    """A page of a round's active keys was written to contract code."""

    round: int
    page: int
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class KeyBondReturned(Record):
    """A registration's bond went back after its lease."""

    registration: int
    account: str
    amount: int


# ---- DataRegistry --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataShared(Record):
    """A data transaction was accepted as item ``number``; ``arrival`` is its block's time."""

    number: int
    scope: int
    item_id: bytes
    arrival: int
    item: Item
    signature: ChainSignature


@dataclass(frozen=True, slots=True)
class KeyPublished(Record):
    """A payload key was published while ``round`` was in ``phase`` (or was the last one to be)."""

    number: int
    key: bytes
    round: int
    phase: Phase


# ---- ModelChain ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started(Record):
    """Round 1 opened; ``seed`` shuffles its ring circle."""

    genesis_members: int
    keys: int
    genesis_hash: bytes
    seed: bytes


@dataclass(frozen=True, slots=True)
class Partitioned(Record):
    """Items ``first_item`` to ``end_item - 1`` were split; ``test_items`` of them test."""

    round: int
    height: int
    seed: bytes
    first_item: int
    end_item: int
    test_items: int
    decision_time: int


@dataclass(frozen=True, slots=True)
class RoundClosed(Record):
    """A round ended its collection."""

    round: int
    first_item: int
    items: int
    test_items: int
    attesters: int
    genesis_acts: bool


@dataclass(frozen=True, slots=True)
class PhaseStarted(Record):
    """The round in competition entered a phase that may end at Bitcoin height ``end_height``."""

    round: int
    phase: Phase
    end_height: int


@dataclass(frozen=True, slots=True)
class ModelCommitted(Record):
    """An account committed to a model; ``encrypted_model`` is the sealed copy's sha2-256."""

    round: int
    account: str
    order: int
    commitment: bytes
    encrypted_model: bytes


@dataclass(frozen=True, slots=True)
class ModelRevealed(Record):
    """A committed model was revealed as number ``index`` of its round."""

    round: int
    account: str
    index: int
    order: int
    transaction: ModelTransaction


@dataclass(frozen=True, slots=True)
class ItemsReported(Record):
    """An attester could not fetch these items (their numbers)."""

    round: int
    account: str
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelsReported(Record):
    """An attester could not fetch these models (their reveal indices)."""

    round: int
    account: str
    reveals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AttestationCommitted(Record):
    """An attester committed to its statement."""

    round: int
    account: str
    commitment: bytes


@dataclass(frozen=True, slots=True)
class AttestationRevealed(Record):
    """An attester opened its statement."""

    round: int
    account: str
    statement: bytes


@dataclass(frozen=True, slots=True)
class MajorityReached(Record):
    """More than half of the attesters stand behind a statement."""

    round: int
    statement: bytes
    attestations: int


@dataclass(frozen=True, slots=True)
class BlockAppended(Record):
    """A block was appended; ``ranking`` holds the valid models' reveal indices, best first."""

    number: int
    round: int
    block_hash: bytes
    model_hash: bytes
    ranking: tuple[int, ...]
    scores: Scores


@dataclass(frozen=True, slots=True)
class RoundVoided(Record):
    """A round ended without a block."""

    round: int
    reason: VoidReason


@dataclass(frozen=True, slots=True)
class StandingGained(Record):
    """An account may attest up to and including ``until_round``."""

    round: int
    account: str
    until_round: int


@dataclass(frozen=True, slots=True)
class BondBurned(Record):
    """A model's bond is gone."""

    round: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class BondReturned(Record):
    """A model's bond went back."""

    round: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class ModelRewarded(Record):
    """Tokens were minted for a valid model."""

    # `block_number` is the EVM's in every record, so the model chain's block is `number` here.
    number: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class AttesterRewarded(Record):
    """Tokens were minted for an attestation with the majority, for block ``number``."""

    number: int
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class DataRewarded(Record):
    """Tokens were minted for the item at leaf ``index`` of block ``number``'s data root."""

    number: int
    reward_address: str
    index: int
    amount: int


# ---- Heat and BitcoinRelay -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeatGained(Record):
    """An account's heat grew by ``amount`` to ``heat``."""

    account: str
    amount: int
    heat: int


@dataclass(frozen=True, slots=True)
class HeadersAccepted(Record):
    """The relay took Bitcoin headers; ``last_hash`` in internal byte order."""

    first_height: int
    last_height: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class Reorganised(Record):
    """The relay's best chain changed above ``fork_height``."""

    fork_height: int
    old_height: int
    new_height: int
