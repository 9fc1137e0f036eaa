"""The diabetes task as a node takes it up: patients as they are, trained on within seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from offchain.errors import ConfigurationError
from offchain.learning.regression.table import MAXIMUM_POINTS
from offchain.learning.tasks.choice import TRAINING_SECONDS, OptionValues, TaskChoice

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses
    from offchain.ports import DataSource, Learner

SAMPLES_PER_PART: Final = 2
"""With 20 parts four nodes of 110 rows share 40 each in a round, others in the next."""


def _learner(
    samples_per_part: int, values: OptionValues, processes: TrainingProcesses | None
) -> Learner:
    from offchain.learning.regression.diabetes import DIABETES
    from offchain.learning.regression.settings import RegressionSettings
    from offchain.learning.regression.task import RegressionTask
    from offchain.learning.tasks.learner import TaskLearner

    if processes is not None:
        raise ConfigurationError(
            f"{DIABETES.name} is trained by one process within seconds: start it without torchrun"
        )
    settings = RegressionSettings()
    if values["training_seconds"] is not None:
        settings = replace(settings, seconds=values["training_seconds"])
    return TaskLearner(RegressionTask(DIABETES, samples_per_part, settings))


def _source(samples_per_part: int, node: int, nodes: int, seed: int, _: OptionValues) -> DataSource:
    from offchain.learning.regression.data_source import TableDataSource
    from offchain.learning.regression.diabetes import DIABETES, diabetes_rows

    return TableDataSource(DIABETES, diabetes_rows(), node, nodes, seed, samples_per_part)


DIABETES_CHOICE: Final = TaskChoice(
    (TRAINING_SECONDS,), SAMPLES_PER_PART, MAXIMUM_POINTS, _learner, _source
)
