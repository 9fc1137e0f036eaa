"""Rounds in which something goes wrong, watched to their end, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from offchain.errors import ChainError
from offchain.node.demo.watching import Stage, Watcher
from offchain.protocol.words.status import Phase
from scripts.support.faults.network import FaultNetwork

STAGES = (
    "COLLECT",
    *(phase.name for phase in Phase if phase.competes),
)
"""The parts of a round in their order; some are skipped where there is nothing to do."""

POLL_SECONDS = 0.1
ROUND_SECONDS = 1_200.0
"""After so long a round that is not over has failed."""

BLOCK, VOID, SENTENCE, FAILED = "block", "void", "ended with one sentence", "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a round with a fault.

    Attributes:
        fault: its name.
        what: was done, in words.
        outcome: ``block``, ``void``, ``ended with one sentence`` or ``failed``.
        seconds: from the fault to the round's end, or to the program's.
        said: the reason of a void round, or what the program said.
        good: whether it is what ought to be.
    """

    fault: str
    what: str
    outcome: str
    seconds: float
    said: str
    good: bool

    def as_json(self) -> dict[str, object]:
        """It as it goes into the results."""
        return {
            "fault": self.fault,
            "what": self.what,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 1),
            "said": self.said,
            "good": self.good,
        }


class RoundNotOver(Exception):
    """What was waited for did not come in time."""


class Session:
    """Plays faults on a network, one round after the other.

    Args:
        network: that runs.
        tell: told each verdict as it is known.
    """

    def __init__(self, network: FaultNetwork, tell: Callable[[Verdict], None]) -> None:
        self.network = network
        self.watcher = Watcher(network.demo, time.monotonic)
        self.verdicts: list[Verdict] = []
        self._tell = tell

    @property
    def over(self) -> int:
        """Rounds that have made their block or are void."""
        return self.watcher.blocks + len(self.watcher.voids)

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = ROUND_SECONDS) -> float:
        """Watch until something holds; returns how long it took.

        Raises:
            RoundNotOver: it does not in time, or a process has ended; says which and why.
        """
        began = time.monotonic()
        while True:
            self.watcher.refresh()
            if holds():
                return time.monotonic() - began
            ended = self.network.ended()
            if ended:
                told = [(name, *self.network.take_ended(name)) for name in ended]
                raise RoundNotOver(
                    "; ".join(f"{name} ended with {status}: {line}" for name, status, line in told)
                )
            if time.monotonic() - began > seconds:
                raise RoundNotOver(f"{what}: not after {seconds:.0f} s, at {self.watcher.stage}")
            time.sleep(POLL_SECONDS)

    def reach(self, round_number: int, stage: str) -> None:
        """Wait until a round is in a stage, or past it; raises as `wait`."""
        wanted = (round_number, STAGES.index(stage))
        self.wait(f"round {round_number} {stage}", lambda: _place(self.watcher.stage) >= wanted)

    def play(
        self,
        fault: str,
        what: str,
        begin: Callable[[], None],
        end: Callable[[], None] = lambda: None,
        *,
        stage: str = "COLLECT",
        holds_seconds: float | None = None,
        may_be_void: bool = False,
    ) -> Verdict:
        """Let a fault begin in a stage of the next round, and watch that round to its end.

        Args:
            fault: its name.
            what: is done, in words.
            begin: makes the fault.
            end: mends it: when the round is over, or after ``holds_seconds``.
            stage: when it begins.
            holds_seconds: how long it holds; None: to the round's end.
            may_be_void: whether a void round is what ought to be.
        """
        number = self.over + 1
        began = time.monotonic()
        is_mended = False
        try:
            self.reach(number, stage)
            began = time.monotonic()
            begin()
            if holds_seconds is not None:
                time.sleep(holds_seconds)
                end()
                is_mended = True
            self.wait(f"round {number}", lambda: self.over >= number)
            outcome, said = self._outcome(number)
            good = outcome == BLOCK or may_be_void
        except (RoundNotOver, ChainError) as error:
            outcome, said, good = FAILED, str(error), False
        seconds = time.monotonic() - began
        if not is_mended:
            end()
        self._mend()
        return self.note(Verdict(fault, what, outcome, seconds, said, good))

    def note(self, verdict: Verdict) -> Verdict:
        """Take a verdict down; where the network's files lay says nothing."""
        said = verdict.said.replace(str(self.network.plan.folder), "FOLDER")
        verdict = replace(verdict, said=said)
        self.verdicts.append(verdict)
        self._tell(verdict)
        return verdict

    def first_round(self) -> None:
        """Wait until the first round is over: the network works.

        Raises:
            RoundNotOver: it does not.
        """
        self.wait("the first round", lambda: self.over >= 1)

    def _outcome(self, number: int) -> tuple[str, str]:
        void = dict(self.watcher.voids).get(number)
        return (BLOCK, "") if void is None else (VOID, void.name)

    def _mend(self) -> None:
        """Start again whoever has ended, for the rounds to come."""
        for name in self.network.programs:
            if name in self.network.ended():
                self.network.take_ended(name)
            if name not in self.network.running and name not in self.network.absent:
                self.network.start(name)


def _place(stage: Stage | None) -> tuple[int, int]:
    return (0, 0) if stage is None else (stage.round, STAGES.index(stage.name))
