"""Where the chain and one account are now: from the contracts' views alone, in a few requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.protocol.rules import clock
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase

BITCOIN_SECONDS: Final = 600
"""Seconds that Bitcoin's difficulty aims at between two blocks."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """When the phase that runs, or the collection, may end.

    Attributes:
        end_height: Bitcoin height of the relay's tip at which it may.
        tip: the relay's tip, which lags its best header by the confirmations.
        blocks_left: Bitcoin blocks until then.
        seconds_left: seconds of the EVM's clock that it lasts at least.
        minutes_left: about so many, at ten minutes a Bitcoin block.
    """

    end_height: int
    tip: int
    blocks_left: int
    seconds_left: int
    minutes_left: int


@dataclass(frozen=True, slots=True)
class ChainView:
    """Where the chain is.

    Attributes:
        chain_id: the EVM chain's.
        task: name of what is learned.
        evm_block: at which all of this was read.
        timestamp: that block's, in seconds.
        head: number of the last block of the model chain.
        best_model: sha2-256 of the best model; None: there is none yet.
        collecting: the round that collects; 0: the chain has not started.
        epoch: that round's.
        members: of that epoch.
        shared: data transactions that arrived in it.
        partitioned: those of them that partitions took.
        collection: when it may close although somebody has not shared.
        competing: the round in competition, or the last one that was; 0: none was.
        phase: that it is in.
        attesters: of that round.
        committed: accounts that committed to a model in it.
        revealed: models that were revealed in it.
        ends: when the phase may end; None: no round competes.
    """

    chain_id: int
    task: str
    evm_block: int
    timestamp: int
    head: int
    best_model: bytes | None
    collecting: int
    epoch: int
    members: int
    shared: int
    partitioned: int
    collection: ClockView
    competing: int
    phase: Phase
    attesters: int
    committed: int
    revealed: int
    ends: ClockView | None


@dataclass(frozen=True, slots=True)
class OwnView:
    """Where an account is in the rounds that go on.

    Attributes:
        account: its address.
        member: whether of the epoch of the round in competition.
        attester: whether of that round.
        applied: whether for the epoch that can be applied for now.
        shared: whether in the collecting round; None: only its owner can tell.
        committed: whether to a model.
        revealed: whether that model.
        reported_data: whether it sent its report on the data.
        reported_models: likewise on the models.
        attested: whether it committed to a statement.
        opened: whether it opened it.
        due: what is to be done in the phase that runs; None: nothing.
        next: what comes after that in this round; None: nothing.
        next_phase: in which.
        tokens: units at its own address.
        reward_tokens: units at its fresh addresses; None: only its owner can tell.
        stake: wei.
        heat: now.
        ether: wei that it can spend.
    """

    account: str
    member: bool
    attester: bool
    applied: bool
    shared: bool | None
    committed: bool
    revealed: bool
    reported_data: bool
    reported_models: bool
    attested: bool
    opened: bool
    due: str | None
    next: str | None
    next_phase: Phase | None
    tokens: int
    reward_tokens: int | None
    stake: int
    heat: int
    ether: int


@dataclass(frozen=True, slots=True)
class StatusView:
    """What ``modelchain status`` says; ``own`` is None where no account was named."""

    chain: ChainView
    own: OwnView | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an account owns; see `OwnView` for its fields."""

    shared: bool | None
    tokens: int
    reward_tokens: int | None


def chain_view(status: ChainStatus, parameters: Parameters, task: str) -> ChainView:
    """Where the chain is, by the contracts' views at one block."""
    collection, competition = status.collection, status.competition
    least = clock.earliest_end(competition.phase_start, parameters.minimum_phase_seconds)
    closes = clock.last_height(collection.open_height, parameters.collect_heights)
    return ChainView(
        chain_id=status.chain_id,
        task=task,
        evm_block=status.block_number,
        timestamp=status.timestamp,
        head=status.head.number,
        best_model=status.head.model_hash if any(status.head.model_hash) else None,
        collecting=collection.round,
        epoch=collection.epoch,
        members=collection.members,
        shared=status.collected.shared,
        partitioned=status.collected.partitioned,
        collection=_clock(closes, status.tip, 0),
        competing=competition.round,
        phase=competition.phase,
        attesters=competition.attesters,
        committed=status.commitments,
        revealed=status.reveals,
        ends=_clock(competition.end_height, status.tip, max(0, least - status.timestamp))
        if competition.phase.competes
        else None,
    )


def own_view(status: ChainStatus, holdings: Holdings) -> OwnView:
    """Where the account is that a status was read for."""
    own = status.own
    attested = any(own.attestation.commitment) or any(own.attestation.statement)
    opened = any(own.attestation.statement)
    duties = [
        (Phase.COMMIT, "commit to a model", own.is_member and not own.commitment.exists),
        (Phase.REPORT, "report on the data", own.is_attester and not own.has_reported_data),
        (Phase.REVEAL, "reveal its model", own.commitment.exists and not own.commitment.revealed),
        (Phase.AVAILABLE, "report on the models", own.is_attester and not own.has_reported_models),
        (Phase.ATTEST, "commit to a statement", own.is_attester and not attested),
        (Phase.ATTEST_REVEAL, "open its statement", own.is_attester and not opened),
    ]
    phase = status.competition.phase
    running = status.competition.phase.competes
    due = next((duty for when, duty, left in duties if running and left and when is phase), None)
    later = next(
        ((when, duty) for when, duty, left in duties if running and left and when > phase), None
    )
    return OwnView(
        account=own.account,
        member=own.is_member,
        attester=own.is_attester,
        applied=own.application.exists,
        shared=holdings.shared,
        committed=own.commitment.exists,
        revealed=own.commitment.revealed,
        reported_data=own.has_reported_data,
        reported_models=own.has_reported_models,
        attested=attested,
        opened=opened,
        due=due,
        next=None if later is None else later[1],
        next_phase=None if later is None else later[0],
        tokens=holdings.tokens,
        reward_tokens=holdings.reward_tokens,
        stake=own.stake.amount,
        heat=own.heat,
        ether=own.balance,
    )


def _clock(end_height: int, tip: int, seconds_left: int) -> ClockView:
    blocks = max(0, end_height - tip)
    minutes = -(-max(blocks * BITCOIN_SECONDS, seconds_left) // 60)
    return ClockView(end_height, tip, blocks, seconds_left, minutes)
