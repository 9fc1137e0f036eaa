"""Full verification of a recording: replay, ring signatures, data sets, statements, state."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from offchain.chain.deployment.file import Deployment
from offchain.verification.full.cases import RingCheck
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.final_state import compare_state
from offchain.verification.full.replay import Replay
from offchain.verification.full.rounds import JudgedRounds, RoundJudge
from offchain.verification.full.workers import check_rings, workers
from offchain.verification.recording.differences import (
    Difference,
    Progress,
    RingDifference,
    no_progress,
)
from offchain.verification.recording.values import Recording

RINGS_AT_ONCE = 8
"""Signatures in one task: some tens of milliseconds of work for rings of 32."""


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What was verified, all of it found to be right.

    Attributes:
        last_block: EVM block that it goes up to.
        transactions: replayed in this run.
        headers: Bitcoin headers checked in this run.
        rings: ring signatures checked in this run.
        evaluations: models evaluated in this run, baselines included.
        false_evaluations: of those, models whose own count of their points was another.
        true_fallen: true statements that fell in these rounds, since nobody answered for them.
        rounds: rounds that were judged in this run: a statement stood or fell in them.
        head: number of the model chain's last block.
        head_hash: its hash.
        data: data transactions so far.
        total_supply: tokens so far.
    """

    last_block: int
    transactions: int
    headers: int
    rings: int
    evaluations: int
    false_evaluations: int
    true_fallen: int
    rounds: int
    head: int
    head_hash: bytes
    data: int
    total_supply: int


def verify(
    replay: Replay,
    recording: Recording,
    content: ContentSetup,
    *,
    processes: int = 1,
    progress: Progress = no_progress,
) -> VerificationReport:
    """Compute everything that a recording says again.

    Args:
        replay: new, or where the verification of the recording's past ended; it is left at the
            recording's end.
        recording: what the chain says.
        content: how to get at payloads and models.
        processes: for ring signatures, data and models.
        progress: is told how far it is.

    Raises:
        Difference: the first one, in the order of the chain.
    """
    with workers(processes, content) as executor:
        return _Verification(replay, recording, executor, progress).run()


class _Verification:
    def __init__(
        self, replay: Replay, recording: Recording, executor: Executor, progress: Progress
    ) -> None:
        self._replay = replay
        self._recording = recording
        self._executor = executor
        self._progress = progress
        self._deployment: Deployment = replay.deployment
        self._judge = RoundJudge(executor, self._deployment.domain(), self._deployment.parameters)
        self._rings: list[tuple[list[RingCheck], Future[tuple[int, str, str] | None]]] = []
        self._found: list[Difference] = []

    def run(self) -> VerificationReport:
        headers = self._replay.headers
        self._replay_all()
        rings = self._check_rings()
        judged = self._judge_rounds()
        if not self._found:
            self._guard(
                lambda: compare_state(
                    self._replay, self._recording.state, self._recording.last_block
                )
            )
        if self._found:
            raise min(self._found, key=lambda difference: difference.place)
        state = self._recording.state
        return VerificationReport(
            last_block=self._recording.last_block,
            transactions=len(self._recording.transactions),
            headers=self._replay.headers - headers,
            rings=rings,
            evaluations=judged.evaluations,
            false_evaluations=judged.false_evaluations,
            true_fallen=judged.true_fallen,
            rounds=judged.rounds,
            head=state.head.number,
            head_hash=state.head.hash,
            data=sum(entry.collected.shared for entry in state.rounds),
            total_supply=state.total_supply,
        )

    def _guard(self, check: Callable[[], None]) -> None:
        """Remember a difference: one that is found later may stand earlier in the chain."""
        try:
            check()
        except Difference as difference:
            self._found.append(difference)

    def _replay_all(self) -> None:
        transactions = self._recording.transactions
        self._replay.cases.clear()
        waiting: list[RingCheck] = []
        begun = 0

        def replay() -> None:
            nonlocal waiting, begun
            for index, transaction in enumerate(transactions, start=1):
                self._replay.apply(transaction)
                waiting += self._replay.take_ring_checks()
                if len(waiting) >= RINGS_AT_ONCE:
                    self._submit_rings(waiting)
                    waiting = []
                for case in self._replay.cases[begun:]:
                    self._judge.begin(case)
                    begun += 1
                self._progress("transactions", index, len(transactions))

        self._guard(replay)
        waiting += self._replay.take_ring_checks()
        self._submit_rings(waiting)

    def _submit_rings(self, checks: list[RingCheck]) -> None:
        if checks:
            future = self._executor.submit(check_rings, self._deployment.domain(), checks)
            self._rings.append((checks, future))

    def _check_rings(self) -> int:
        total, done = sum(len(checks) for checks, _ in self._rings), 0
        for checks, future in self._rings:
            failed = future.result()
            if failed is not None:
                index, reason, explanation = failed
                self._found.append(RingDifference(checks[index].place, reason, explanation))
                break
            done += len(checks)
            self._progress("ring signatures", done, total)
        return done

    def _judge_rounds(self) -> JudgedRounds:
        judged = JudgedRounds(0, 0, 0, 0)

        def judge() -> None:
            nonlocal judged
            judged = self._judge.finish(lambda done, total: self._progress("rounds", done, total))

        self._guard(judge)
        return judged
