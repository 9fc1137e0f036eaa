"""One node of Model Chain: ``python offchain/worker.py --account N``.

It applies for epochs, shares its data through relayers, moves the chain on, trains, commits,
reveals, attests and claims. Stopped or killed at any point and started again, it goes on.
"""

from __future__ import annotations

from offchain.programs.interrupts import die_of_interrupts

if __name__ == "__main__":
    die_of_interrupts()

import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from offchain.commands.options import (
    account_option,
    keep_rounds_option,
    program,
    relayers_option,
    setting_options,
    start,
    state_option,
)
from offchain.commands.own_data.options import data_options
from offchain.commands.worker.device import parse_device
from offchain.commands.worker.task_options import take_given, task_options
from offchain.learning.tasks.known import BUILT_IN
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Role


@program(*task_options())
@account_option()
@setting_options("rpc", "websocket", "deployment", "store", "maximum_fee", "maximum_claim_fee")
@state_option("where the journal is")
@relayers_option("where shares go, to one of several by chance")
@setting_options("relayer_proxy")
@click.option(
    "--direct",
    is_flag=True,
    help="share with the account's own transactions: everybody sees whose data it is",
)
@click.option(
    "--roles",
    metavar="LIST",
    default=",".join(role for role in Role if role in DEFAULT_ROLES),
    help="what the node does, joined by commas; with watch it evaluates all models of every round, "
    "so that it disputes false statements also where it does not attest",
)
@click.option(
    "--nodes",
    metavar="K",
    type=click.IntRange(1, 1000),
    default=4,
    help="nodes on this machine: they split its data and its cores, and --data where this is given",
)
@click.option(
    "--node",
    "position",
    metavar="I",
    type=click.IntRange(0, 999),
    help="which of them this one is; by default the account's number",
)
@click.option(
    "--task",
    metavar="NAME|FILE",
    help="what is learned, a built-in name or a task file: the deployment's, or the node does not "
    "start",
)
@click.option(
    "--data-source",
    type=click.Choice([*sorted(BUILT_IN), "none"]),
    help="what data the node shares; by default those that come with the task",
)
@data_options("shared once each (docs/OwnData.md)")
@click.option(
    "--threads",
    metavar="T",
    type=click.IntRange(1, 1024),
    help="threads that compute; by default this machine's cores divided by --nodes",
)
@click.option(
    "--device",
    metavar="DEVICE",
    callback=lambda _, __, value: parse_device(value),
    default="auto",
    help="where to train and judge: auto (a GPU if there is one), cpu, cuda or cuda:N",
)
@click.option(
    "--seed-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="the node's seed, 32 bytes in hexadecimal, instead of the mnemonic's",
)
@click.option(
    "--confirmations",
    metavar="B",
    help="EVM blocks that must follow a phase's start before secrets are given away: one number, "
    "or keys=B,reveals=B,statements=B; 0 on a development chain, else 12",
)
@click.option(
    "--phase-seconds",
    metavar="SECONDS",
    type=click.IntRange(1, 86_400),
    help="what a phase's length is taken for where headers are replayed; on a development chain "
    "60 by default, on others the chain's parameters say it",
)
@click.option(
    "--poll",
    metavar="SECONDS",
    type=FiniteRange(0.01, 600.0),
    help="pause between two looks at the chain; 0.2 on a development chain, else 2",
)
@keep_rounds_option()
@click.option(
    "--leave",
    is_flag=True,
    help="apply for no further epoch, and take the stake back once it is free",
)
@click.pass_context
def worker(context: click.Context, /, **options: Any) -> None:
    """Run one node against a deployment until it is stopped.

    Under torchrun, the first process is the node and the others help it to train.
    """
    from offchain.commands.worker.run import run_worker

    given = take_given(context, options)
    if context.get_parameter_source("nodes") is ParameterSource.DEFAULT:
        # A node by itself shares all that it was given.
        options["splits_data"] = False
    start(run_worker, {"given": given, **options})


if __name__ == "__main__":
    sys.exit(run_program(worker, "worker"))
