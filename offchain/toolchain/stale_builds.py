"""Removes what was compiled with sources that are gone: Brownie cannot compile beside it.

``python -m offchain.toolchain.stale_builds`` in the root of a checkout; `make build` runs it first.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from offchain.errors import ToolchainError
from offchain.programs.running import run_program
from offchain.toolchain.kept_contracts import BUILD_FOLDER


def remove_stale_builds(root: Path) -> list[str]:
    """Remove output of the compiler that was made with a source that is gone; returns its names.

    Files that cannot be read as such output are left to Brownie.

    Raises:
        ToolchainError: a file cannot be removed.
    """
    removed = []
    for file in sorted((root / BUILD_FOLDER).glob("*.json")):
        try:
            sources = json.loads(file.read_bytes())["allSourcePaths"].values()
            is_stale = not all((root / source).exists() for source in sources)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if is_stale:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise ToolchainError(f"cannot remove {file}: {error.strerror}") from error
            removed.append(file.stem)
    return removed


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="the current folder",
    help="the checkout",
)
def main(root: Path) -> None:
    """Remove what was compiled with sources that are gone."""
    for name in remove_stale_builds(root):
        click.echo(f"{name}: compiled anew, since a source of it is gone")


if __name__ == "__main__":
    sys.exit(run_program(main, "stale_builds"))
