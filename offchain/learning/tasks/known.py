"""From a task file to what a node does with it, and the tasks that come with this version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from offchain.errors import ConfigurationError
from offchain.learning.kinds.kind import LearnerSettings, OptionValues
from offchain.learning.kinds.known import all_kinds, find_kind, section_reader
from offchain.learning.task_file.canonical import read_description
from offchain.learning.task_file.toml import load_task_file, parse_task_file
from offchain.learning.task_file.words import TaskFile, TaskFileError
from offchain.learning.tasks.font_options import FONT_OPTIONS
from offchain.strangers.foreign_text import short_repr

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses
    from offchain.ports import DataSource, Learner

Source = Callable[[TaskFile, int, int, int, OptionValues], "DataSource"]
"""Of a task, a node's number, the nodes on its machine, a seed for its draws, options' values."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A task that comes with data: where a node has them from, and the options of that."""

    source: Source
    options: tuple[click.Option, ...] = ()


def _fonts(task: TaskFile, node: int, nodes: int, seed: int, values: OptionValues) -> DataSource:
    from offchain.learning.drawing.endless_source import DigitsDataSource
    from offchain.learning.drawing.withholding import Withholding
    from offchain.learning.fonts.atlas import default_cache_folder, load_atlas

    return DigitsDataSource(
        load_atlas(default_cache_folder()),
        node,
        nodes,
        seed,
        task.samples_per_part,
        shuffled=values["shuffle"],
        withholding=Withholding(values["withhold_labels"], values["withhold_percent"] / 100.0),
    )


def _patients(task: TaskFile, node: int, nodes: int, seed: int, _: OptionValues) -> DataSource:
    from offchain.learning.tasks.diabetes import diabetes_rows
    from offchain.learning.tasks.table_source import TableDataSource

    return TableDataSource(task, diabetes_rows(task), node, nodes, seed)


BUILT_IN: Final[Mapping[str, BuiltIn]] = {
    "digits": BuiltIn(_fonts, FONT_OPTIONS),
    "diabetes": BuiltIn(_patients),
}
"""The tasks that come with this version, by their names."""


def task_named(task: str, samples_per_part: int | None = None) -> TaskFile:
    """Return the task of a built-in name, or of the path of a task file.

    `samples_per_part` takes the place of the file's, where a deployment has chosen another.

    Raises:
        TaskFileError: there is no such task, or its file says what cannot be.
    """
    if task in BUILT_IN:
        text = files("offchain.learning.tasks").joinpath(f"{task}.toml").read_text("utf-8")
        found = parse_task_file(text, section_reader)
    else:
        path = Path(task)
        if path.suffix != ".toml" and not path.exists():
            raise TaskFileError(
                f"there is no task {task[:200]!r}: name one of {', '.join(BUILT_IN)}, or the path "
                "of a task file"
            )
        found = load_task_file(path, section_reader)
    return found if samples_per_part is None else replace(found, samples_per_part=samples_per_part)


def deployed_task(description: bytes, judge: str | None) -> TaskFile:
    """Return the task of a deployment, from its description alone.

    Raises:
        TaskFileError: it is no description of a task, of a kind that is not installed, or the
            deployment's judge is not the one that it asks for.
    """
    task = read_description(description, section_reader)
    if task.model.judge != judge:
        raise TaskFileError(
            f"the deployment has the judge {judge or 'none'}, its task {task.name} asks for "
            f"{task.model.judge or 'none'}: it is no deployment of this task"
        )
    return task


def require_wanted(deployed: TaskFile, wanted: str | None) -> None:
    """Check that a deployment's task is the one that somebody `wanted`, by name or path.

    Raises:
        ConfigurationError: it is another one.
    """
    if wanted is None or wanted == deployed.name:
        return
    if wanted in BUILT_IN or task_named(wanted) != deployed:
        raise ConfigurationError(
            f"the deployment's task is {deployed.name}, not {wanted}: leave --task out, or name "
            "another deployment with --deployment"
        )


def built_in(task: TaskFile) -> BuiltIn | None:
    """Return what comes with a task if it is built in, with any number of samples in a part."""
    found = BUILT_IN.get(task.name)
    if found is None or task_named(task.name, task.samples_per_part) != task:
        return None
    return found


def options_of_tasks() -> dict[click.Option, list[str]]:
    """Return every option that some tasks take, with the kinds or tasks that take it."""
    found: dict[click.Option, list[str]] = {}
    takers = [(kind.name, kind.options) for kind in all_kinds()]
    takers += [(name, task.options) for name, task in BUILT_IN.items()]
    for name, options in takers:
        for option in options:
            found.setdefault(option, []).append(name)
    return found


def option_values(task: TaskFile, given: OptionValues) -> dict[str, Any]:
    """Return the values of all options of a task: what was `given`, else the defaults.

    Raises:
        ConfigurationError: an option was given that the task does not take.
    """
    comes_with = built_in(task)
    options = [*find_kind(task.kind).options, *(comes_with.options if comes_with else ())]
    for option, takers in options_of_tasks().items():
        if option.name in given and option not in options:
            raise ConfigurationError(
                f"the task {task.name} takes no option "
                f"{'/'.join(option.opts + option.secondary_opts)}, only {' and '.join(takers)} "
                f"{'does' if len(takers) == 1 else 'do'}: leave it out"
            )
    return {str(option.name): option.default for option in options} | dict(given)


def make_learner(
    task: TaskFile,
    given: OptionValues | None = None,
    processes: TrainingProcesses | None = None,
    device: str | None = None,
) -> Learner:
    """Return the learner of a task; raises as `option_values` and `Kind.make_task`."""
    from offchain.learning.tasks.learner import TaskLearner

    settings = LearnerSettings(option_values(task, given or {}), device, processes)
    return TaskLearner(find_kind(task.kind).make_task(task, settings))


def make_source(
    task: TaskFile, node: int, nodes: int, secret: bytes, given: OptionValues | None = None
) -> DataSource:
    """Return the data that come with a task, of `node` among the `nodes` of this machine.

    What it draws follows from the node's `secret`: see `drawing_seed`.

    Raises:
        ConfigurationError: none come with it, there is not enough for so many nodes, it is not
            installed, or an option was given that the task does not take.
        FontError: there are too few fonts.
    """
    values = option_values(task, given or {})
    comes_with = built_in(task)
    if comes_with is None:
        raise ConfigurationError(
            f"no data come with the task {short_repr(task.name)}: share your own with --data PATH, "
            "or nothing with --data-source none"
        )
    return comes_with.source(task, node, nodes, drawing_seed(secret), values)


def drawing_seed(secret: bytes) -> int:
    """Return what decides a node's draws: nobody but the holder of its secret can repeat them."""
    from offchain.crypto.hashing import keccak256

    return int.from_bytes(keccak256(b"modelchain/drawing/1" + secret)[:8], "big")
