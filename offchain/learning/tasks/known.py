"""The tasks that this version knows, by the name that a deployment file gives (docs/Tasks.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from offchain.errors import ConfigurationError
from offchain.learning.tasks.choice import OptionValues, TaskChoice
from offchain.learning.tasks.diabetes_choice import DIABETES_CHOICE
from offchain.learning.tasks.digits_choice import DIGITS_CHOICE

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses
    from offchain.ports import DataSource, Learner

TASKS: Final[Mapping[str, TaskChoice]] = {"digits": DIGITS_CHOICE, "diabetes": DIABETES_CHOICE}
"""All tasks."""


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


def options_of_tasks() -> dict[click.Option, list[str]]:
    """Return every option that a task takes, with the names of the tasks that take it."""
    found: dict[click.Option, list[str]] = {}
    for name, choice in TASKS.items():
        for option in choice.options:
            found.setdefault(option, []).append(name)
    return found


def option_values(task: str, given: OptionValues) -> dict[str, Any]:
    """Return the values of all options of a task: what was `given`, else the defaults.

    Raises:
        ConfigurationError: an option was given that the task does not take.
    """
    for option, takers in options_of_tasks().items():
        if option.name in given and task not in takers:
            raise ConfigurationError(
                f"the task {task} takes no option {'/'.join(option.opts + option.secondary_opts)}, "
                f"only {' and '.join(takers)} does: leave it out"
            )
    return {str(option.name): option.default for option in TASKS[task].options} | dict(given)


def make_learner(
    task: str,
    samples_per_part: int,
    given: OptionValues | None = None,
    processes: TrainingProcesses | None = None,
) -> Learner:
    """Return the learner of a task that `choose_task` returned; raises as `option_values`."""
    return TASKS[task].learner(samples_per_part, option_values(task, given or {}), processes)


def make_source(
    task: str,
    samples_per_part: int,
    node: int,
    nodes: int,
    secret: bytes,
    given: OptionValues | None = None,
) -> DataSource:
    """Return the data of `node` among the `nodes` of this machine, so many samples in a part.

    What it draws follows from the node's `secret`: see `drawing_seed`.

    Raises:
        ConfigurationError: there is not enough data for so many nodes, it is not installed, or an
            option was given that the task does not take.
        FontError: there are too few fonts.
    """
    values = option_values(task, given or {})
    return TASKS[task].source(samples_per_part, node, nodes, drawing_seed(secret), values)


def drawing_seed(secret: bytes) -> int:
    """Return what decides a node's draws: nobody but the holder of its secret can repeat them."""
    from offchain.crypto.hashing import keccak256

    return int.from_bytes(keccak256(b"modelchain/drawing/1" + secret)[:8], "big")
