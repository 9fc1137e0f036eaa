"""Where the time of a round goes: each node's training and judging, and everything else.

All nodes of an experiment share one process and take turns, so that what is measured is work that
had the whole machine. `Gate` sees to it: while a node computes nothing else runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Work(StrEnum):
    """What a node computes."""

    TRAINING = "training"
    JUDGING = "judging"


@dataclass(frozen=True, slots=True)
class Computation:
    """One training or the judging of one model: which node, in which round and stage, how long."""

    work: Work
    node: int
    round: int
    stage: str
    seconds: float


@dataclass(slots=True)
class Stopwatch:
    """Takes the times; the loop says in which round and stage they are.

    Attributes:
        clock: seconds.
        round: the round of what is done now.
        stage: its part, as `stage_of` names it.
        computations: everything computed so far.
        stages: seconds of the whole process by round and stage, computations included.
        failures: computations that ended with an error, in words.
    """

    clock: Callable[[], float]
    round: int = 0
    stage: str = ""
    computations: list[Computation] = field(default_factory=list)
    stages: dict[tuple[int, str], float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    gate: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def computing(self, work: Work, node: int) -> Iterator[None]:
        """Compute alone, and take the time; what fails is noted as a failure and goes through."""
        with self.gate:
            round_number, stage = self.round, self.stage
            started = self.clock()
            try:
                yield
            except Exception as error:
                self.failures.append(f"{work} of node {node} in round {round_number}: {error}")
                raise
            seconds = self.clock() - started
            self.computations.append(Computation(work, node, round_number, stage, seconds))

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Add what passes inside to the round and stage at its beginning."""
        key = (self.round, self.stage)
        started = self.clock()
        yield
        self.stages[key] = self.stages.get(key, 0.0) + self.clock() - started

    def of(self, round_number: int, work: Work) -> list[Computation]:
        """The computations of one kind in a round."""
        return [
            entry
            for entry in self.computations
            if entry.round == round_number and entry.work is work
        ]

    def stage_seconds(self, round_number: int) -> dict[str, float]:
        """Seconds of a round by stage."""
        return {
            stage: seconds
            for (number, stage), seconds in self.stages.items()
            if number == round_number
        }
