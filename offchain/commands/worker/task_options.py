"""The options that tasks take, on the worker's command line."""

from __future__ import annotations

import copy
from typing import Any

import click
from click.core import ParameterSource

from offchain.learning.tasks.known import TASKS, options_of_tasks


def task_options() -> list[click.Option]:
    """The options of all tasks; help names the tasks where not all take one."""
    found = []
    for option, takers in options_of_tasks().items():
        shown = copy.copy(option)
        if len(takers) < len(TASKS):
            shown.help = f"{option.help} [{', '.join(takers)}]"
        found.append(shown)
    return found


def take_given(context: click.Context, values: dict[str, Any]) -> dict[str, Any]:
    """Take the tasks' options out of a command's ``values``; returns those that were given."""
    taken = {str(option.name): values.pop(str(option.name)) for option in options_of_tasks()}
    unsaid = (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
    return {
        name: value
        for name, value in taken.items()
        if context.get_parameter_source(name) not in unsaid
    }
