"""The options of kinds whose networks are dense layers, and the settings made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from offchain.errors import ConfigurationError
from offchain.learning.kinds.options import TRAINING_SECONDS
from offchain.learning.task_file.words import TaskFile

if TYPE_CHECKING:
    from offchain.learning.kinds.kind import LearnerSettings
    from offchain.learning.training.dense_settings import DenseSettings

OPTIONS: Final = (TRAINING_SECONDS,)


def dense_settings(task: TaskFile, settings: LearnerSettings) -> DenseSettings:
    """Return the settings that the worker's options ask for.

    Raises:
        ConfigurationError: there are torchrun's processes, for which such a network is too small.
    """
    from offchain.learning.training.dense_settings import DenseSettings

    if settings.processes is not None:
        raise ConfigurationError(
            f"{task.name} is trained by one process within seconds: start it without torchrun"
        )
    seconds = settings.values.get("training_seconds")
    chosen = DenseSettings()
    return chosen if seconds is None else replace(chosen, seconds=seconds)
