"""Statements: the baseline and every revealed model on the round's test parts, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import structlog

from offchain.errors import ModelError, StoreError, StoreUnreachableError
from offchain.node.background import Background, Cancelled
from offchain.node.computations import ComputationEnded, Evaluation, EvaluationEnded
from offchain.node.journal import Journal
from offchain.node.payloads import DataState, Payloads
from offchain.node.round_data import RoundData
from offchain.ports import ContentStore, Learner
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules import judging, reports, statements
from offchain.protocol.rules.statements import Points
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row
from offchain.storage.fetching import ContentPendingError
from offchain.storage.files import fetch_file
from offchain.storage.opened import OWN_TROUBLE, model_points
from offchain.storage.unixfs import MAXIMUM_FILE, parse_root

log = structlog.get_logger()

_REMEMBERED = 1_024
"""Models of which it is remembered whether they can be had: those of more than four rounds."""

RETRY_SECONDS = 1.0
"""What cannot be had or computed rests so long before it is tried again."""

MALFORMED: Points = np.zeros(0, np.uint8)
"""Stands for the points of a malformed model: it has none."""


class Attesting:
    """Evaluates models on data sets and puts the statements' rows together.

    Args:
        parameters: the deployment's.
        payloads: the round's data.
        store: where models are.
        learner: evaluates them.
        journal: remembers points.
        background: runs the evaluation.
        clock: seconds.
    """

    def __init__(
        self,
        parameters: Parameters,
        payloads: Payloads,
        store: ContentStore,
        learner: Learner,
        journal: Journal,
        background: Background[ComputationEnded],
        clock: Callable[[], float],
    ) -> None:
        self._parameters = parameters
        self._payloads = payloads
        self._store = store
        self._learner = learner
        self._journal = journal
        self._background = background
        self._clock = clock
        self._is_running = False
        self._failed_until = 0.0
        self._asked: dict[bytes, float] = {}
        self._fetched: set[bytes] = set()
        self._is_cut_off = False
        self._points: dict[tuple[bytes, bytes], Points] = {}
        self._unknown: set[tuple[bytes, bytes]] = set()
        self._data: tuple[RoundHistory, RoundData] | None = None
        self._table: tuple[History, object, statements.Tabulated] | None = None

    @property
    def is_evaluating(self) -> bool:
        """Whether an evaluation runs, or a failed one rests before the next."""
        return self._is_running or self._clock() < self._failed_until

    @property
    def is_cut_off(self) -> bool:
        """Whether the node's own store does not answer, which says nothing about what it holds."""
        return self._is_cut_off

    def data_of(self, entry: RoundHistory) -> RoundData | None:
        """D of a round; None before it is fixed, and while some of it is not open here."""
        if entry.fixed is None or entry.data_set is None:
            return None
        if self._data is not None and self._data[0] is entry:
            return self._data[1]
        transactions = tuple(entry.data[number] for number in entry.data_set)
        if any(self._payloads.state(data) is not DataState.OPEN for data in transactions):
            return None
        # Nothing of it changes any more; a chain that is read anew has other entries.
        self._data = entry, RoundData(entry.number, entry.fixed.data_root, transactions)
        return self._data[1]

    # ---- models' files -----------------------------------------------------------------------

    def unfetched_models(self, entry: RoundHistory) -> int:
        """Bitmap of the revealed models whose files could not be fetched so far."""
        return reports.bitmap(
            reveal.index
            for reveal in entry.reveals
            if not self._is_available(entry, reveal.transaction.model_hash)
        )

    def file(self, entry: RoundHistory, model_hash: bytes) -> bytes:
        """A model's file: from the calls that brought it, or from the store.

        Raises:
            StoreError: neither has it.
        """
        for reveal in entry.reveals:
            if reveal.transaction.model_hash == model_hash and reveal.index in entry.brought:
                return entry.brought[reveal.index]
        try:
            content = fetch_file(self._store, model_hash, MAXIMUM_FILE)
        except StoreError as error:
            self._is_cut_off = isinstance(error, StoreUnreachableError)
            raise
        self._is_cut_off = False
        return content

    def _is_available(self, entry: RoundHistory, model_hash: bytes) -> bool:
        """Whether a model's bytes can be had, asked again every second where they cannot.

        A file of the right name that is damaged, cut or too large is not the model.
        """
        if model_hash in self._fetched:
            return True
        if len(self._asked) + len(self._fetched) > _REMEMBERED:
            self._asked.clear()
            self._fetched.clear()
        asked = self._asked.get(model_hash)
        if asked is not None and self._clock() - asked < RETRY_SECONDS:
            return False
        try:
            self.file(entry, model_hash)
        except ContentPendingError:
            return False
        except StoreError as error:
            self._asked[model_hash] = self._clock()
            log.debug("a model cannot be fetched", reason=str(error))
            return False
        self._fetched.add(model_hash)
        return True

    # ---- evaluation --------------------------------------------------------------------------

    def points(self, data: RoundData, model_hash: bytes) -> Points | None:
        """A model's points on a data set's test samples; None: it is not evaluated yet.

        `MALFORMED` if it is.
        """
        key = (data.judged_on, model_hash)
        if key in self._unknown:
            return None
        if key not in self._points:
            kept = self._journal.points(*key)
            if kept is None or len(kept) not in (0, self._samples(data)):
                # The journal is asked once: it knows nothing that did not go through here since.
                self._unknown = {known for known in self._unknown if known[0] == key[0]} | {key}
                return None
            self._points[key] = np.frombuffer(kept, np.uint8)
        return self._points[key]

    def evaluation(self, data: RoundData, model_hash: bytes) -> int | None:
        """A model's points on a data set in all; None: it is not evaluated yet."""
        points = self.points(data, model_hash)
        return None if points is None else int(points.sum(dtype=np.int64))

    def unevaluated(
        self, entry: RoundHistory, data: RoundData, baseline: bytes, own_model: bytes | None
    ) -> tuple[bytes, ...]:
        """Hashes of the models that matter, can be had and are not evaluated yet.

        Args:
            entry: the round.
            data: its D.
            baseline: hash of the last best model, zeros if there is none.
            own_model: hash of the one in hand, which is not in the store before its reveal.
        """
        missing = entry.missing or 0
        wanted = [baseline] if baseline != ZERO_HASH else []
        wanted += [
            reveal.transaction.model_hash
            for reveal in entry.reveals
            if not missing >> reveal.index & 1
        ]
        due = [
            model
            for model in dict.fromkeys(wanted)
            if model != own_model
            and self.points(data, model) is None
            and self._is_available(entry, model)
        ]
        if own_model is not None and self.points(data, own_model) is None:
            due.append(own_model)
        return tuple(due)

    def start(
        self,
        entry: RoundHistory,
        data: RoundData,
        models: Sequence[bytes],
        own: Mapping[bytes, bytes],
    ) -> None:
        """Evaluate models; nothing happens while something else is computed.

        Args:
            entry: the round.
            data: its D.
            models: hashes of the models.
            own: files by hash of models that are in hand and need not be fetched.
        """
        if self._background.name is not None or not models:
            return
        evaluation = Evaluation(data.judged_on, tuple(models))

        def evaluate() -> Mapping[bytes, Points]:
            test = [self._payloads.plaintext(*place) for place in data.test_parts]
            found: dict[bytes, Points] = {}
            for model in evaluation.models:
                self._background.step()
                try:
                    file = own.get(model) or self.file(entry, model)
                    found[model] = self._evaluate(file, model, test)
                except OWN_TROUBLE as error:
                    # It is tried again, and keeps no other model from its points.
                    log.warning(
                        "a model is gone or cannot be judged now",
                        model=model.hex()[:12],
                        reason=str(error) or type(error).__name__,
                    )
            return found

        self._is_running = True
        log.info(
            "evaluating", round=data.round, models=len(models), test_samples=self._samples(data)
        )
        self._background.start(
            f"evaluation of round {data.round}", evaluate, partial(EvaluationEnded, evaluation)
        )

    def finish(self, ended: EvaluationEnded) -> None:
        """Take what the evaluation that was started came to."""
        self._is_running = False
        evaluation, found = ended.evaluation, ended.came_to
        if isinstance(found, Exception):
            if not isinstance(found, Cancelled):
                self._failed_until = self._clock() + RETRY_SECONDS
                log.warning("the evaluation failed, trying again", reason=str(found))
            return
        gone = set(evaluation.models) - found.keys()
        if gone:
            self._fetched -= gone
            self._failed_until = self._clock() + RETRY_SECONDS
        self._points = {
            key: points for key, points in self._points.items() if key[0] == evaluation.judged_on
        }
        for model, points in found.items():
            self._points[evaluation.judged_on, model] = points
            self._unknown.discard((evaluation.judged_on, model))
            self._journal.keep_points(evaluation.judged_on, model, points.tobytes())
            log.info("evaluated", model=model.hex()[:12], points=int(points.sum(dtype=np.int64)))

    def _evaluate(self, model: bytes, digest: bytes, test: Sequence[bytes]) -> Points:
        """A model's points. `OWN_TROUBLE` if it cannot be judged here."""
        try:
            return model_points(model, digest, test, self._learner)
        except ModelError as error:
            log.info("a model is malformed", model=digest.hex()[:12], reason=str(error))
            return MALFORMED

    def _samples(self, data: RoundData) -> int:
        return len(data.transactions) * self._samples_each

    @property
    def _samples_each(self) -> int:
        """Test samples of each data transaction."""
        return self._parameters.test_parts * self._parameters.samples_per_part

    def judged(self, entry: RoundHistory, data: RoundData, baseline: bytes) -> dict[bytes, Points]:
        """Points of the baseline and of all revealed models that have any here, by their hashes."""
        models = [
            baseline,
            *(
                reveal.transaction.model_hash
                for reveal in entry.reveals
                if not brought_as_root(entry, reveal.index)
            ),
        ]
        found = {model: self.points(data, model) for model in models}
        return {m: points for m, points in found.items() if points is not None and len(points)}

    # ---- the statement -----------------------------------------------------------------------

    def rows(self, history: History, data: RoundData) -> tuple[Row, ...] | None:
        """The rows of this node's statement; see `table`."""
        table = self.table(history, data)
        return None if table is None else table.rows

    def table(self, history: History, data: RoundData) -> statements.Tabulated | None:
        """The rows of this node's statement, and what they are hashes of.

        None while a model is not evaluated. Final once it is fixed which models are missing.
        """
        entry = history.round(data.round)
        # A chain that was read anew may have the same reveals in another order.
        key = (data.judged_on, history.head.model_hash, entry.missing, len(entry.reveals))
        if self._table is not None and self._table[0] is history and self._table[1] == key:
            return self._table[2]
        points = self.points_of_rows(history, data)
        if points is None:
            return None
        baseline, *models = points
        table = statements.tabulate(
            history.domain,
            data.round,
            self.counts(data),
            self.bounds(entry, data),
            baseline,
            models,
            [reveal.order for reveal in entry.reveals],
        )
        self._table = history, key, table
        return table

    def points_of_rows(self, history: History, data: RoundData) -> tuple[Points | None, ...] | None:
        """The points behind each row; None while a model is not evaluated.

        Missing and malformed models have none, nor has the baseline while there is none; of one
        that is malformed, which a false majority alone can make, they are zeros.
        """
        entry = history.round(data.round)
        baseline = history.head.model_hash
        if entry.missing is None:
            return None
        known = [MALFORMED if baseline == ZERO_HASH else self.points(data, baseline)]
        known += [
            MALFORMED
            if entry.missing >> reveal.index & 1 or brought_as_root(entry, reveal.index)
            else self.points(data, reveal.transaction.model_hash)
            for reveal in entry.reveals
        ]
        if any(points is None for points in known):
            return None
        against, *models = (p if p is not None and len(p) else None for p in known)
        if against is None and baseline != ZERO_HASH:
            against = np.zeros(self._samples(data), np.uint8)
        return against, *models

    def counts(self, data: RoundData) -> statements.SampleCounts:
        """D's test data."""
        return statements.SampleCounts(len(data.transactions), self._samples_each)

    def bounds(self, entry: RoundHistory, data: RoundData) -> statements.Bounds:
        """What the round's models are held to."""
        p = self._parameters
        trimmed = judging.trimmed(entry.published.bit_count())
        required = judging.required(
            p.significance,
            p.hostile_allowance,
            p.tries_allowance,
            len(data.transactions),
            trimmed,
            len(entry.commitments),
        )
        return statements.Bounds(trimmed, required, p.voice_basis_points)


def brought_as_root(entry: RoundHistory, index: int) -> bool:
    """Whether calls brought a large file's root in its place: all then have bytes of no model.

    The contracts know a file by its hash alone, which of a large one is its root's. Whoever could
    fetch the file before, and has points of it, must not state others than who can only see these
    bytes.
    """
    file = entry.brought.get(index)
    return file is not None and parse_root(file) is not None
