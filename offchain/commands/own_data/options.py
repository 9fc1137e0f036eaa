"""The options for samples of one's own, as workers and networks of them have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from offchain.commands.options import Command


def data_options(use: str) -> Callable[[Command], Command]:
    """--data and --skip-bad; ``use`` says what becomes of the samples."""

    def decorated(command: Command) -> Command:
        command = click.option(
            "--skip-bad",
            is_flag=True,
            help="share the rest of --data where some of it does not fit the task",
        )(command)
        return click.option(
            "--data",
            metavar="PATH",
            type=click.Path(path_type=Path),
            help=f"a file or folder of your own samples, {use}",
        )(command)

    return decorated
