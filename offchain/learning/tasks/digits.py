"""The digits task: images of digits in the handwriting of many users, and small networks.

The score of a model is the number of test images to which it gives their label. PyTorch is
imported when something is trained or judged; checking payloads and models needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from offchain.errors import EvaluationError
from offchain.learning.exact.channel_text import channels_text
from offchain.learning.exact.integer_network import (
    IntegerNetwork,
    encode_model,
    parse_model,
    reference_score,
)
from offchain.learning.formats.digits import DigitSamples, concatenate, decode_payload
from offchain.learning.task import ProgressCallback, Task
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import TrainedModel

if TYPE_CHECKING:
    from offchain.learning.exact.evaluation import ExactEvaluator
    from offchain.learning.training.processes import TrainingProcesses

log = structlog.get_logger()


class DigitsTask(Task[DigitSamples, IntegerNetwork]):
    """Digits with payloads of at most `maximum_samples`.

    `device` is where to train and judge, in PyTorch's words; None takes a GPU if there is one.
    With `processes` they train together, each on a device of its own. Where there is no previous
    best network, `first_settings` train a new one; None: `settings` do.
    """

    def __init__(
        self,
        maximum_samples: int,
        settings: TrainingSettings | None = None,
        device: str | None = None,
        processes: TrainingProcesses | None = None,
        first_settings: TrainingSettings | None = None,
    ) -> None:
        self._processes = processes
        self._maximum_samples = maximum_samples
        self._settings = settings or TrainingSettings()
        self._first_settings = first_settings or self._settings
        self._device = device
        self._evaluator: ExactEvaluator | None = None

    @property
    def name(self) -> str:
        """The task's name."""
        return "digits"

    def decode_payload(self, plaintext: bytes) -> DigitSamples:
        """Return the samples of a payload; see `digits.decode_payload`."""
        return decode_payload(plaintext, self._maximum_samples)

    def sample_count(self, samples: DigitSamples) -> int:
        """Return how many images there are."""
        return len(samples)

    def decode_model(self, data: bytes) -> IntegerNetwork:
        """Return the network of a model file; see `integer_network.parse_model`."""
        return parse_model(data)

    def score(self, network: IntegerNetwork, samples: Sequence[DigitSamples]) -> int:
        """Return how many of the images get their label.

        What the libraries cannot compute of a network that passed the check, the definition does:
        no model stops the judging of others, and none loses its score by a machine's trouble.

        Raises `EvaluationError` on a machine that computes no network exactly.
        """
        together = concatenate(samples)
        evaluator = self._exact_evaluator()
        try:
            return evaluator.score(network, together.images, together.labels)
        except (EvaluationError, RuntimeError) as error:
            log.warning("a model is judged by the definition, slowly", reason=str(error)[:200])
        return reference_score(network, together.images, together.labels)

    def train(
        self,
        samples: Sequence[DigitSamples],
        previous: IntegerNetwork | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train a network on a choice of `samples`; see `candidate.train_candidate`."""
        from offchain.learning.training.candidate import train_candidate

        candidate = train_candidate(
            samples,
            ages or [0] * len(samples),
            previous,
            seed,
            self._first_settings if previous is None else self._settings,
            progress,
            self._chosen_device(),
            processes=self._processes,
        )
        result = candidate.result
        return TrainedModel(
            encode_model(result.network),
            f"channels {channels_text(result.network.channels)}, {result.steps} steps on "
            f"{candidate.samples} samples in {result.seconds:.1f} s, loss {result.loss:.4f}",
            candidate.choice.used,
        )

    def _exact_evaluator(self) -> ExactEvaluator:
        from offchain.learning.exact.evaluation import ExactEvaluator

        if self._evaluator is None:
            device = self._chosen_device()
            try:
                self._evaluator = ExactEvaluator(device)
            except EvaluationError:
                if self._device is not None or device == "cpu":
                    raise
                self._evaluator = ExactEvaluator("cpu")
        return self._evaluator

    def _chosen_device(self) -> str:
        if self._device is not None:
            return self._device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
