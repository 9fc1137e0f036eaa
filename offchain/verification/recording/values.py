"""A recording: what an EVM chain says of one deployment, as plain values.

It holds the transactions that reached the contracts (decoded to the protocol's actions), the
records that they logged, every movement of tokens, and what the contracts' views say at the end.
Verification is a function of a recording and of the content store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from offchain.protocol.words.actions import Action
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import (
    Application,
    Attestation,
    ClosedRound,
    Collected,
    Collection,
    Commitment,
    Competition,
    Epoch,
    Head,
    Reveal,
    Stake,
)
from offchain.protocol.words.transactions import Block


@dataclass(frozen=True, slots=True)
class TokensMoved(Record):
    """The token's event Transfer: minted if the sender is the zero address."""

    sender: str
    receiver: str
    amount: int


@dataclass(frozen=True, slots=True)
class ContractCall:
    """One call of the contracts from outside of them: by an account, or by another contract."""

    sender: str
    action: Action


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that made one of the contracts log something.

    Attributes:
        hash: the EVM transaction's.
        block_number: its EVM block.
        timestamp: that block's time, in seconds.
        calls: what it called, in order; none if it only moved tokens.
        records: what the contracts logged, in order.
    """

    hash: bytes
    block_number: int
    timestamp: int
    calls: tuple[ContractCall, ...]
    records: tuple[Record, ...]

    @property
    def protocol_records(self) -> tuple[Record, ...]:
        """The records but for movements of tokens."""
        return tuple(record for record in self.records if not isinstance(record, TokensMoved))

    @property
    def movements(self) -> tuple[TokensMoved, ...]:
        """The movements of tokens."""
        return tuple(record for record in self.records if isinstance(record, TokensMoved))


@dataclass(frozen=True, slots=True)
class EpochState:
    """What the contracts say of an epoch; the ring is empty before its list is written."""

    epoch: Epoch
    ring: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoundState:
    """What the contracts say of a round; bitmaps over its reveals and its data transactions."""

    closed: ClosedRound
    collected: Collected
    reveals: tuple[Reveal, ...]
    claimed_voices: int
    claimed_data: int


@dataclass(frozen=True, slots=True)
class AttesterState:
    """What the contracts say of an attester in a round."""

    attestation: Attestation
    has_reported_data: bool
    has_reported_models: bool
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the contracts say of an account."""

    heat: int
    stake: Stake
    stake_free_from: int
    standing_end: int


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where Bitcoin's chain and the model chain end, as views say at an EVM block.

    Attributes:
        block_number: the EVM block's.
        relay_height: the relay's best height.
        relay_hash: hash of that header, internal byte order.
        head: the model chain's last block.
    """

    block_number: int
    relay_height: int
    relay_hash: bytes
    head: Head


@dataclass(frozen=True, slots=True)
class FinalState:
    """What the contracts' views say at the last block of a recording.

    Attributes:
        relay_height: the relay's best height.
        relay_hash: hash of that header, internal byte order.
        head: the model chain's last block.
        blocks: all its blocks, genesis first.
        block_hashes: their hashes.
        collection: the round that collects.
        competition: the round in competition.
        rounds: all rounds that opened, the first at index 0.
        epochs: all up to the one that can be applied for, the first at index 0.
        genesis_is_warm: whether genesis accounts apply as warm.
        applications: by epoch and account.
        commitments: by round and account, of everybody who committed to a model.
        attesters: by round and account, of everybody who reported or committed to a statement.
        accounts: everybody who ever staked.
        balances: tokens of every address that ever received some.
        total_supply: of the token.
        stakes: wei that Membership holds.
    """

    relay_height: int
    relay_hash: bytes
    head: Head
    blocks: tuple[Block, ...]
    block_hashes: tuple[bytes, ...]
    collection: Collection
    competition: Competition
    rounds: tuple[RoundState, ...]
    epochs: tuple[EpochState, ...]
    genesis_is_warm: bool
    applications: Mapping[tuple[int, str], Application]
    commitments: Mapping[tuple[int, str], Commitment]
    attesters: Mapping[tuple[int, str], AttesterState]
    accounts: Mapping[str, AccountState]
    balances: Mapping[str, int]
    total_supply: int
    stakes: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A stretch of a deployment's life, from its first block or from where another one ended.

    Attributes:
        first_block: EVM block that it begins with.
        last_block: EVM block that it ends with.
        last_hash: hash of that block.
        transactions: in order.
        state: what the contracts say at the end.
    """

    first_block: int
    last_block: int
    last_hash: bytes
    transactions: tuple[Transaction, ...]
    state: FinalState = field(repr=False)

    @property
    def ended(self) -> ChainHead:
        """Where both chains end."""
        state = self.state
        return ChainHead(self.last_block, state.relay_height, state.relay_hash, state.head)

    @property
    def records(self) -> Iterator[Record]:
        """All records in order."""
        return (record for transaction in self.transactions for record in transaction.records)
