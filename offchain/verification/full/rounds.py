"""Data sets and scores of the rounds on which a majority agreed, computed again to the bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.protocol.rules.dataset import DataItem, DataSet
from offchain.protocol.words.transactions import Scores
from offchain.verification.full.content import ContentUnavailable
from offchain.verification.full.replay import RoundCase
from offchain.verification.full.workers import count_samples, score_model
from offchain.verification.recording.differences import (
    ContentDifference,
    RecordPlace,
    ScoreDifference,
    first_unequal,
)

ITEMS_AT_ONCE = 16
"""Payloads of at most 1 MiB that one task opens."""


@dataclass(slots=True)
class _Running:
    """A round whose payloads are being opened, then its models scored."""

    case: RoundCase
    counts: list[Future[list[int | None]]]
    data_set: DataSet | None = None
    baseline: Future[int] | None = None
    scores: tuple[Future[int] | None, ...] = ()


class RoundJudge:
    """Judges rounds in an executor: `begin` starts one, `finish` waits for all and compares.

    Args:
        executor: runs the tasks.
        model_chain: ModelChain's domain.
    """

    def __init__(self, executor: Executor, model_chain: Domain) -> None:
        self._executor = executor
        self._model_chain = model_chain
        self._running: list[_Running] = []

    def begin(self, case: RoundCase) -> None:
        """Start to open a round's payloads."""
        parts = _parts(case.candidates, ITEMS_AT_ONCE)
        counts = [self._executor.submit(count_samples, part) for part in parts]
        self._running.append(_Running(case, counts))

    def finish(
        self, tables: dict[int, tuple[RecordPlace, Scores]], judged: Callable[[int, int], None]
    ) -> int:
        """Compare every round that was begun with what its majority stated, in order.

        Args:
            tables: the tables that finalizations brought, by round, and where.
            judged: is told how many evaluations are done, of how many.

        Returns:
            How many evaluations there were.

        Raises:
            ScoreDifference: the first data set or score that differs.
            ContentDifference: the first file that cannot be had.
        """
        # All models of all rounds are under way before the first is waited for.
        for running in self._running:
            try:
                self._evaluate(running)
            except ContentUnavailable:
                # Raised again in its turn: an earlier round may differ first.
                break
        total = sum(len(_futures(running)) for running in self._running)
        done = 0
        for running in self._running:
            place, table = tables.get(running.case.round, (running.case.place, None))
            try:
                if running.data_set is None:
                    self._evaluate(running)
                scores = self._scores(running)
            except ContentUnavailable as error:
                raise ContentDifference(place, error.file, error.digest, error.reason) from error
            self._compare(running.case, place, table, scores)
            done += len(_futures(running))
            judged(done, total)
        self._running.clear()
        return done

    def _evaluate(self, running: _Running) -> None:
        case = running.case
        samples = [count for part in running.counts for count in part.result()]
        kept = [
            (item, count)
            for item, count in zip(case.candidates, samples, strict=True)
            if count is not None
        ]
        running.data_set = DataSet(
            case.round, tuple(item for item, _ in kept), tuple(count for _, count in kept)
        )
        test = running.data_set.test
        if case.baseline is not None:
            running.baseline = self._executor.submit(score_model, case.baseline, test)
        running.scores = tuple(
            None if model is None else self._executor.submit(score_model, model, test)
            for model in case.models
        )

    def _scores(self, running: _Running) -> Scores:
        data_set = running.data_set
        assert data_set is not None  # noqa: S101 - made by `_evaluate`
        return Scores(
            data_root=data_set.root(self._model_chain),
            training_items=data_set.training_items,
            test_items=data_set.test_items,
            test_samples=data_set.test_samples,
            baseline=0 if running.baseline is None else running.baseline.result(),
            scores=tuple(0 if score is None else score.result() for score in running.scores),
        )

    def _compare(
        self, case: RoundCase, place: RecordPlace, table: Scores | None, computed: Scores
    ) -> None:
        if table is not None:
            unequal = first_unequal(computed, table)
            if unequal is not None:
                what, expected, actual = unequal
                raise ScoreDifference(place, f"round {case.round}: {what}", expected, actual)
        statement = computed.statement(self._model_chain, case.round)
        if statement != case.majority:
            what = f"round {case.round}: the majority's statement"
            raise ScoreDifference(case.place, what, statement, case.majority)


def _futures(running: _Running) -> list[Future[int]]:
    models = [score for score in running.scores if score is not None]
    return models if running.baseline is None else [running.baseline, *models]


def _parts(items: Sequence[DataItem], size: int) -> list[Sequence[DataItem]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
