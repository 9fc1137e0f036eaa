"""``modelchain task``: propose a task file from data, check one, show one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group()
def task() -> None:
    """Task files: what samples are, how many a part has, how large a model may be."""


@task.command()
@click.option(
    "--from",
    "path",
    metavar="PATH",
    required=True,
    type=click.Path(path_type=Path),
    help="a folder or file of samples, as `share` takes them",
)
@click.option("--name", help="of the task; by default the path's")
@click.option("--kind", type=click.Choice(["images", "table", "text"]), help="as the data look")
@click.option("--target", metavar="COLUMN", help="of a table, to be told; by default the last")
@click.option(
    "--samples-per-part",
    metavar="N",
    type=click.IntRange(1, 40_000),
    help="in each part that is shared",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("task.toml"),
    show_default=True,
    help="where it goes; - for standard output",
)
@click.option("--force", is_flag=True, help="write over a file that is there")
def new(**options: Any) -> None:
    """Propose a task file from data."""
    from offchain.commands.task.run import propose

    propose(**options)


@task.command()
@click.argument("file", metavar="FILE")
def check(file: str) -> None:
    """Check a task FILE: whether a chain can be deployed with it."""
    from offchain.commands.task.run import check_file

    check_file(file)


@task.command()
@click.argument("task", metavar="NAME|FILE")
@click.option("--json", "as_json", is_flag=True, help="the description that is hashed, as it is")
def show(task: str, as_json: bool) -> None:
    """Show a task: a built-in name or a file."""
    from offchain.commands.task.run import show_task

    show_task(task, as_json=as_json)
