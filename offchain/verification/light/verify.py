"""Light verification: what a part of the records tells about headers, votes and blocks.

It reads no data transactions, no keys, no files, and of all call data the headers'. Data sets,
what is missing and statements it takes from the contracts and their attesters; all that follows
from those, and who the attesters are, it computes again by the protocol's rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from offchain.chain.deployment.file import Deployment
from offchain.errors import ModelChainError
from offchain.protocol.words import records as events
from offchain.protocol.words import reward_records
from offchain.protocol.words.dispute_records import StatementFell
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Head
from offchain.verification.light import rounds as light_rounds
from offchain.verification.light import votes as light_votes
from offchain.verification.light.blocks import VerifiedBlock, verified_blocks
from offchain.verification.light.state import LightState, require_that
from offchain.verification.recording.differences import (
    Difference,
    OrderDifference,
    Progress,
    RecordDifference,
    RecordPlace,
    RefusedCall,
    StateDifference,
    first_unequal,
    no_progress,
)
from offchain.verification.recording.values import ChainHead, Transaction

_HANDLERS: Final[Mapping[type[Record], Callable[[LightState, Any, Transaction], None]]] = {
    events.Reorganised: light_rounds.reorganised,
    events.HeadersAccepted: light_rounds.headers_accepted,
    events.EpochFrozen: light_rounds.epoch_frozen,
    events.DrawSeeded: light_rounds.draw_seeded,
    events.MembersWritten: light_rounds.members_written,
    events.StakeAdded: light_rounds.stake_added,
    events.StakeBurned: light_rounds.stake_burned,
    events.StakeConfiscated: light_rounds.stake_confiscated,
    events.StakeReturned: light_rounds.stake_returned,
    events.Started: light_rounds.started,
    events.RoundOpened: light_rounds.round_opened,
    events.Partitioned: light_rounds.partitioned,
    events.RoundClosed: light_rounds.round_closed,
    events.KeysCounted: light_rounds.keys_counted,
    events.DataSetFixed: light_rounds.data_set_fixed,
    events.ModelCommitted: light_rounds.committed,
    events.ModelRevealed: light_rounds.revealed,
    events.MissingFixed: light_rounds.missing_fixed,
    events.StatementOpened: light_votes.statement_opened,
    events.AttestationOpened: light_votes.attestation_opened,
    StatementFell: light_votes.statement_fell,
    events.ModelBurned: light_votes.model_burned,
    events.RoundDecided: light_votes.round_decided,
    reward_records.StandingGained: light_votes.standing_changed,
    reward_records.StandingKept: light_votes.standing_changed,
    reward_records.StandingLost: light_votes.standing_changed,
    events.BlockAppended: light_votes.appended,
    events.RoundVoided: light_votes.voided,
    reward_records.BestRewarded: light_votes.rewarded,
    reward_records.VoiceRewarded: light_votes.rewarded,
    reward_records.AttesterRewarded: light_votes.rewarded,
    reward_records.DataRewarded: light_votes.data_rewarded,
}

LIGHT_KINDS: Final[tuple[type[Record], ...]] = tuple(_HANDLERS)
"""The kinds of records that light verification reads."""

LIGHT_CALLS: Final[tuple[type[Record], ...]] = (events.HeadersAccepted, events.Reorganised)
"""Of those, the kinds whose call data it needs."""


_ONCE: Final[Mapping[type[Record], str | None]] = {
    events.Started: None,
    events.EpochFrozen: "epoch",
    events.DrawSeeded: "epoch",
    events.MembersWritten: "epoch",
    events.KeysCounted: "round",
    events.DataSetFixed: "round",
    events.MissingFixed: "round",
    events.RoundDecided: "round",
}
"""The kinds of which there is one record, or one for each value of a field."""


@dataclass(frozen=True, slots=True)
class LightReport:
    """What was verified, all of it found to be right.

    Attributes:
        last_block: EVM block that it goes up to.
        headers: Bitcoin headers.
        rounds: that opened.
        attestations: opened.
        claims: of rewards.
        head: number of the model chain's last block.
        head_hash: its hash.
        blocks: all of them, from block 1 on.
    """

    last_block: int
    headers: int
    rounds: int
    attestations: int
    claims: int
    head: int
    head_hash: bytes
    blocks: tuple[VerifiedBlock, ...]


def verify_light(
    deployment: Deployment,
    transactions: Sequence[Transaction],
    ended: ChainHead,
    progress: Progress = no_progress,
) -> LightReport:
    """Verify headers, votes, blocks and claims.

    Args:
        deployment: what the contracts were deployed with.
        transactions: from the deployment's first block on; records of other kinds than
            `LIGHT_KINDS` may be missing, and calls other than those behind `LIGHT_CALLS`.
        ended: what the views say at their end.
        progress: is told how far it is.

    Raises:
        Difference: the first one.
    """
    state = LightState(deployment)
    for index, transaction in enumerate(transactions, start=1):
        _apply(state, transaction)
        progress("transactions", index, len(transactions))
    return _finish(state, ended)


def _apply(state: LightState, transaction: Transaction) -> None:
    for record in transaction.records:
        handler = _HANDLERS.get(type(record))
        if handler is None:
            continue
        place = RecordPlace.of(record)
        if record.position <= state.position:
            after = f"after {state.position}"
            raise OrderDifference(place, "the position", after, record.position)
        expected = transaction.block_number, transaction.timestamp
        actual = record.block_number, record.timestamp
        if expected != actual:
            raise OrderDifference(place, "the EVM block and its time", expected, actual)
        state.position = record.position
        if type(record) in _ONCE:
            name = _ONCE[type(record)]
            known = type(record), getattr(record, name) if name else None
            require_that(record, known not in state.seen, "the record", "the first", "another one")
            state.seen.add(known)
        try:
            handler(state, record, transaction)
        except Difference:
            raise
        except ModelChainError as error:
            raise RefusedCall(place, "behind it", type(error).__name__, str(error)) from error
    if state.due:
        place = RecordPlace(*state.position, f"transaction {transaction.hash.hex()}")
        due = type(state.due[0]).__name__
        raise RecordDifference(place, "the next record of standing", due, "missing")


def _finish(state: LightState, ended: ChainHead) -> LightReport:
    """Compare the relay's and the model chain's heads."""
    head = Head(len(state.blocks) - 1, state.hashes[-1], state.blocks[-1].model_hash)
    computed = ChainHead(ended.block_number, state.relay.best_height, state.relay.best_hash, head)
    unequal = first_unequal(computed, ended)
    if unequal is not None:
        path, wanted, found = unequal
        place = RecordPlace(ended.block_number, 0, "the contracts' views")
        raise StateDifference(place, path, wanted, found)
    return LightReport(
        last_block=ended.block_number,
        headers=state.headers,
        rounds=len(state.rounds),
        attestations=state.attestations,
        claims=len(state.claimed),
        head=head.number,
        head_hash=head.hash,
        blocks=verified_blocks(state),
    )
