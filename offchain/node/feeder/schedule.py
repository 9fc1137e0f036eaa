"""How far recorded Bitcoin headers are replayed now: a pure function of the chain.

A replay need not take the ten minutes that Bitcoin takes: headers follow as soon as the chain shows
that the nodes have done their part of the phase, or when they have had time enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules import clock
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import ChainStatus, Phase


@dataclass(frozen=True, slots=True)
class Feed:
    """What to do: relay headers up to ``height`` (None: none), let the clock pass, and why."""

    height: int | None
    clock: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReplaySchedule:
    """What a replay goes by.

    Attributes:
        parameters: the protocol's.
        checkpoint: height of the relay's first header: the start takes its seed from the tip.
        nodes: how many nodes are to commit to a model; None: all that lease share keys.
        patience: seconds after which a phase goes on without those who have not done their part.
        settle: seconds for what leaves no trace on chain: fetching revealed models.
    """

    parameters: Parameters
    checkpoint: int
    nodes: int | None = None
    patience: float = 120.0
    settle: float = 1.0


def decide_feed(
    replay: ReplaySchedule,
    status: ChainStatus,
    history: History,
    seconds: float,
    decision_height: Callable[[int], int | None],
) -> Feed:
    """What the replay does now.

    Args:
        replay: what it goes by.
        status: the chain now.
        history: its records, of the same block.
        seconds: for how long the round and phase have been the present ones.
        decision_height: the lowest height whose decision time is after a time, None if no header
            of the source is.
    """
    if not status.started:
        missing = replay.checkpoint - status.tip
        return Feed(
            status.best_height + missing if missing > 0 else None,
            clock=False,
            reason="the chain has not started",
        )
    if status.competition.phase.competes:
        return _in_competition(replay, status, history, seconds)
    return _in_collection(replay, status, history, seconds, decision_height)


def _in_competition(
    replay: ReplaySchedule, status: ChainStatus, history: History, seconds: float
) -> Feed:
    competition = status.competition
    name = f"{competition.phase.name} of round {competition.round}"
    if not _part_is_done(replay, status, history, seconds) and seconds < replay.patience:
        return Feed(None, clock=False, reason=f"the nodes are in {name}")
    height = competition.end_height + status.best_height - status.tip
    if status.tip < competition.end_height:
        return Feed(height, clock=True, reason=f"the nodes have done their part in {name}")
    if not clock.phase_may_end(replay.parameters, competition, status.tip, status.timestamp):
        return Feed(None, clock=True, reason=f"{name} must last a while")
    return Feed(None, clock=False, reason=f"a keeper ends {name}")


def _part_is_done(
    replay: ReplaySchedule, status: ChainStatus, history: History, seconds: float
) -> bool:
    """Whether the chain shows all that the phase was for."""
    entry = history.round(status.competition.round)
    match status.competition.phase:
        case Phase.COMMIT:
            return len(entry.commitments) >= _trainers(replay, history)
        case Phase.UNSEAL:
            return _test_keys_are_out(history, entry)
        case Phase.REVEAL:
            return len(entry.reveals) >= len(entry.commitments)
        case Phase.AVAILABLE:
            return seconds >= replay.settle
        case Phase.ATTEST:
            return len(entry.attestation_commitments) >= entry.attesters
        case Phase.ATTEST_REVEAL:
            return len(entry.statements) >= len(entry.attestation_commitments)
        case _:
            # Finalize ends with the block. Headers would only let somebody void the round.
            return False


def _trainers(replay: ReplaySchedule, history: History) -> int:
    """How many models are expected: at least one, and no more than there are places."""
    nodes = replay.nodes
    if nodes is None:
        nodes = max(1, len({key.owner for key in history.keys}))
    return min(nodes, replay.parameters.maximum_models)


def _test_keys_are_out(history: History, entry: RoundHistory) -> bool:
    return all(history.items[number].publication is not None for number in entry.test_items)


def _in_collection(
    replay: ReplaySchedule,
    status: ChainStatus,
    history: History,
    seconds: float,
    decision_height: Callable[[int], int | None],
) -> Feed:
    """Let the round's items be partitioned once all that may come have come, then let it close."""
    collection = status.collection
    name = f"round {collection.round}"
    shared = sum(item.item.scope == collection.round for item in history.items)
    if shared < status.keys.active and seconds < replay.patience:
        return Feed(
            None,
            clock=False,
            reason=f"the nodes share data in {name} ({shared} of {status.keys.active})",
        )
    if status.next_partition.possible:
        return Feed(None, clock=False, reason=f"a keeper partitions the items of {name}")
    confirmations = status.best_height - status.tip
    if status.totals.pending:
        height = decision_height(history.items[-1].shared.arrival)
        if height is not None and height > status.tip:
            return Feed(
                height + confirmations,
                clock=True,
                reason=f"{status.totals.pending} items of {name} wait for a partition",
            )
    if not clock.has_collected(replay.parameters, collection, status.tip):
        return Feed(
            clock.last_height(replay.parameters, collection) + confirmations,
            clock=True,
            reason=f"{name} closes with {collection.items} of {collection.target} items",
        )
    return Feed(None, clock=False, reason=f"a keeper closes {name}")
