"""The kind `images`: pictures of one size, each with one of some labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from offchain.learning.kinds.kind import Answer, Kind, LearnerSettings
from offchain.learning.kinds.labels import check_count, label_answers, labelled
from offchain.learning.kinds.options import TRAINING_SECONDS
from offchain.learning.task_file.reading import read_images
from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import ImageSamples, TaskFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.learning.exact.integer_network import NetworkFamily
    from offchain.learning.exact.layer_chain import LayerChain
    from offchain.learning.formats.samples import LabelledImages
    from offchain.learning.kinds.images.task import ImagesTask
    from offchain.learning.training.settings import TrainingSettings

OPTIONS: Final = (
    click.Option(
        ["--training"],
        type=click.Choice(["small", "full"]),
        default="small",
        help="settings for some seconds of one core, or for blocks of the paper's size",
    ),
    TRAINING_SECONDS,
    click.Option(
        ["--channels"],
        metavar="LIST",
        default=None,
        help="of a new network's convolutions, with hyphens between them, as 24-32-56-64-72",
    ),
    click.Option(
        ["--shift"],
        metavar="PIXELS",
        type=click.IntRange(0, 8),
        default=0,
        help="move each image by up to so many pixels, anew each time it is trained on",
    ),
    click.Option(
        ["--mirror"],
        is_flag=True,
        default=False,
        help="mirror images half of the times that they are trained on",
    ),
)


class ImagesKind(Kind[ImageSamples, "LabelledImages"]):
    """See `Kind`."""

    name = "images"
    options = OPTIONS

    def read_samples(self, section: Section) -> ImageSamples:
        """See `Kind`."""
        return read_images(section)

    def make_task(self, task: TaskFile, settings: LearnerSettings) -> ImagesTask:
        """See `Kind`."""
        from offchain.learning.kinds.images.task import ImagesTask, image_rules

        return ImagesTask(
            task,
            training_settings(image_rules(task).family, settings),
            settings.device,
            settings.processes,
        )

    def encode_payload(self, task: TaskFile, samples: LabelledImages) -> bytes:
        """See `Kind`."""
        from offchain.learning.kinds.images.task import image_rules

        layout = image_rules(task).format
        check_count(task, len(samples))
        shaped = replace(samples, images=samples.images.reshape(len(samples), *layout.shape))
        payload = layout.encode_payload(shaped)
        layout.decode_payload(payload, task.samples_per_part)
        return payload

    def concatenate(self, task: TaskFile, parts: Sequence[LabelledImages]) -> LabelledImages:
        """See `Kind`."""
        from offchain.learning.kinds.images.task import image_rules

        return image_rules(task).format.concatenate(parts)

    def predict(self, task: TaskFile, model: bytes, samples: LabelledImages) -> NDArray[np.int64]:
        """See `Kind`."""
        made = self.make_task(task, LearnerSettings(device="cpu"))
        return made.evaluator().logits(made.decode_model(model), samples.images)

    def answers(self, task: TaskFile, model: bytes, predictions: NDArray[np.int64]) -> list[Answer]:
        """See `Kind`."""
        from offchain.learning.exact.integer_network import parse_model
        from offchain.learning.kinds.images.task import image_rules

        shift = int(parse_model(model, image_rules(task).family).linear.shift[0])
        return label_answers(labelled(task), predictions, shift)

    def layers(self, task: TaskFile, model: bytes) -> LayerChain:
        """See `Kind`."""
        from offchain.learning.exact.integer_network import parse_model
        from offchain.learning.kinds.images.layers import layers_of
        from offchain.learning.kinds.images.task import image_rules

        return layers_of(parse_model(model, image_rules(task).family))

    def full_points(self, task: TaskFile) -> int:
        """See `Kind`."""
        del task
        return 1


def training_settings(family: NetworkFamily, settings: LearnerSettings) -> TrainingSettings:
    """Return the settings that the worker's options ask for.

    Raises:
        ConfigurationError: the channels are none of the family's.
    """
    from offchain.errors import ConfigurationError
    from offchain.learning.exact.channel_text import channels_text, parse_channels
    from offchain.learning.exact.image_family import starting_channels
    from offchain.learning.exact.integer_network import DIGITS_FAMILY
    from offchain.learning.training.settings import FULL_SIZE, TrainingSettings

    values: dict[str, Any] = {str(option.name): option.default for option in OPTIONS}
    values |= settings.values
    chosen = FULL_SIZE if values["training"] == "full" else TrainingSettings()
    if family is not DIGITS_FAMILY:
        exploration = chosen.exploration
        chosen = replace(
            chosen,
            channels=starting_channels(family),
            reduced=values["training"] == "full",
            exploration=exploration and replace(exploration, multiply_adds=None),
        )
    if values["channels"] is not None:
        channels = parse_channels(values["channels"], family)
        reason = family.reason_against(channels)
        if reason is not None:
            raise ConfigurationError(f"--channels {channels_text(channels)}: {reason}")
        chosen = replace(chosen, channels=channels)
    if values["training_seconds"] is not None:
        chosen = replace(chosen, seconds=values["training_seconds"])
    return replace(chosen, shift=values["shift"], mirror=values["mirror"])


IMAGES: Final = ImagesKind()
