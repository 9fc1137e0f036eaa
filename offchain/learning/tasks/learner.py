"""The `Learner` port for any task."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic

from offchain.errors import PointsDifferError
from offchain.learning.task import Network, ProgressCallback, Samples, Task
from offchain.ports import Learner, TrainedModel
from offchain.protocol.words.judge import Judge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TaskLearner(Learner, Generic[Samples, Network]):
    """What a node asks of learning, answered by a `task`: bytes in, bytes and points out."""

    def __init__(self, task: Task[Samples, Network]) -> None:
        self._task = task
        self._judged_on: tuple[tuple[bytes, ...], list[Samples]] = ((), [])

    @property
    def samples_per_part(self) -> int:
        """Samples in every payload."""
        return self._task.samples_per_part

    @property
    def payload_bytes(self) -> int:
        """The longest payload; see `Task.payload_bytes`."""
        return self._task.payload_bytes

    @property
    def description(self) -> bytes:
        """What the deployment is bound to; see `Task.description`."""
        return self._task.description()

    @property
    def judge(self) -> Judge | None:
        """See `Task.judge`."""
        return self._task.judge

    def check_payload(self, payload: bytes) -> None:
        """Raise `PayloadError` unless a payload plaintext passes the task's check."""
        self._task.decode_payload(payload)

    def sample_records(self, payload: bytes) -> Sequence[bytes]:
        """Return the record of each sample; raise `PayloadError` if the payload does not pass."""
        return self._task.records(self._task.decode_payload(payload))

    def check_model(self, model: bytes) -> None:
        """Raise `ModelError` with the reason if a model file is outside the task's family."""
        self._task.decode_model(model)

    def train(
        self,
        training: Sequence[bytes],
        baseline: bytes | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train on payload plaintexts, from the previous best model where there is one.

        `ages` are how many rounds old the payloads are; without them all are of this round.

        Raises `PayloadError` or `ModelError` for input that does not pass the task's checks, and
        `TrainingError` when the run ends without a usable model.
        """
        samples = [self._task.decode_payload(payload) for payload in training]
        previous = None if baseline is None else self._task.decode_model(baseline)
        return self._task.train(samples, previous, seed, progress, ages)

    def points(self, model: bytes, payloads: Sequence[bytes]) -> NDArray[np.uint8]:
        """Return what the model earns on each sample: uint8, payload by payload.

        Raises `ModelError` if the model is malformed (it then has no points by the protocol), and
        `PayloadError` if a payload is.
        """
        network = self._task.decode_model(model)
        return self._task.points(network, self._test_samples(payloads))

    def check_points(self, model: bytes, records: Sequence[bytes], points: Sequence[int]) -> None:
        """Raise `PointsDifferError` unless the definition gives samples of `records` the `points`.

        Raises `ModelError` if the model is malformed.
        """
        network = self._task.decode_model(model)
        found = self._task.points_by_definition(network, records).tolist()
        for sample, (stated, expected) in enumerate(zip(points, found, strict=True)):
            if stated != expected:
                raise PointsDifferError(sample, int(stated), expected)

    def _test_samples(self, test: Sequence[bytes]) -> list[Samples]:
        """All models of a round are judged on the same payloads: they are decoded once."""
        payloads, samples = self._judged_on
        # Compared by identity: a round's payloads are megabytes, held by who asks.
        same = len(payloads) == len(test) and all(map(operator.is_, payloads, test))
        if not same:
            samples = [self._task.decode_payload(payload) for payload in test]
            self._judged_on = (tuple(test), samples)
        return samples
