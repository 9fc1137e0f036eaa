"""The worker's loop: look at the chain, decide, do, wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from offchain.chain.follower import FOREIGN_CHAIN, ChainFollower
from offchain.errors import ChainError, ModelChainError, ProtocolError
from offchain.node.background import Background
from offchain.node.beside_outlet import OutletPending
from offchain.node.computations import (
    ComputationEnded,
    EvaluationEnded,
    RecheckEnded,
    TrainingEnded,
)
from offchain.node.kept_files import KeptFiles
from offchain.node.monitoring.watch import Watch
from offchain.node.performing import Performer, name_of
from offchain.node.snapshots import Components, SnapshotTaker
from offchain.ports import Receipt
from offchain.protocol.deciding.decide import Decision, decide
from offchain.protocol.deciding.intents import BringModelFile, Intent, OpenAttestedRows, Send
from offchain.protocol.words.records import BlockAppended, PhaseStarted, Record, RoundVoided
from offchain.storage.fetching import ContentPendingError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How the loop paces itself, in seconds.

    ``poll`` is the pause between two looks at the chain, ``turn`` how long a node waits for each
    one that goes before it in a shared duty, ``longest_pause`` the pause while the chain cannot be
    reached.
    """

    poll: float = 0.2
    turn: float = 1.0
    longest_pause: float = 10.0


CANCEL_SECONDS = 2.0
"""How long a computation has to end when the node is stopped."""

ACTIONS_AT_ONCE = 4
"""Own transactions after which the loop looks at the chain again."""


class Worker:
    """One node.

    Args:
        follower: of the chain.
        taker: takes its snapshots.
        performer: does what is decided.
        components: what the node consists of.
        background: runs trainings and evaluations.
        clock: seconds.
        settings: how it paces itself.
        watch: is told what the node sees and waits for.
        kept_files: what is told which round it is.
    """

    def __init__(
        self,
        follower: ChainFollower,
        taker: SnapshotTaker,
        performer: Performer,
        components: Components,
        background: Background[ComputationEnded],
        clock: Callable[[], float],
        settings: LoopSettings | None = None,
        watch: Watch | None = None,
        kept_files: KeptFiles | None = None,
    ) -> None:
        self._follower = follower
        self._taker = taker
        self._performer = performer
        self._components = components
        self._background = background
        self._clock = clock
        self._settings = settings or LoopSettings()
        self._watch = watch or Watch(clock)
        self._kept_files = kept_files
        self._first_seen: dict[str, float] = {}
        self._waiting: tuple[str, ...] = ()
        self._failing: dict[str, float] = {}
        self._mined: dict[str, int] = {}

    def run(self, stopped: threading.Event) -> None:
        """Work until ``stopped``; what fails is logged and tried again.

        Raises:
            WrongChainError, StaleDeploymentError: it is another chain now, or was begun anew.
        """
        pause = self._settings.poll
        while not stopped.is_set():
            try:
                acted = self.step(stopped)
                pause = 0.0 if acted else self._settings.poll
            except FOREIGN_CHAIN:
                raise
            except (ChainError, ProtocolError) as error:
                pause = min(self._settings.longest_pause, max(0.5, 2 * pause))
                self._watch.failed(error)
                log.warning("the chain cannot be used, trying again", reason=str(error))
            stopped.wait(pause)
        self.cancel_computation(CANCEL_SECONDS)
        log.info("stopped")

    def step(self, stopped: threading.Event) -> bool:
        """One look at the chain and what follows from it; returns whether it sent anything."""
        for record in self._follower.refresh():
            _tell(record)
        self._take_computed()
        status, history = self._follower.status, self._follower.history
        if self._kept_files is not None:
            self._kept_files.look(status)
        acted = self._take_landed()
        decision = decide(self._taker.take(status, history))
        self._watch.looked(
            status, decision.waiting, self._background.name, self._components.modelling.progress
        )
        self._tell_waiting(decision)
        self._forget_duties(decision)
        for intent in decision.intents:
            if stopped.is_set() or acted >= ACTIONS_AT_ONCE:
                break
            if self._is_due(intent) and self._perform(intent):
                acted += 1
        return acted > 0

    def wait_for_computation(self, seconds: float) -> bool:
        """Wait for a training or judging beside the loop to end, so long at most.

        Returns whether none runs any more: the next step takes what it came to.
        """
        return self._background.wait(seconds)

    def cancel_computation(self, seconds: float) -> None:
        """Tell what is computed beside the loop to stop, and wait so long at most for its end."""
        self._background.cancel()
        self._background.wait(seconds)

    @property
    def is_computing(self) -> bool:
        """Whether a training or judging runs, or has ended and was not yet taken."""
        return self._background.name is not None

    @property
    def waiting(self) -> tuple[str, ...]:
        """What the node waited for at its last step."""
        return self._waiting

    def _perform(self, intent: Intent) -> bool:
        """Do one thing. What fails rests for a while: it must not fill the log or the chain."""
        name = name_of(intent)
        try:
            acted = self._performer.perform(intent, self._follower.status, self._follower.history)
        except (ContentPendingError, OutletPending):
            # Nothing failed: the answer is there at one of the next looks.
            return False
        except ModelChainError as error:
            self._rest(name, _kind(intent), error)
            return False
        if not self._performer.is_flying(intent):
            self._failing.pop(name, None)
        return acted

    def _rest(self, name: str, kind: str, error: ModelChainError) -> None:
        pause = min(self._settings.longest_pause, 2 * self._failing.get(name, 0.5))
        self._failing[name] = pause
        self._first_seen[name] = self._clock() + pause
        self._watch.could_not(kind, error)
        log.warning("could not be done, trying again", what=name, reason=str(error))

    def _take_landed(self) -> int:
        """Take what became of transactions that were sent beside the loop; how many went on chain.

        Where the chain's answers are older than what it took in, the same is not sent again.
        """
        acted, block = 0, self._follower.status.block_number
        self._mined = {name: mined for name, mined in self._mined.items() if mined > block}
        for landed in self._performer.flights.landed():
            try:
                acted += self._performer.land(landed)
            except ModelChainError as error:
                self._rest(landed.name, "Transaction", error)
                continue
            self._failing.pop(landed.name, None)
            if isinstance(landed.came_to, Receipt):
                self._mined[landed.name] = landed.came_to.block_number
        return acted

    def _is_due(self, intent: Intent) -> bool:
        """Whether the node's turn has come, and the rest after a failure is over."""
        name = name_of(intent)
        if self._performer.is_flying(intent):
            return False
        if self._mined.get(name, 0) > self._follower.status.block_number:
            return False
        now = self._clock()
        turn = intent.turn if isinstance(intent, Send | BringModelFile | OpenAttestedRows) else 0
        first_seen = self._first_seen.setdefault(name, now)
        return now >= first_seen + turn * self._settings.turn

    def _forget_duties(self, decision: Decision) -> None:
        current = {name_of(intent) for intent in decision.intents}
        self._first_seen = {
            name: seen for name, seen in self._first_seen.items() if name in current
        }
        self._failing = {name: pause for name, pause in self._failing.items() if name in current}

    def _take_computed(self) -> None:
        match self._background.take():
            case TrainingEnded() as ended:
                self._components.modelling.finish(ended)
            case EvaluationEnded() as ended:
                self._components.attesting.finish(ended)
            case RecheckEnded() as ended:
                self._components.rechecking.finish(ended)
            case None:
                return
            case ended:
                assert_never(ended)

    def _tell_waiting(self, decision: Decision) -> None:
        if decision.waiting != self._waiting and decision.waiting:
            log.info("waiting for " + "; ".join(decision.waiting))
        self._waiting = decision.waiting


def _kind(intent: Intent) -> str:
    """One of few words for what an intent does."""
    return type(intent.action if isinstance(intent, Send) else intent).__name__


def _tell(record: Record) -> None:
    """Log what moves every node on."""
    match record:
        case PhaseStarted():
            log.info("the next phase has begun", round=record.round, phase=record.phase.name)
        case BlockAppended():
            log.info(
                "block appended",
                number=record.number,
                round=record.round,
                hash=record.block_hash.hex()[:12],
                quiet=record.data.quiet,
                voices=record.data.voices,
            )
        case RoundVoided():
            log.warning("round void", round=record.round, reason=record.reason.name)
        case _:
            return
