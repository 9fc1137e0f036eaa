"""Options of the programs that write what this package carries of the compiled contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

CHECK: Final = click.option("--check", is_flag=True, help="write nothing, only compare")

COMPILED_ROOT: Final = click.option(
    "--root",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path.cwd,
    help="the compiled checkout; by default the current folder",
)
