"""Light verification: headers, votes and Merkle proofs, from a small part of the records.

For whoever wants to know that the head is what the attesters' majority made it, without the data:
the Bitcoin headers and the seeds drawn from them, who may attest, that commitments open to what was
revealed, that a majority stands behind each table, that the table gives the ranking, the vote root
and the block's hash, and that claimed items lie in the data root that they were paid from.

What it takes from the attesters' majority: data sets and scores. What it does not look at: items,
ring signatures, share keys, heat, bonds, balances, when phases begin and end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from offchain.chain.deployment.file import Deployment
from offchain.errors import ModelChainError
from offchain.protocol.words import records as events
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Head
from offchain.verification.light import rounds as light_rounds
from offchain.verification.light import votes as light_votes
from offchain.verification.light.state import LightState
from offchain.verification.recording.differences import (
    Difference,
    OrderDifference,
    Progress,
    RecordPlace,
    RefusedCall,
    StateDifference,
    first_unequal,
    no_progress,
)
from offchain.verification.recording.values import Recording, Transaction

Handler = Callable[[LightState, Any, Transaction], None]

_HANDLERS: Final[Mapping[type[Record], Handler]] = {
    events.KeysRegistered: light_rounds.registered,
    events.Reorganised: light_rounds.reorganised,
    events.HeadersAccepted: light_rounds.headers_accepted,
    events.Started: light_rounds.started,
    events.Partitioned: light_rounds.partitioned,
    events.RoundClosed: light_rounds.round_closed,
    events.ModelCommitted: light_votes.committed,
    events.ModelRevealed: light_votes.revealed,
    events.AttestationCommitted: light_votes.attested,
    events.AttestationRevealed: light_votes.opened,
    events.MajorityReached: light_votes.majority_reached,
    events.StandingGained: light_votes.standing_gained,
    events.BlockAppended: light_votes.appended,
    events.RoundVoided: light_votes.voided,
    events.DataRewarded: light_votes.data_rewarded,
}

LIGHT_KINDS: Final[tuple[type[Record], ...]] = tuple(_HANDLERS)
"""The kinds of records that light verification reads."""


@dataclass(frozen=True, slots=True)
class LightReport:
    """What was verified, all of it found to be right.

    Attributes:
        last_block: EVM block that it goes up to.
        headers: Bitcoin headers.
        attestations: opened.
        claims: of items, with their Merkle proofs.
        head: number of the model chain's last block.
        head_hash: its hash.
    """

    last_block: int
    headers: int
    attestations: int
    claims: int
    head: int
    head_hash: bytes


def verify_light(
    deployment: Deployment, recording: Recording, progress: Progress = no_progress
) -> LightReport:
    """Verify headers, votes and Merkle proofs.

    Args:
        deployment: what the contracts were deployed with.
        recording: from the deployment's first block on; records of other kinds than `LIGHT_KINDS`
            may be missing.
        progress: is told how far it is.

    Raises:
        Difference: the first one.
    """
    state = LightState(deployment)
    for index, transaction in enumerate(recording.transactions, start=1):
        _apply(state, transaction)
        progress("transactions", index, len(recording.transactions))
    return _finish(state, recording)


def _apply(state: LightState, transaction: Transaction) -> None:
    state.used_calls.clear()
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
        try:
            handler(state, record, transaction)
        except Difference:
            raise
        except ModelChainError as error:
            raise RefusedCall(place, "behind it", type(error).__name__, str(error)) from error


def _finish(state: LightState, recording: Recording) -> LightReport:
    """Compare the relay's and the model chain's heads."""
    place = RecordPlace(recording.last_block, 0, "the contracts' views")
    views = recording.state
    head = Head(len(state.blocks) - 1, state.hashes[-1], state.head_model)
    for what, expected, actual in (
        ("relay_height", state.relay.best_height, views.relay_height),
        ("relay_hash", state.relay.best_hash, views.relay_hash),
        ("head", head, views.head),
        ("blocks", tuple(state.blocks), views.blocks),
        ("block_hashes", tuple(state.hashes), views.block_hashes),
    ):
        unequal = first_unequal(expected, actual)
        if unequal is not None:
            path, wanted, found = unequal
            raise StateDifference(place, f"{what} {path}".strip(), wanted, found)
    return LightReport(
        last_block=recording.last_block,
        headers=state.headers,
        attestations=state.attestations,
        claims=len(state.claimed),
        head=head.number,
        head_hash=head.hash,
    )
