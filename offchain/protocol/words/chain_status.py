"""All that the contracts hold at one block, as one snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.status import (
    NO_APPLICATION,
    NO_ATTESTATION,
    NO_COMMITMENT,
    NO_STAKE,
    Application,
    Attestation,
    ClosedRound,
    Collected,
    Collection,
    Commitment,
    Competition,
    Epoch,
    Head,
    NextPartition,
    Stake,
)


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What the contracts hold about one account.

    Attributes:
        account: its address.
        balance: wei that it can spend.
        stake: what it has at stake.
        stake_free_from: the collecting round from which the stake can be withdrawn.
        application: for the epoch that can be applied for now.
        heat: now.
        is_genesis: whether it is a genesis account.
        is_member: whether it is a member of the epoch of the round in competition.
        is_attester: whether it may attest in the round in competition.
        standing_end: first tick at which it has no standing any more; 0 or 1: it never had any.
        has_reported_data: in the round in competition.
        has_reported_models: in the round in competition.
        commitment: in the round in competition.
        attestation: in the round in competition.
    """

    account: str
    balance: int
    stake: Stake = NO_STAKE
    stake_free_from: int = 0
    application: Application = NO_APPLICATION
    heat: int = 0
    is_genesis: bool = False
    is_member: bool = False
    is_attester: bool = False
    standing_end: int = 0
    has_reported_data: bool = False
    has_reported_models: bool = False
    commitment: Commitment = NO_COMMITMENT
    attestation: Attestation = NO_ATTESTATION


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """Everything that a node decides by, read at one block.

    Attributes:
        block_number: the EVM block's.
        block_hash: the EVM block's; None where it is not known.
        timestamp: the EVM block's.
        chain_id: the EVM chain's.
        collection: the round that collects.
        collected: how far that round is.
        next_partition: the one partition that is possible now.
        pending_due: whether something pending arrived before the tip's decision time.
        epoch: the one of the collecting round; before the start, nothing.
        next_epoch: the one after it; before the start, epoch 1.
        open_epoch: number of the epoch that can be applied for now.
        draw_height: the one Bitcoin height that may seed the next epoch's draw now; 0: none may, or
            the draw has its seed, or applying has not ended.
        draw_lost: whether the relay has lost the height that would have seeded that draw.
        competition: the round in competition.
        closed: what became of that round's data so far.
        commitments: accounts that committed to a model in that round.
        reveals: models revealed in that round.
        standing: the statement of that round that stands now, see
            `offchain.protocol.rules.disputes.standing_statement`; zeros: none.
        head: the last block.
        tip: the relay's best height less its confirmations.
        best_height: the relay's.
        own: the account's that asks.
    """

    block_number: int
    timestamp: int
    chain_id: int
    collection: Collection
    collected: Collected
    next_partition: NextPartition
    pending_due: bool
    epoch: Epoch
    next_epoch: Epoch
    open_epoch: int
    competition: Competition
    closed: ClosedRound
    commitments: int
    reveals: int
    standing: bytes
    head: Head
    tip: int
    best_height: int
    own: AccountStatus
    draw_height: int = 0
    draw_lost: bool = False
    block_hash: bytes | None = None

    @property
    def started(self) -> bool:
        """Whether the first round has opened."""
        return self.collection.round > 0
