"""``modelchain audit``: try to name who shared, from all that is public."""

from __future__ import annotations

import os
from typing import Any

import click

from offchain.commands.options import json_option, setting_options, start


@click.command()
@setting_options("rpc", "deployment", "store")
@click.option(
    "--nodes",
    metavar="K",
    type=click.IntRange(0, 1000),
    default=0,
    help="nodes of the mnemonic, from account 0: with their secrets the guesses are checked",
)
@json_option("the figures as JSON")
def audit(**options: Any) -> None:
    """Attack the anonymity of a chain's sharers, and price a proof against a false statement.

    Ties data transactions together that look alike, matches when they are missing with the
    accounts' absences, and compares orders. What it gets right stands beside what guessing gives.
    What a proof costs at some gas prices stands beside what it wins.
    """
    # As for attacks: threads would wait for one another.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from offchain.commands.audit.run import run_audit

    start(run_audit, options)
