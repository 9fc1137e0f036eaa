"""The `Learner` port for any task, and for digits."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic

from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.task import Network, ProgressCallback, Samples, Task
from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import Learner, TrainedModel
from offchain.protocol.words.parameters import DEMO

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses


class TaskLearner(Learner, Generic[Samples, Network]):
    """What a node asks of learning, answered by a `task`: bytes in, bytes and integers out."""

    def __init__(self, task: Task[Samples, Network]) -> None:
        self._task = task
        self._judged_on: tuple[tuple[bytes, ...], list[Samples]] = ((), [])

    def sample_count(self, payload: bytes) -> int:
        """Return the samples in a payload plaintext; raise `PayloadError` if it does not pass."""
        return self._task.check_payload(payload)

    def check_model(self, model: bytes) -> None:
        """Raise `ModelError` with the reason if a model file is outside the task's family."""
        self._task.check_model(model)

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

    def evaluate(self, model: bytes, test: Sequence[bytes]) -> int:
        """Return the model's exact score on test payloads, 0 to the number of their samples.

        Raises `ModelError` if the model is malformed (its score is then 0 by the protocol), and
        `PayloadError` if a payload is.
        """
        network = self._task.decode_model(model)
        return self._task.score(network, self._test_samples(test))

    def _test_samples(self, test: Sequence[bytes]) -> list[Samples]:
        """All models of a round are judged on the same payloads: they are decoded once."""
        payloads, samples = self._judged_on
        # Compared by identity: a round's payloads are megabytes, held by who asks.
        same = len(payloads) == len(test) and all(map(operator.is_, payloads, test))
        if not same:
            samples = [self._task.decode_payload(payload) for payload in test]
            self._judged_on = (tuple(test), samples)
        return samples


class DigitsLearner(TaskLearner[DigitSamples, IntegerNetwork]):
    """The digits task as a learner; see `DigitsTask` for the arguments."""

    def __init__(
        self,
        maximum_samples: int = DEMO.maximum_samples,
        settings: TrainingSettings | None = None,
        device: str | None = None,
        processes: TrainingProcesses | None = None,
    ) -> None:
        super().__init__(DigitsTask(maximum_samples, settings, device, processes))
