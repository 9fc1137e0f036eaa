"""Data sets and statements of the rounds that are over, computed again to the bit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import numpy as np

from offchain.crypto.hashing import Domain
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.transactions import Row
from offchain.verification.full.cases import RoundCase
from offchain.verification.full.content import ContentUnavailable
from offchain.verification.full.table import Judge, Points
from offchain.verification.full.workers import data_fault, model_points
from offchain.verification.recording.differences import (
    ContentDifference,
    DataDifference,
    ScoreDifference,
    first_unequal,
)


@dataclass(slots=True)
class _Running:
    """A round whose data is being opened and whose models are being evaluated."""

    case: RoundCase
    faults: list[Future[str | None]]
    points: dict[bytes, Future[bytes | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What comparing a round found that is no difference."""

    false_evaluations: int
    true_fallen: int


@dataclass(frozen=True, slots=True)
class JudgedRounds:
    """How much was judged.

    Attributes:
        rounds: in which a statement stood or fell.
        evaluations: models evaluated, baselines included.
        false_evaluations: models whose own count of their points was another; it decides nothing.
        true_fallen: true statements that fell, since nobody answered for them.
    """

    rounds: int
    evaluations: int
    false_evaluations: int
    true_fallen: int


class RoundJudge:
    """Judges rounds in an executor: `begin` starts one, `finish` waits for all and compares.

    Args:
        executor: runs the tasks.
        domain: the deployment's.
        parameters: the protocol's.
    """

    def __init__(self, executor: Executor, domain: Domain, parameters: Parameters) -> None:
        self._executor = executor
        self._domain = domain
        self._parameters = parameters
        self._running: list[_Running] = []

    def begin(self, case: RoundCase) -> None:
        """Start to open a round's data."""
        faults = [self._executor.submit(data_fault, data) for data in case.data]
        self._running.append(_Running(case, faults))

    def finish(self, judged: Callable[[int, int], None]) -> JudgedRounds:
        """Compare every round that was begun with what stood and fell in it, in order.

        Args:
            judged: is told how many rounds are done, of how many.

        Raises:
            DataDifference: the first data transaction of a data set that cannot be used.
            ScoreDifference: the first row that differs.
            ContentDifference: the first file that cannot be had.
        """
        # All models of all rounds are under way before the first is waited for.
        for running in self._running:
            self._evaluate(running)
        false, fallen, evaluations, total = 0, 0, 0, len(self._running)
        for done, running in enumerate(self._running, start=1):
            try:
                self._require_usable(running)
                compared = self._compare(running)
            except ContentUnavailable as error:
                place = running.case.place
                raise ContentDifference(place, error.file, error.digest, error.reason) from error
            false += compared.false_evaluations
            fallen += compared.true_fallen
            evaluations += len(running.points)
            judged(done, total)
        self._running.clear()
        return JudgedRounds(total, evaluations, false, fallen)

    def _evaluate(self, running: _Running) -> None:
        case = running.case
        hashes = [model.model_hash for model in case.models if model is not None]
        if case.baseline is not None:
            hashes.append(case.baseline)
        for model_hash in hashes:
            if model_hash not in running.points:
                brought = case.files.get(model_hash)
                running.points[model_hash] = self._executor.submit(
                    model_points, model_hash, brought, case.data
                )

    def _require_usable(self, running: _Running) -> None:
        for data, future in zip(running.case.data, running.faults, strict=True):
            fault = future.result()
            if fault is not None:
                raise DataDifference(running.case.data_place, data.index, fault)

    def _compare(self, running: _Running) -> _Compared:
        """Compare all rows of what stands."""
        case = running.case
        models = [
            None if model is None else self._points(running, model.model_hash)
            for model in case.models
        ]
        baseline = None if case.baseline is None else self._points(running, case.baseline)
        if case.baseline is not None and baseline is None:
            # Only false statements that nobody disputed make a malformed model the best.
            baseline = np.zeros(self._shape(case), np.uint8)
        judge = Judge(self._domain, self._parameters, case.round, case.trim, case.commitments)
        orders = [0 if model is None else model.order for model in case.models]
        computed = judge.rows(baseline, models, orders)
        if case.rows is not None:
            self._require_rows(case, case.rows, computed)
        return _Compared(
            false_evaluations=sum(
                points is not None and model is not None and model.evaluation != int(points.sum())
                for model, points in zip(case.models, models, strict=True)
            ),
            true_fallen=case.fallen.count(computed),
        )

    def _require_rows(
        self, case: RoundCase, stated: tuple[Row, ...], computed: tuple[Row, ...]
    ) -> None:
        for index, (expected, actual) in enumerate(zip(computed, stated, strict=True)):
            unequal = first_unequal(expected, actual)
            if unequal is not None:
                path, wanted, found = unequal
                what = f"round {case.round}: rows[{index}].{path}"
                raise ScoreDifference(case.place, what, wanted, found)

    def _points(self, running: _Running, model_hash: bytes) -> Points | None:
        earned = running.points[model_hash].result()
        if earned is None:
            return None
        return np.frombuffer(earned, np.uint8).reshape(self._shape(running.case))

    def _shape(self, case: RoundCase) -> tuple[int, int]:
        """Data transactions of D, and test samples of each."""
        p = self._parameters
        return len(case.data), p.test_parts * p.samples_per_part
