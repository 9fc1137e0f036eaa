"""``modelchain attack``: try a promise, or all of them."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command()
@click.argument("name")
@click.option(
    "--json",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write what happened to a file too",
)
def attack(name: str, file: Path | None) -> int:
    """Attack a promise of the protocol: NAME, all, or list to see what there is.

    Each attack also runs against the plain rule that the promise is held against. The status is 0
    only if every promise held.
    """
    # NumPy reads it once: threads would wait for one another longer than a small product takes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from offchain.commands.attack.run import list_attacks, run_attacks

    if name == "list":
        list_attacks()
        return 0
    return run_attacks(name, file)
