"""The feeder: ``python offchain/feeder.py``.

Relays Bitcoin headers. On a development chain it replays recorded ones as fast as the nodes do
their part, and moves the chain's clock along with them. With any other source (a Bitcoin node, an
Esplora server), or on any other chain, it relays headers as they come, and leaves the clock alone.
"""

from __future__ import annotations

from offchain.programs.interrupts import die_of_interrupts

if __name__ == "__main__":
    die_of_interrupts()

import sys
from typing import Any

import click

from offchain.commands.options import (
    FEEDER_ACCOUNT,
    account_option,
    program,
    setting_option,
    setting_options,
    start,
)
from offchain.config import ENVIRONMENT
from offchain.headers.source import KINDS, RECORDED
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program


@program()
@account_option(f" pays for gas, on a development chain {FEEDER_ACCOUNT} by default")
@setting_options("rpc", "websocket", "deployment")
@click.option(
    "--source",
    "kind",
    type=click.Choice(KINDS),
    help="where headers come from: a recorded file, a Bitcoin node's JSON-RPC, an Esplora server "
    f"[{ENVIRONMENT['headers']}, as core:URL for instance]",
)
@click.option("--url", metavar="URL", help="address of the Bitcoin node or the Esplora server")
@setting_option("bitcoin_cookie", "FILE", "the Bitcoin node's cookie file", flag="--cookie")
@click.option("--headers", metavar="FILE", help="description (JSON) of recorded headers")
@click.option(
    "--nodes",
    metavar="K",
    type=click.IntRange(1, 1000),
    help="models to wait for; by default one for each member",
)
@click.option(
    "--patience",
    metavar="SECONDS",
    type=FiniteRange(1.0, 86_400.0),
    default=120.0,
    help="after so long a phase goes on without those who are late",
)
@click.option(
    "--pause",
    metavar="SECONDS",
    type=FiniteRange(0.1, 86_400.0),
    default=30.0,
    help="how often a live source is asked",
)
@setting_options("maximum_fee")
def feeder(kind: str | None, url: str | None, headers: str | None, **options: Any) -> None:
    """Relay Bitcoin headers until it is stopped."""
    source = source_text(kind, url, headers)
    from offchain.commands.feeder.run import run_feeder

    start(run_feeder, {"headers": source, "recorded": kind == RECORDED, **options})


def source_text(kind: str | None, url: str | None, headers: str | None) -> str | None:
    """The text that names the source chosen by the options; None if none was.

    Raises:
        UsageError: they do not go together.
    """
    if kind in (None, RECORDED):
        if url is not None:
            raise click.UsageError("--url needs --source core or --source esplora")
        return headers if headers is None or kind is None else f"{RECORDED}:{headers}"
    if headers is not None:
        raise click.UsageError("--headers is for --source recorded")
    if url is None:
        raise click.UsageError(f"--source {kind} needs --url")
    return f"{kind}:{url}"


if __name__ == "__main__":
    sys.exit(run_program(feeder, "feeder"))
