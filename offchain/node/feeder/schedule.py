"""How far recorded Bitcoin headers are replayed now: a pure function of the chain.

A replay need not take the ten minutes that Bitcoin takes: headers follow as soon as the chain shows
that the nodes have done their part of the phase, or when they have had time enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules import clock, reports
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.dispute_records import RowAnswered
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW


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
        nodes: how many nodes are to commit to a model; None: all members.
        patience: seconds after which a phase goes on without those who have not done their part.
    """

    parameters: Parameters
    nodes: int | None = None
    patience: float = 120.0


DecisionHeight = Callable[[int], int | None]
"""The lowest height whose decision time is after a time, None if no header of the source is."""


def decide_feed(
    replay: ReplaySchedule,
    status: ChainStatus,
    history: History,
    seconds: float,
    decision_height: DecisionHeight,
) -> Feed:
    """What the replay does now.

    Args:
        replay: what it goes by.
        status: the chain now.
        history: its records, of the same block.
        seconds: for how long the round and phase have been the present ones.
        decision_height: finds decision times among the source's headers.
    """
    if not status.started:
        return Feed(None, clock=False, reason="the chain has not started")
    if status.competition.phase.competes:
        return _in_competition(replay, status, history, seconds)
    return _in_collection(replay, status, history, seconds, decision_height)


def _in_competition(
    replay: ReplaySchedule, status: ChainStatus, history: History, seconds: float
) -> Feed:
    competition = status.competition
    name = f"{competition.phase.name} of round {competition.round}"
    entry = history.round(competition.round)
    if not _part_is_done(replay, history, entry) and seconds < replay.patience:
        return Feed(None, clock=False, reason=f"the nodes are in {name}")
    height = competition.end_height + status.best_height - status.tip
    if status.tip < competition.end_height:
        return Feed(height, clock=True, reason=f"the nodes have done their part in {name}")
    passed = clock.earliest_end(competition.phase_start, replay.parameters.minimum_phase_seconds)
    if status.timestamp < passed:
        return Feed(None, clock=True, reason=f"{name} must last a while")
    return Feed(None, clock=False, reason=f"a keeper ends {name}")


def _part_is_done(replay: ReplaySchedule, history: History, entry: RoundHistory) -> bool:
    """Whether the chain shows all that the phase was for."""
    closed = entry.data[: entry.partitioned]
    match entry.phase:
        case Phase.OPEN:
            return all(data.training_words for data in closed)
        case Phase.COMMIT:
            members = len(history.epoch(entry.epoch).members)
            return len(entry.commitments) >= min(members, replay.nodes or members)
        case Phase.UNSEAL:
            return all(data.test_words for data in closed if data.training_words)
        case Phase.REPORT:
            return len(entry.data_reports) >= entry.attesters
        case Phase.REVEAL:
            return len(entry.reveals) >= len(entry.commitments)
        case Phase.AVAILABLE:
            return len(entry.model_reports) >= entry.attesters
        case Phase.BRING:
            return not entry.models_out & ~reports.bitmap(entry.brought)
        case Phase.ATTEST:
            return len(entry.attestation_commitments) >= entry.attesters
        case Phase.ATTEST_REVEAL:
            return len(entry.stated) >= len(entry.attestation_commitments)
        case phase if Phase.CHALLENGE <= phase <= Phase.PROVE:
            return _is_disputed_out(entry)
        case _:
            # Finalize ends with the block. Headers would only let somebody void the round.
            return False


def _is_disputed_out(entry: RoundHistory) -> bool:
    """Whether a phase of the dispute shows all that is to be expected of it.

    At most one statement is true, and so all others are to be questioned, their answers too, and
    to be disproved. What is never to come, as the cells of an answer that is true, only the
    patience ends.
    """
    fallen, questions = entry.fallen, entry.questions
    match entry.phase:
        case Phase.CHALLENGE:
            questioned = {question.asked.statement for question in questions} | fallen.keys()
            return len(questioned) >= len(entry.statements) - 1
        case Phase.ANSWER:
            # That a model is malformed is not shown but refuted.
            return all(
                question.answer is not None
                or entry.statements[question.asked.statement][question.asked.row] == EMPTY_ROW
                for question in questions
            )
        case Phase.SECOND_CHALLENGE:
            asked = {cell.asked.question for cell in entry.cells}
            return all(
                number in asked
                or question.asked.statement in fallen
                or not isinstance(question.answer, RowAnswered)
                for number, question in enumerate(questions, 1)
            )
        case Phase.SECOND_ANSWER:
            return all(cell.answer is not None for cell in entry.cells)
        case _:
            # Whoever stated what has fallen asked about the others in vain.
            return all(
                question.asked.statement in fallen
                or entry.stated.get(question.asked.asker) in fallen
                for question in questions
            )


def _in_collection(
    replay: ReplaySchedule,
    status: ChainStatus,
    history: History,
    seconds: float,
    decision_height: DecisionHeight,
) -> Feed:
    """Let the round's data be partitioned once all that may come has come, then let it close."""
    collection, collected = status.collection, status.collected
    name = f"round {collection.round}"
    if collected.shared < collection.members and seconds < replay.patience:
        return Feed(
            None,
            clock=False,
            reason=f"the members share in {name} ({collected.shared} of {collection.members})",
        )
    if status.next_partition.possible:
        return Feed(None, clock=False, reason=f"a keeper partitions the data of {name}")
    if collected.pending:
        arrival = history.round(collection.round).data[-1].shared.arrival
        reason = f"{collected.pending} data transactions of {name} wait for a partition"
        feed = _up_to(decision_height(arrival), status, reason)
        if feed is not None:
            return feed
    if collection.round >= status.epoch.last_round and not status.next_epoch.written:
        return _in_draw(status, decision_height)
    last = clock.last_height(collection.open_height, replay.parameters.collect_heights)
    if not clock.has_everybody(collected.partitioned, collection.members):
        reason = f"{name} closes with {collected.partitioned} of {collection.members}"
        feed = _up_to(last, status, reason)
        if feed is not None:
            return feed
    return Feed(None, clock=False, reason=f"a keeper closes {name}")


def _in_draw(status: ChainStatus, decision_height: DecisionHeight) -> Feed:
    """Let the next epoch's draw have its seed, without which the round does not close."""
    name = f"the draw of epoch {status.collection.epoch + 1}"
    if not status.next_epoch.seeded and not status.draw_height and not status.draw_lost:
        height = decision_height(status.next_epoch.frozen_at)
        feed = _up_to(height, status, f"{name} waits for its seed")
        if feed is not None:
            return feed
    return Feed(None, clock=False, reason=f"a keeper sees to {name}")


def _up_to(height: int | None, status: ChainStatus, reason: str) -> Feed | None:
    """Headers until the tip is at a height; None if there is none, or it is there."""
    if height is None or height <= status.tip:
        return None
    confirmations = status.best_height - status.tip
    return Feed(height + confirmations, clock=True, reason=reason)
