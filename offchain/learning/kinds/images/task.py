"""Images as a learning task: payloads, networks of convolutions, a point for each right label.

PyTorch is imported when something is trained or judged; checking payloads and models needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from offchain.errors import EvaluationError
from offchain.learning.exact.channel_text import channels_text
from offchain.learning.exact.image_family import image_family
from offchain.learning.exact.integer_layer import MAXIMUM_SHIFT
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    EXACT_BOUND,
    WEIGHT_MAXIMUM,
    IntegerNetwork,
    NetworkFamily,
    encode_model,
    parse_model,
    reference_points,
)
from offchain.learning.exact.judge_gas import GAS_FORMULA, MAXIMUM_JUDGING_GAS
from offchain.learning.formats.digits import CLASSES, DIGITS_FORMAT, IMAGE_SIDE
from offchain.learning.formats.images import PAYLOAD_FORMAT, ImageFormat
from offchain.learning.formats.samples import LabelledImages
from offchain.learning.kinds.file_task import FileTask
from offchain.learning.kinds.images.digits_judge import DigitsJudge
from offchain.learning.task import ProgressCallback
from offchain.learning.task_file.words import ImageSamples, TaskFile, TaskFileError
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import TrainedModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.learning.exact.evaluation import ExactEvaluator
    from offchain.learning.training.processes import TrainingProcesses

log = structlog.get_logger()

IMAGE_JUDGE = "ImageJudge"
"""The contract that judges images of 28 x 28 grey pixels with ten labels, by the digits' family."""


@dataclass(frozen=True, slots=True)
class ImageRules:
    """What a task file of images means: the payloads' format, the family, and the judge."""

    format: ImageFormat
    family: NetworkFamily
    judge: DigitsJudge | None


def image_rules(file: TaskFile) -> ImageRules:
    """Return what a task file of images means.

    Raises:
        TaskFileError: it names a judge that is none of images', or that does not judge these.
    """
    samples = file.samples
    if not isinstance(samples, ImageSamples):
        raise TaskFileError(f"the task {file.name} is of {file.kind}, not of images")
    if file.model.judge is None:
        shape = (samples.height, samples.width, samples.channels)
        return ImageRules(
            ImageFormat(f"{file.name} payload", PAYLOAD_FORMAT, shape, len(samples.labels)),
            image_family(samples, file.model.maximum_bytes),
            None,
        )
    if file.model.judge != IMAGE_JUDGE:
        raise TaskFileError(f"judge is {file.model.judge}: images have {IMAGE_JUDGE} alone")
    found = (samples.height, samples.width, samples.channels, len(samples.labels))
    if found != (IMAGE_SIDE, IMAGE_SIDE, 1, CLASSES):
        raise TaskFileError(
            f"{IMAGE_JUDGE} judges images of {IMAGE_SIDE} x {IMAGE_SIDE} pixels with one channel "
            f"and {CLASSES} labels, these have {found[0]} x {found[1]}, {found[2]} and {found[3]}: "
            "leave the judge out"
        )
    if file.model.maximum_bytes != DIGITS_FAMILY.maximum_bytes:
        raise TaskFileError(
            f"{IMAGE_JUDGE} takes models of up to {DIGITS_FAMILY.maximum_bytes} bytes"
        )
    return ImageRules(DIGITS_FORMAT, DIGITS_FAMILY, DigitsJudge())


class ImagesTask(FileTask[LabelledImages, IntegerNetwork]):
    """The task of a `file` of images.

    `device` is where to train and judge, in PyTorch's words; None takes a GPU if there is one.
    With `processes` they train and judge together, each on a device of its own. Where there is no
    previous best network, `first_settings` train a new one; None: `settings` do.
    """

    def __init__(
        self,
        file: TaskFile,
        settings: TrainingSettings,
        device: str | None = None,
        processes: TrainingProcesses | None = None,
        first_settings: TrainingSettings | None = None,
    ) -> None:
        rules = image_rules(file)
        self._format, self._family, self._judge = rules.format, rules.family, rules.judge
        self.maximum_samples = self._format.maximum_samples
        super().__init__(file)
        self._processes = processes
        self._settings = settings
        self._first_settings = first_settings or settings
        self._device = device
        self._evaluator: ExactEvaluator | None = None

    @property
    def payload_bytes(self) -> int:
        """The longest payload; see `ImageFormat.payload_bytes`."""
        return self._format.payload_bytes(self.samples_per_part)

    def rules(self) -> Mapping[str, object]:
        """Return the formats, the family's shape and bounds, and what an image is worth."""
        family, (height, width) = self._family, self._family.sizes[0]
        image = [height, width] if family.inputs == 1 else [height, width, family.inputs]
        judging = {"maximum_judging_gas": MAXIMUM_JUDGING_GAS, "judging_gas": GAS_FORMULA}
        return {
            "payload": self._format.name,
            "record": f"image uint8 {image} row by row, label uint8",
            "record_bytes": self._format.record_bytes,
            "points": "1 if the lowest class of the largest logits is the label, else 0",
            "classes": family.classes,
            "model": family.model_format,
            "maximum_model_bytes": family.maximum_bytes,
            "kernels": family.kernels,
            "strides": family.strides,
            "margins": family.margins,
            "maximum_channels": family.maximum_channels,
            "maximum_weight": WEIGHT_MAXIMUM,
            "maximum_shift": MAXIMUM_SHIFT,
            "sums_below": EXACT_BOUND,
            **(judging if self._judge else {"maximum_multiply_adds": family.maximum_work}),
        }

    @property
    def judge(self) -> DigitsJudge | None:
        """The definition, where a contract has it on chain."""
        return self._judge

    def decode_payload(self, plaintext: bytes) -> LabelledImages:
        """Return the samples of a payload; see `ImageFormat.decode_payload`."""
        return self._format.decode_payload(plaintext, self.samples_per_part)

    def records(self, samples: LabelledImages) -> Sequence[bytes]:
        """Return each image with its label; see `ImageFormat.records`."""
        return self._format.records(samples)

    def decode_model(self, data: bytes) -> IntegerNetwork:
        """Return the network of a model file; see `integer_network.parse_model`."""
        return parse_model(data, self._family)

    def points(
        self, network: IntegerNetwork, samples: Sequence[LabelledImages]
    ) -> NDArray[np.uint8]:
        """Return 1 for each image that gets its label, else 0.

        What the libraries cannot compute of a network that passed the check, the definition does:
        no model stops the judging of others, and none loses its points by a machine's trouble.

        Raises `EvaluationError` on a machine that computes no network exactly.
        """
        evaluator = self.evaluator()

        def judge(network: IntegerNetwork, samples: LabelledImages) -> NDArray[np.uint8]:
            try:
                return evaluator.points(network, samples.images, samples.labels)
            except (EvaluationError, RuntimeError) as error:
                log.warning("a model is judged by the definition, slowly", reason=str(error)[:200])
            return reference_points(network, samples.images, samples.labels)

        if self._processes is not None:
            points = self._processes.points(network, samples, judge)
            if points is not None:
                return points
        return judge(network, self._format.concatenate(samples))

    def points_by_definition(
        self, network: IntegerNetwork, records: Sequence[bytes]
    ) -> NDArray[np.uint8]:
        """Return 1 for each image that gets its label, else 0; see `reference_points`."""
        samples = self._format.samples_of(records)
        return reference_points(network, samples.images, samples.labels)

    def train(
        self,
        samples: Sequence[LabelledImages],
        previous: IntegerNetwork | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train a network on a choice of `samples`; see `candidate.train_candidate`."""
        from offchain.learning.training.candidate import train_candidate
        from offchain.learning.training.device import chosen_device

        candidate = train_candidate(
            samples,
            ages or [0] * len(samples),
            previous,
            seed,
            self._first_settings if previous is None else self._settings,
            progress,
            chosen_device(self._device),
            processes=self._processes,
            family=self._family,
        )
        result = candidate.result
        return TrainedModel(
            encode_model(result.network),
            f"channels {channels_text(result.network.channels)}, {result.steps} steps on "
            f"{candidate.samples} samples in {result.seconds:.1f} s, loss {result.loss:.4f}",
            candidate.choice.used,
        )

    def evaluator(self) -> ExactEvaluator:
        """Return what computes networks exactly on this machine; made the first time."""
        from offchain.learning.exact.evaluation import ExactEvaluator
        from offchain.learning.training.device import chosen_device

        if self._evaluator is None:
            device = chosen_device(self._device)
            try:
                self._evaluator = ExactEvaluator(device)
            except EvaluationError:
                if self._device is not None or device == "cpu":
                    raise
                self._evaluator = ExactEvaluator("cpu")
        return self._evaluator
