"""Scores: the baseline and every revealed model on the round's test set, exactly, for all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from offchain.errors import ModelError, StoreError, StoreUnreachableError
from offchain.node.background import Background, Cancelled
from offchain.node.computations import ComputationEnded, Evaluation, EvaluationEnded
from offchain.node.journal import Journal
from offchain.node.payloads import PayloadNotOpen, Payloads
from offchain.ports import ContentStore, Learner
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules.dataset import DataSet, assemble
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Scores
from offchain.storage.opened import OWN_TROUBLE, score_model

log = structlog.get_logger()

_RETRY_SECONDS = 1.0
_REMEMBERED_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class RoundData:
    """A round's data set D with its Merkle root."""

    data_set: DataSet
    root: bytes

    @property
    def round(self) -> int:
        """The round."""
        return self.data_set.round


class Attesting:
    """Evaluates models on data sets and puts the table of scores together.

    Args:
        payloads: the round's data.
        store: where models are.
        learner: evaluates them.
        journal: remembers scores.
        background: runs the evaluation.
        clock: seconds.
    """

    def __init__(
        self,
        payloads: Payloads,
        store: ContentStore,
        learner: Learner,
        journal: Journal,
        background: Background[ComputationEnded],
        clock: Callable[[], float],
    ) -> None:
        self._payloads = payloads
        self._store = store
        self._learner = learner
        self._journal = journal
        self._background = background
        self._clock = clock
        self._is_running = False
        self._failed_until = 0.0
        self._asked: dict[bytes, tuple[float, bool | None]] = {}
        self._fetched: set[bytes] = set()
        self._known: dict[int, RoundData] = {}
        self._history: History | None = None
        self._scores: dict[tuple[bytes, bytes], int] = {}

    @property
    def is_evaluating(self) -> bool:
        """Whether an evaluation runs, or a failed one rests before the next."""
        return self._is_running or self._clock() < self._failed_until

    # ---- the data set ------------------------------------------------------------------------

    def data_of(self, history: History, round_number: int) -> RoundData | None:
        """D of a round whose Unseal is over; None while payloads of it are missing here."""
        if history is not self._history:
            # The chain was read anew: rounds may have other data.
            self._history, self._known = history, {}
        known = self._known.get(round_number)
        if known is not None:
            return known
        candidates = history.candidates(round_number)
        self._payloads.open_some(candidates, len(candidates))
        try:
            data_set = assemble(round_number, candidates, self._payloads.samples)
        except PayloadNotOpen:
            return None
        if len(self._known) >= _REMEMBERED_ROUNDS:
            del self._known[min(self._known)]
        known = RoundData(data_set, data_set.root(history.model_chain))
        self._known[round_number] = known
        return known

    # ---- models ------------------------------------------------------------------------------

    def missing_models(self, entry: RoundHistory) -> tuple[int, ...]:
        """Reveal indices of models that cannot be fetched now."""
        return tuple(
            reveal.index
            for reveal in entry.reveals
            if self._is_available(reveal.transaction.model_hash) is False
        )

    def score(self, data: RoundData, model_hash: bytes) -> int | None:
        """A model's score on a data set, None if it is not evaluated yet.

        Where there is no model (the baseline before the first block) the score is 0.
        """
        if model_hash == ZERO_HASH:
            return 0
        known = self._scores.get((data.root, model_hash))
        return self._journal.score(data.root, model_hash) if known is None else known

    def unevaluated(
        self, history: History, data: RoundData, own_model: bytes | None
    ) -> tuple[bytes, ...]:
        """Hashes of the models that matter, can be fetched and have no score yet."""
        entry = history.round(data.round)
        wanted = [baseline_model(history, data.round)]
        missing = entry.missing_models
        wanted += [
            reveal.transaction.model_hash for reveal in entry.reveals if reveal.index not in missing
        ]
        return tuple(
            model
            for model in dict.fromkeys(wanted)
            if self.score(data, model) is None and self._is_available(model)
        ) + self._own_unevaluated(data, wanted, own_model)

    def _own_unevaluated(
        self, data: RoundData, wanted: Sequence[bytes], own_model: bytes | None
    ) -> tuple[bytes, ...]:
        """The own model, which is not in the store before its reveal."""
        if own_model is None or own_model in wanted or self.score(data, own_model) is not None:
            return ()
        return (own_model,)

    def start(self, data: RoundData, models: Sequence[bytes], own: Mapping[bytes, bytes]) -> None:
        """Evaluate models; nothing happens while something else is computed.

        Args:
            data: the data set.
            models: hashes of the models.
            own: files by hash of models that are in hand and need not be fetched.
        """
        if self._background.name is not None or not models:
            return
        evaluation = Evaluation(data.root, tuple(models))
        test = data.data_set.test

        def evaluate() -> Mapping[bytes, int]:
            samples = [self._payloads.plaintext(item) for item in test]
            scores: dict[bytes, int] = {}
            for model in evaluation.models:
                try:
                    scores[model] = self._evaluate(model, own.get(model), samples)
                except OWN_TROUBLE as error:
                    # It is tried again, and keeps no other model from its score.
                    log.warning(
                        "a model is gone or cannot be judged now",
                        model=model.hex()[:12],
                        reason=str(error) or type(error).__name__,
                    )
            return scores

        self._is_running = True
        log.info("evaluating", round=data.round, models=len(models), test_items=len(test))
        self._background.start(
            f"evaluation of round {data.round}", evaluate, partial(EvaluationEnded, evaluation)
        )

    def finish(self, ended: EvaluationEnded) -> None:
        """Take what the evaluation that was started came to."""
        self._is_running = False
        evaluation, scores = ended.evaluation, ended.came_to
        if isinstance(scores, Exception):
            if not isinstance(scores, Cancelled):
                self._failed_until = self._clock() + _RETRY_SECONDS
                log.warning("the evaluation failed, trying again", reason=str(scores))
            return
        gone = set(evaluation.models) - scores.keys()
        if gone:
            self._fetched -= gone
            self._failed_until = self._clock() + _RETRY_SECONDS
        for model, score in scores.items():
            self._scores[evaluation.data_root, model] = score
            self._journal.keep_score(evaluation.data_root, model, score)
            log.info("evaluated", model=model.hex()[:12], score=score)

    def _evaluate(self, model_hash: bytes, held: bytes | None, samples: Sequence[bytes]) -> int:
        """A model's score; 0 if it is malformed. `OWN_TROUBLE` if it cannot be had or judged."""
        self._background.step()
        model = self._store.get(model_hash) if held is None else held
        try:
            return score_model(model, model_hash, samples, self._learner)
        except ModelError as error:
            log.info("a model is malformed", model=model_hash.hex()[:12], reason=str(error))
            return 0

    def _is_available(self, model_hash: bytes) -> bool | None:
        """Whether a model's bytes can be fetched, asked again every second where they cannot.

        A file of the right name that is damaged, cut or too large is not the model. None while the
        node's own store does not answer, which says nothing about the model.
        """
        if model_hash in self._fetched:
            return True
        found: bool | None
        if model_hash in self._asked:
            asked, found = self._asked[model_hash]
            if self._clock() - asked < _RETRY_SECONDS:
                return found
        try:
            self._store.get(model_hash)
            found = True
        except StoreUnreachableError as error:
            log.warning("the store cannot be used, trying again", reason=str(error))
            found = None
        except StoreError:
            found = False
        if found:
            self._fetched.add(model_hash)
            self._asked.pop(model_hash, None)
        else:
            self._asked[model_hash] = (self._clock(), found)
        return found

    # ---- the table ---------------------------------------------------------------------------

    def table(self, history: History, data: RoundData) -> Scores | None:
        """The table that an attestation states, None while a score is missing.

        Final once the phase in which models are reported missing is over.
        """
        entry = history.round(data.round)
        baseline = self.score(data, baseline_model(history, data.round))
        missing = entry.missing_models
        scores = [
            0 if reveal.index in missing else self.score(data, reveal.transaction.model_hash)
            for reveal in entry.reveals
        ]
        known = tuple(score for score in scores if score is not None)
        if baseline is None or len(known) != len(scores):
            return None
        return Scores(
            data_root=data.root,
            training_items=data.data_set.training_items,
            test_items=data.data_set.test_items,
            test_samples=data.data_set.test_samples,
            baseline=baseline,
            scores=known,
        )


def baseline_model(history: History, round_number: int) -> bytes:
    """Hash of the best model of the last block before a round, zeros if there is none."""
    for number in range(round_number - 1, 0, -1):
        appended = history.round(number).appended
        if appended is not None:
            return appended.model_hash
    return ZERO_HASH
