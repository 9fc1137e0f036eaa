"""What a task is to a node: the options it takes, and the learner and the data made of them.

Importing a task's choice must cost nothing, since every command line names all tasks: what a task
needs is imported when it is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses
    from offchain.ports import DataSource, Learner

OptionValues = Mapping[str, Any]
"""Values of a task's options by their arguments' names."""


@dataclass(frozen=True, slots=True)
class TaskChoice:
    """How nodes of one task learn, and where they have data from.

    Attributes:
        options: that the worker takes for this task, each with an explicit default. One that
            several tasks have is one object.
        samples_per_part: that a deployment has where nobody chose another number.
        points: what a model earns on a sample that it gets right, 1 to 255.
        learner: of the samples in a part, the options' values, and the processes that train
            together, None where there is one alone.
        source: of the samples in a part, a node's number, the number of nodes on its machine, a
            seed that decides what it draws, and the options' values.
        judge: name of the contract that decides disputes about the task's points; None: it has
            none, and a majority of the attesters is believed.
    """

    options: tuple[click.Option, ...]
    samples_per_part: int
    points: int
    learner: Callable[[int, OptionValues, TrainingProcesses | None], Learner]
    source: Callable[[int, int, int, int, OptionValues], DataSource]
    judge: str | None = None


TRAINING_SECONDS: Final = click.Option(
    ["--training-seconds"],
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86_400.0),
    default=None,
    help="how long one model is trained at most",
)
