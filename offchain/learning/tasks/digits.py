"""The digits task: images of digits in the handwriting of many users, and small networks.

A model earns a point for each test image to which it gives its label. PyTorch is imported when
something is trained or judged; checking payloads and models needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import structlog

from offchain.errors import EvaluationError
from offchain.learning.exact.channel_text import channels_text
from offchain.learning.exact.integer_layer import MAXIMUM_SHIFT
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    EXACT_BOUND,
    MODEL_FORMAT,
    WEIGHT_MAXIMUM,
    IntegerNetwork,
    encode_model,
    parse_model,
    reference_points,
)
from offchain.learning.exact.judge_gas import GAS_FORMULA, MAXIMUM_JUDGING_GAS
from offchain.learning.formats.digits import (
    MAXIMUM_PAYLOAD_SAMPLES,
    PAYLOAD_FORMAT,
    RECORD_BYTES,
    DigitSamples,
    concatenate,
    decode_payload,
    payload_bytes,
    records,
    samples_of,
)
from offchain.learning.task import ProgressCallback, Task
from offchain.learning.tasks.digits_judge import DigitsJudge
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import TrainedModel
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.learning.exact.evaluation import ExactEvaluator
    from offchain.learning.training.processes import TrainingProcesses

log = structlog.get_logger()


class DigitsTask(Task[DigitSamples, IntegerNetwork]):
    """Digits, `samples_per_part` images in each payload.

    `device` is where to train and judge, in PyTorch's words; None takes a GPU if there is one.
    With `processes` they train and judge together, each on a device of its own. Where there is no
    previous best network, `first_settings` train a new one; None: `settings` do.
    """

    maximum_samples = MAXIMUM_PAYLOAD_SAMPLES

    def __init__(
        self,
        samples_per_part: int,
        settings: TrainingSettings | None = None,
        device: str | None = None,
        processes: TrainingProcesses | None = None,
        first_settings: TrainingSettings | None = None,
    ) -> None:
        super().__init__(samples_per_part)
        self._processes = processes
        self._settings = settings or TrainingSettings()
        self._first_settings = first_settings or self._settings
        self._device = device
        self._evaluator: ExactEvaluator | None = None

    @property
    def name(self) -> str:
        """The task's name."""
        return "digits"

    @property
    def payload_bytes(self) -> int:
        """The longest payload; see `digits.payload_bytes`."""
        return payload_bytes(self.samples_per_part)

    def rules(self) -> Mapping[str, object]:
        """Return the formats, the family's shape and bounds, and what an image is worth."""
        family = DIGITS_FAMILY
        return {
            "payload": PAYLOAD_FORMAT,
            "record": "image uint8 [28, 28] row by row, label uint8",
            "record_bytes": RECORD_BYTES,
            "points": "1 if the lowest class of the largest logits is the label, else 0",
            "classes": family.classes,
            "model": MODEL_FORMAT,
            "maximum_model_bytes": MAXIMUM_MODEL_BYTES,
            "maximum_judging_gas": MAXIMUM_JUDGING_GAS,
            "judging_gas": GAS_FORMULA,
            "kernels": family.kernels,
            "strides": family.strides,
            "margins": family.margins,
            "maximum_channels": family.maximum_channels,
            "maximum_weight": WEIGHT_MAXIMUM,
            "maximum_shift": MAXIMUM_SHIFT,
            "sums_below": EXACT_BOUND,
        }

    @property
    def judge(self) -> DigitsJudge:
        """The definition; contracts/judge has it on chain."""
        return DigitsJudge()

    def decode_payload(self, plaintext: bytes) -> DigitSamples:
        """Return the samples of a payload; see `digits.decode_payload`."""
        return decode_payload(plaintext, self.samples_per_part)

    def records(self, samples: DigitSamples) -> Sequence[bytes]:
        """Return each image with its label; see `digits.records`."""
        return records(samples)

    def decode_model(self, data: bytes) -> IntegerNetwork:
        """Return the network of a model file; see `integer_network.parse_model`."""
        return parse_model(data)

    def points(self, network: IntegerNetwork, samples: Sequence[DigitSamples]) -> NDArray[np.uint8]:
        """Return 1 for each image that gets its label, else 0.

        What the libraries cannot compute of a network that passed the check, the definition does:
        no model stops the judging of others, and none loses its points by a machine's trouble.

        Raises `EvaluationError` on a machine that computes no network exactly.
        """
        evaluator = self._exact_evaluator()

        def judge(network: IntegerNetwork, samples: DigitSamples) -> NDArray[np.uint8]:
            try:
                return evaluator.points(network, samples.images, samples.labels)
            except (EvaluationError, RuntimeError) as error:
                log.warning("a model is judged by the definition, slowly", reason=str(error)[:200])
            return reference_points(network, samples.images, samples.labels)

        if self._processes is not None:
            return self._processes.points(network, samples, judge)
        return judge(network, concatenate(samples))

    def points_by_definition(
        self, network: IntegerNetwork, records: Sequence[bytes]
    ) -> NDArray[np.uint8]:
        """Return 1 for each image that gets its label, else 0; see `reference_points`."""
        samples = samples_of(records)
        return reference_points(network, samples.images, samples.labels)

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
