"""What a node does next, as a pure function of a snapshot.

`decide` looks at the chain, at what the records say and at what the node holds, and names every
step that is due now. It remembers nothing: killed at any point and started again, a node decides
the same, and does again only what it lost. The parts are `competition` (the model), `attesting`
(reports, statements, the block), `collection` (sharing, keys, partitions), `membership`
(applications, the draw, the stake) and, here, the round's clock and the claims.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.deciding.attesting import finalizes
from offchain.protocol.deciding.collection import decide_collection
from offchain.protocol.deciding.competition import decide_competition, unfinished_work
from offchain.protocol.deciding.intents import Intent, Send, turn_of
from offchain.protocol.deciding.membership import decide_membership
from offchain.protocol.deciding.patience import holds_out
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.rules import clock
from offchain.protocol.words.actions import Advance
from offchain.protocol.words.status import ZERO_HASH, Phase

CLAIM_TURNS = 5
"""Turns that each keeper has for its share of the data rewards: they are many, and can wait."""

FINALIZE_PHASES = 3
"""Lengths of Finalize that a node which can append the block leaves for it to be appended."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is due now, in the order in which to do it, and what the node waits for."""

    intents: tuple[Intent, ...]
    waiting: tuple[str, ...]


def decide(snapshot: Snapshot) -> Decision:
    """Every step that is due for this node now; empty where there is only waiting.

    A node's own duties come before the keeper's: nobody ends a phase before doing its own part.
    """
    intents: list[Intent] = []
    waiting: list[str] = []
    if snapshot.status.started:
        decide_competition(snapshot, intents, waiting)
        decide_collection(snapshot, intents, waiting)
    decide_membership(snapshot, intents, waiting)
    if snapshot.status.started and snapshot.has_role(Role.KEEP):
        _decide_clock(snapshot, intents)
    _decide_claims(snapshot, intents)
    return Decision(tuple(intents), tuple(waiting))


def _decide_clock(snapshot: Snapshot, intents: list[Intent]) -> None:
    """End a phase, or close the round that collects, as soon as it is allowed."""
    status, parameters = snapshot.status, snapshot.parameters
    competition, collection = status.competition, status.collection
    if competition.phase.competes:
        over = clock.phase_may_end(
            competition.end_height,
            competition.phase_start,
            parameters.minimum_phase_seconds,
            status.tip,
            status.timestamp,
        )
        duty = f"end {competition.phase.name} of round {competition.round}"
        due = over and not _holds_back(snapshot, intents)
    else:
        duty = f"close round {collection.round}"
        due = clock.may_close(
            partitioned=status.collected.partitioned,
            members=collection.members,
            open_height=collection.open_height,
            collect_heights=parameters.collect_heights,
            tip=status.tip,
            pending_due=status.pending_due,
            is_last_of_epoch=collection.round >= status.epoch.last_round,
            next_members_written=status.next_epoch.written,
        )
    if due:
        turn = turn_of(snapshot.account, snapshot.keepers, duty)
        intents.append(Send(Advance(), duty, turn))


def _holds_back(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """Whether the node waits, within its patience, before it ends the phase itself.

    In Finalize, ending the phase voids a round that has a statement: whoever can append its block
    does that instead, and has more patience. It is not endless: what stands may be rows that no
    block can be made of.
    """
    status = snapshot.status
    has_block = status.competition.phase is Phase.FINALIZE and status.standing != ZERO_HASH
    if has_block and finalizes(snapshot):
        return holds_out(snapshot, FINALIZE_PHASES)
    return (has_block or unfinished_work(snapshot, intents)) and holds_out(snapshot)


def _decide_claims(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Own rewards at once; everybody's data rewards in turns."""
    for claim in snapshot.claims:
        if claim.personal:
            intents.append(Send(claim.action, claim.duty))
        elif snapshot.has_role(Role.KEEP):
            turn = turn_of(snapshot.account, snapshot.keepers, claim.duty)
            intents.append(Send(claim.action, claim.duty, CLAIM_TURNS * turn))
