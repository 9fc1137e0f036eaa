"""The options that tasks take, on the worker's command line."""

from __future__ import annotations

import copy
from typing import Any

import click
from click.core import ParameterSource

from offchain.learning.kinds.known import kind_names
from offchain.learning.tasks.known import options_of_tasks


def task_options() -> list[click.Option]:
    """The options of all kinds and tasks; help names those that take one where not all do."""
    found = []
    for option, takers in options_of_tasks().items():
        shown = copy.copy(option)
        if not set(kind_names()) <= set(takers):
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
