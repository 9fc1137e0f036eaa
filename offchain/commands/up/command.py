"""``modelchain up``: a network on this machine that goes on until it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.look.command import examples
from offchain.commands.options import start
from offchain.commands.own_data.options import data_options
from offchain.programs.finite_range import FiniteRange

_PORT = click.IntRange(1, 65_535)


@click.command(
    epilog=examples(
        "modelchain up",
        "modelchain up --nodes 3 --folder ~/my-network",
        "cd modelchain-network && modelchain status --account 0   (in another terminal)",
    )
)
@click.option(
    "--nodes",
    type=click.IntRange(3, 16),
    help="worker processes; 4 by default, and as many as before where the network is there",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("modelchain-network"),
    help="where chain, store, state and logs are kept",
)
@click.option(
    "--task",
    metavar="NAME|FILE",
    help="what the nodes of a new network learn: a built-in task, or a task file",
)
@data_options("which the nodes split: a task file needs them")
@click.option("--port", type=_PORT, default=8545, help="of the chain, on this machine only")
@click.option("--relayer-port", type=_PORT, default=8550, help="of the relayer, likewise")
@click.option(
    "--patience",
    type=FiniteRange(1.0, 86_400.0),
    default=120.0,
    metavar="SECONDS",
    help="after so long a phase goes on without those who are late",
)
def up(**options: Any) -> None:
    """Run a whole network on this machine: chain, relayer, feeder and nodes.

    It goes on until it is stopped (Ctrl-C). Started again with the same folder it goes on where it
    was. A program that ends is started again; the chain is saved again and again.
    """
    from offchain.commands.up.run import run_up

    start(run_up, options)
