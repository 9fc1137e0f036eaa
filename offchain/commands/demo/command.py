"""``modelchain demo``: a whole network on this machine makes a few blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.options import start
from offchain.commands.own_data.options import data_options
from offchain.config import DEFAULT_TASK
from offchain.programs.finite_range import FiniteRange


@click.command()
@click.option("--nodes", type=click.IntRange(3, 16), default=4, help="worker processes")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, help="blocks to make")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    default=Path("out/demo.json"),
    help="where the figures go",
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    default=Path("out/accuracy.png"),
    help="where the picture goes",
)
@click.option(
    "--task",
    metavar="NAME|FILE",
    default=DEFAULT_TASK,
    help="what the nodes learn: a built-in task or a task file",
)
@data_options("which the nodes split (docs/OwnData.md)")
@click.option(
    "--training-seconds",
    type=FiniteRange(0.1),
    default=None,
    metavar="SECONDS",
    help="of each model at most; by default 40 with --data, else as the task's kind has it",
)
@click.option(
    "--liars",
    type=click.IntRange(0, 15),
    default=0,
    metavar="K",
    help="nodes that state false points; one honest one is enough",
)
@click.option("--keep", is_flag=True, help="keep store, journals and logs in out/demo")
@click.option(
    "--timeout",
    type=FiniteRange(10.0),
    default=900.0,
    metavar="SECONDS",
    help="give up after so long",
)
def demo(**options: Any) -> None:
    """Start a chain, a relayer, a feeder and nodes on this machine, and make a few blocks."""
    from offchain.commands.demo.run import show_demo

    start(show_demo, options)
