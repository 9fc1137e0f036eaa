"""``modelchain verify``: everything that the chain says, computed again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from offchain.commands.options import json_option, setting_options, start


@click.command()
@setting_options("rpc", "deployment", "store")
@click.option(
    "--light", is_flag=True, help="only headers, votes, blocks and claims; needs no store"
)
@click.option(
    "--checkpoint",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="go on where the verification that wrote FILE ended, and write it again",
)
@click.option(
    "--confirmations",
    metavar="N",
    type=click.IntRange(0),
    default=0,
    help="leave the last N EVM blocks for later",
)
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    help="for ring signatures, data and models",
)
@json_option("the result as JSON")
def verify(light: bool, checkpoint: Path | None, **options: Any) -> None:
    """Compute everything that the chain says again, from the chain and the content store alone.

    Headers, seeds, draws, ring signatures, data sets, statements, votes, blocks, rewards, balances,
    heat, standing, stakes. Says OK, or the first difference with both values, and ends with status
    15 then.
    """
    if light and checkpoint is not None:
        raise click.UsageError("--light reads everything anew: leave --checkpoint out")
    from offchain.commands.verify.run import run_verification

    start(run_verification, {"light": light, "checkpoint": checkpoint, **options})
