"""The tasks that this version knows, by the name that a deployment file gives (docs/Tasks.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from offchain.crypto.hashing import keccak256
from offchain.errors import ConfigurationError
from offchain.ports import DataSource, Learner

DIGITS: Final = "digits"


@dataclass(frozen=True, slots=True)
class TaskChoice:
    """How nodes of one task learn, and where they have data from.

    Attributes:
        learner: of a protocol's largest number of samples, and the seconds that one training takes
            at most, or None for the task's own.
        source: of a node's number, the number of nodes on its machine, and a seed that decides
            what it draws.
    """

    learner: Callable[[int, float | None], Learner]
    source: Callable[[int, int, int], DataSource]


def choose_task(deployed: str, wanted: str | None = None) -> str:
    """Return the task of a deployment, which all its nodes share.

    Raises:
        ConfigurationError: another one is wanted, or this version does not know it.
    """
    if wanted is not None and wanted != deployed:
        raise ConfigurationError(
            f"the deployment's task is {deployed}, not {wanted}: leave --task out, or name "
            "another deployment with --deployment"
        )
    if deployed not in TASKS:
        raise ConfigurationError(
            f"the deployment's task is {deployed!r}; this version knows {', '.join(TASKS)}: "
            "install the one that it was made with"
        )
    return deployed


def make_learner(task: str, maximum_samples: int, seconds: float | None = None) -> Learner:
    """Return the learner of a task that `choose_task` returned."""
    return TASKS[task].learner(maximum_samples, seconds)


def make_source(task: str, node: int, nodes: int, secret: bytes) -> DataSource:
    """Return the data of `node` among the `nodes` of this machine.

    What it draws follows from the node's `secret`: see `drawing_seed`.

    Raises:
        ConfigurationError: there is not enough data for so many nodes, or it is not installed.
        FontError: there are too few fonts.
    """
    return TASKS[task].source(node, nodes, drawing_seed(secret))


def drawing_seed(secret: bytes) -> int:
    """Return what decides a node's draws: nobody but the holder of its secret can repeat them."""
    return int.from_bytes(keccak256(b"modelchain/drawing/1" + secret)[:8], "big")


# What a task needs is imported when it is chosen: scikit-learn may not be installed.


def _digits_learner(maximum_samples: int, seconds: float | None) -> Learner:
    from offchain.learning.tasks.learner import DigitsLearner
    from offchain.learning.training.settings import TrainingSettings

    settings = TrainingSettings()
    if seconds is not None:
        settings = replace(settings, seconds=seconds)
    return DigitsLearner(maximum_samples, settings)


def _digits_source(node: int, nodes: int, seed: int) -> DataSource:
    from offchain.learning.drawing.endless_source import DigitsDataSource
    from offchain.learning.fonts.atlas import default_cache_folder, load_atlas

    return DigitsDataSource(load_atlas(default_cache_folder()), node, nodes, seed)


def _diabetes_learner(maximum_samples: int, seconds: float | None) -> Learner:
    from offchain.learning.regression.diabetes import DIABETES
    from offchain.learning.regression.settings import RegressionSettings
    from offchain.learning.regression.task import RegressionTask
    from offchain.learning.tasks.learner import TaskLearner

    settings = RegressionSettings()
    if seconds is not None:
        settings = replace(settings, seconds=seconds)
    return TaskLearner(RegressionTask(DIABETES, maximum_samples, settings))


def _diabetes_source(node: int, nodes: int, seed: int) -> DataSource:
    from offchain.learning.regression.data_source import TableDataSource
    from offchain.learning.regression.diabetes import DIABETES, diabetes_rows

    return TableDataSource(DIABETES, diabetes_rows(), node, nodes, seed)


TASKS: Final[Mapping[str, TaskChoice]] = {
    DIGITS: TaskChoice(_digits_learner, _digits_source),
    "diabetes": TaskChoice(_diabetes_learner, _diabetes_source),
}
"""All tasks."""
