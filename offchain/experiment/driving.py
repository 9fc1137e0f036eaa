"""Steps a network from block to block: every node in turn, each computation alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from offchain.errors import ChainError, ModelChainError
from offchain.experiment.nodes import LocalNetwork
from offchain.experiment.reporting.block_figures import BlockFigures
from offchain.experiment.stopwatch import Stopwatch
from offchain.ports import TrainingProgress

log = structlog.get_logger()

STALLED_SECONDS = 180.0
"""So long nothing may happen; a computation, however long it takes, is something."""

MAXIMUM_VOIDS = 5
"""Void rounds after which something is wrong."""

MAXIMUM_FAILURES = 3
"""Trainings and judgings of a node that may fail in one start of the program, on average."""

ATTEMPTS = 10
"""Errors of the chain in a row after which something is wrong."""

_IDLE_SECONDS = 0.02
_LOOK_SECONDS = 0.5
_CANCEL_SECONDS = 60.0


class Interrupted(ModelChainError):
    """The experiment was told to stop."""

    exit_code = 130


class ExperimentStalledError(ModelChainError):
    """The network makes no block."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is being done, for people: the round, its part, and the node whose turn it is."""

    round: int
    stage: str
    node: int
    computing: bool


class Driver:
    """Steps the parts of a network.

    Args:
        network: stands still but for this.
        stopwatch: takes the times.
        stopped: tells to stop.
        report: is told whose turn it is.
    """

    def __init__(
        self,
        network: LocalNetwork,
        stopwatch: Stopwatch,
        stopped: threading.Event,
        report: Callable[[Turn], None],
    ) -> None:
        self._network = network
        self._stopwatch = stopwatch
        self._stopped = stopped
        self._report = report
        self._errors = 0

    def run_until_block(self, number: int) -> None:
        """Step until the chain has block ``number``, and not one step further.

        Raises:
            Interrupted: told to stop.
            ExperimentStalledError: nothing happens any more, or too many rounds were void.
            ChainError: the chain fails again and again.
        """
        last_change, seen = time.monotonic(), -1
        while True:
            moved = self._sweep(number)
            observer = self._network.observer
            if observer.blocks >= number:
                return
            if observer.voids > MAXIMUM_VOIDS:
                raise ExperimentStalledError(
                    f"{observer.voids} rounds were void before block {number}, the last one by "
                    f"{observer.last_void}: the nodes' log has the reason"
                )
            failures = self._stopwatch.failures
            if len(failures) > MAXIMUM_FAILURES * len(self._network.workers):
                raise ExperimentStalledError(
                    f"{len(failures)} computations have failed, at last the {failures[-1]}"
                )
            if moved or observer.evm_block != seen:
                last_change, seen = time.monotonic(), observer.evm_block
            elif time.monotonic() - last_change > STALLED_SECONDS:
                raise ExperimentStalledError(f"nothing happens any more: {self._waiting()}")
            else:
                self._stopped.wait(_IDLE_SECONDS)

    def _sweep(self, number: int) -> bool:
        """Everybody once; ends early with block ``number``. Returns whether anything was done."""
        moved = False
        for node in range(len(self._network.workers)):
            moved |= self._timed(partial(self._turn, node), node)
            if self._network.observer.blocks >= number:
                return True
        return self._timed(self._network.feeder.step, -1) or moved

    def _timed(self, do: Callable[[], bool], node: int) -> bool:
        """Do one thing under the clock of the present round and stage."""
        if self._stopped.is_set():
            raise Interrupted("stopped; start it again to go on from the last block")
        watch = self._stopwatch
        watch.round, watch.stage = self._network.observer.where()
        self._report(Turn(watch.round, watch.stage, node, computing=False))
        with watch.passing():
            try:
                moved = do()
                self._network.observer.refresh()
                self._errors = 0
            except ChainError as error:
                self._errors += 1
                if self._errors >= ATTEMPTS:
                    raise
                log.warning("the chain cannot be used, trying again", reason=str(error))
                self._stopped.wait(_LOOK_SECONDS)
                return False
        return moved

    def _turn(self, node: int) -> bool:
        """One step of a node; then what it computes, alone; then what it handed to the relayer."""
        worker, relayer = self._network.workers[node], self._network.relayer
        structlog.contextvars.bind_contextvars(node=node)
        try:
            with self._stopwatch.gate:
                moved = worker.step(self._stopped)
                while relayer.work():
                    moved = True
            if worker.is_computing:
                moved = True
                self._wait(node)
        finally:
            structlog.contextvars.unbind_contextvars("node")
        return moved

    def _wait(self, node: int) -> None:
        """Let a node's computation have the machine until it ends."""
        watch = self._stopwatch
        self._report(Turn(watch.round, watch.stage, node, computing=True))
        worker = self._network.workers[node]
        while not worker.wait_for_computation(_LOOK_SECONDS):
            if self._stopped.is_set():
                # A thread that computes while the process ends would take it down with a fault.
                worker.cancel_computation(_CANCEL_SECONDS)
                raise Interrupted("stopped; start it again to go on from the last block")

    def _waiting(self) -> str:
        reasons = [
            f"node {node} waits for {', '.join(worker.waiting) or 'nothing'}"
            for node, worker in enumerate(self._network.workers)
        ]
        return "; ".join(reasons)


@dataclass(frozen=True, slots=True)
class Display:
    """Who is told how it goes: turns, trainings, blocks, words, verification."""

    turn: Callable[[str, Turn], None]
    training: Callable[[int, TrainingProgress], None]
    block: Callable[[str, BlockFigures], None]
    say: Callable[[str], None]
    verifying: Callable[[str, int, int], None]
