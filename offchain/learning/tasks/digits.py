"""The digits task: images of digits in the handwriting of many users, and small networks.

It is the built-in task file `digits` with the deployment's number of samples in a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.samples import LabelledImages
from offchain.learning.kinds.images.task import ImagesTask
from offchain.learning.tasks.known import task_named
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses


class DigitsTask(ImagesTask):
    """Digits, `samples_per_part` images in each payload; see `ImagesTask` for the others."""

    def __init__(
        self,
        samples_per_part: int,
        settings: TrainingSettings | None = None,
        device: str | None = None,
        processes: TrainingProcesses | None = None,
        first_settings: TrainingSettings | None = None,
    ) -> None:
        super().__init__(
            task_named("digits", samples_per_part),
            settings or TrainingSettings(),
            device,
            processes,
            first_settings,
        )


class DigitsLearner(TaskLearner[LabelledImages, IntegerNetwork]):
    """The digits task as a learner; see `DigitsTask` for the arguments."""

    def __init__(
        self,
        samples_per_part: int,
        settings: TrainingSettings | None = None,
        device: str | None = None,
        processes: TrainingProcesses | None = None,
    ) -> None:
        super().__init__(DigitsTask(samples_per_part, settings, device, processes))
