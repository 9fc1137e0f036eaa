"""Removes compiled contracts whose sources have changed since: all are compiled together again.

``python -m offchain.toolchain.stale_builds`` in the root of a checkout; `make build` runs it first.
Brownie compiles only what has changed, and cannot compile beside what was made of sources that are
gone. But the code that the compiler gives for a contract depends on what it is compiled with: what
is deployed from equal sources is to be equal.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from offchain.errors import ToolchainError
from offchain.programs.running import run_program
from offchain.toolchain.kept_contracts import BUILD_FOLDER, fingerprint
from offchain.whole_files import write_whole

FINGERPRINT_FILE: Final = BUILD_FOLDER.with_name("sources.sha256")
"""Of the sources that what lies in the build folder was compiled of."""


def remove_stale_builds(root: Path) -> int:
    """Remove the compiler's output if it is of other sources or settings; returns how many files.

    Raises:
        ArtifactError: a source cannot be read.
        ToolchainError: a file cannot be removed.
        UnwritableFile: the sources' fingerprint cannot be kept.
    """
    present, file = fingerprint(root), root / FINGERPRINT_FILE
    try:
        if file.is_file() and file.read_text(encoding="ascii", errors="replace") == present:
            return 0
        stale = sorted((root / BUILD_FOLDER).glob("*.json"))
        for output in stale:
            output.unlink(missing_ok=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, present.encode())
    except OSError as error:
        raise ToolchainError(f"cannot begin anew in {root / BUILD_FOLDER}: {error}") from error
    return len(stale)


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="the current folder",
    help="the checkout",
)
def main(root: Path) -> None:
    """Remove compiled contracts if their sources have changed."""
    if removed := remove_stale_builds(root):
        click.echo(
            f"sources have changed: all contracts are compiled anew ({removed} files removed)"
        )


if __name__ == "__main__":
    sys.exit(run_program(main, "stale_builds"))
