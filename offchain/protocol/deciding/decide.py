"""What a node does next: a pure function of a snapshot.

`decide` looks at the chain, at what the records say and at what the node holds, and names every
step that is due now. It remembers nothing: killed at any point and started again, a node decides
the same, and does again only what it lost. The parts are `collection` (leases, sharing,
keys, partitions), `competition` (models, attestations, the block) and, here, the round's
clock and the claims.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.deciding.collection import decide_collection
from offchain.protocol.deciding.competition import decide_competition, unfinished_work
from offchain.protocol.deciding.intents import Intent, Send, turn_of
from offchain.protocol.deciding.policy import Role
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.rules import clock
from offchain.protocol.rules.leases import make_a_ring
from offchain.protocol.rules.standing import can_act
from offchain.protocol.words.actions import Advance, Start
from offchain.protocol.words.status import ZERO_HASH, Phase

CLAIM_TURNS = 5
"""Turns that each keeper has for its share of the data rewards: they are many, and can wait."""


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
    if not snapshot.status.started:
        decide_collection(snapshot, intents, waiting)
        _decide_start(snapshot, intents, waiting)
        return Decision(tuple(intents), tuple(waiting))
    decide_competition(snapshot, intents, waiting)
    decide_collection(snapshot, intents, waiting)
    if snapshot.has_role(Role.KEEP):
        _decide_clock(snapshot, intents)
    _decide_claims(snapshot, intents)
    return Decision(tuple(intents), tuple(waiting))


def _decide_start(snapshot: Snapshot, intents: list[Intent], waiting: list[str]) -> None:
    """Start once all genesis accounts have keys, or once enough of them have and time passed."""
    genesis, parameters = snapshot.genesis, snapshot.parameters
    possible = can_act(parameters, genesis.registered) and make_a_ring(parameters, genesis.keys)
    everybody = genesis.registered == genesis.accounts
    impatient = snapshot.seconds_in_phase >= snapshot.policy.patience
    if possible and (everybody or impatient):
        if snapshot.has_role(Role.KEEP):
            intents.append(_send(snapshot, Start(), "start"))
        return
    waiting.append(
        f"share keys of the genesis accounts ({genesis.registered} of {genesis.accounts}, "
        f"{parameters.minimum_standing} at least)"
    )


def _decide_clock(snapshot: Snapshot, intents: list[Intent]) -> None:
    """End a phase, close the collecting round or void a stalled round, as soon as it is allowed."""
    status, parameters = snapshot.status, snapshot.parameters
    competition, collection, tip = status.competition, status.collection, status.tip
    if competition.phase.competes:
        over = clock.phase_may_end(parameters, competition, tip, status.timestamp)
        if over and not _holds_back(snapshot, intents):
            duty = f"end {competition.phase.name} of round {competition.round}"
            intents.append(_send(snapshot, Advance(), duty))
    elif clock.collection_may_close(parameters, collection, tip, status.pending_due):
        duty = f"close round {collection.round}"
        intents.append(_send(snapshot, Advance(), duty))


def _holds_back(snapshot: Snapshot, intents: list[Intent]) -> bool:
    """Whether the node waits, within its patience, before it ends the phase itself.

    In Finalize, ending the phase voids a round that has a majority: whoever can append its block
    does that instead.
    """
    competition = snapshot.status.competition
    finalizes = competition.phase is Phase.FINALIZE and competition.majority != ZERO_HASH
    if finalizes and snapshot.competition.statement == competition.majority:
        return True
    hopeful = finalizes or unfinished_work(snapshot, intents)
    return hopeful and snapshot.seconds_in_phase < snapshot.policy.patience


def _decide_claims(snapshot: Snapshot, intents: list[Intent]) -> None:
    """Own rewards and bonds at once; everybody's data rewards in turns."""
    for claim in snapshot.claims:
        if claim.personal:
            intents.append(Send(claim.action, claim.duty))
        elif snapshot.has_role(Role.KEEP):
            turn = turn_of(snapshot.account, snapshot.keepers, claim.duty)
            intents.append(Send(claim.action, claim.duty, CLAIM_TURNS * turn))


def _send(snapshot: Snapshot, action: Start | Advance, duty: str) -> Send:
    return Send(action, duty, turn_of(snapshot.account, snapshot.keepers, duty))
