"""The relayer: ``python offchain/relayer.py``.

HTTP on loopback. It takes signed data transactions with their sealed files and, once their time has
come, their keys; it checks them, and brings all on chain at moments and in an order by chance, so
that no sharer shows itself by paying for gas, by uploading or by when it does so. It also carries
out signed orders that pay tokens of accounts without ether. What it accepted is on disk until it is
on chain.
"""

from __future__ import annotations

from offchain.programs.interrupts import die_of_interrupts

if __name__ == "__main__":
    die_of_interrupts()

import sys
from typing import Any

import click

from offchain.commands.options import (
    RELAYER_ACCOUNT,
    account_option,
    keep_rounds_option,
    program,
    relayer_option,
    setting_options,
    start,
    state_option,
)
from offchain.node.relayer.limits import MAXIMUM_QUEUE, Bounds
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program


@program()
@account_option(f" pays for gas, on a development chain {RELAYER_ACCOUNT} by default")
@setting_options("rpc", "websocket", "deployment", "store", "maximum_fee")
@state_option("where what is accepted is kept until it is on chain")
@relayer_option("where it listens", "--listen")
@click.option(
    "--mixing",
    metavar="SECONDS",
    type=FiniteRange(0.0, 86_400.0),
    help="hold what comes for at most so long, by chance [as the phase's length says; 0.5 on a "
    "development chain]",
)
@click.option(
    "--queue",
    metavar="N",
    type=click.IntRange(1, 1 << 20),
    default=MAXIMUM_QUEUE,
    help="entries of each kind that wait at most",
)
@click.option(
    "--client-burst",
    metavar="N",
    type=click.IntRange(1, 1 << 20),
    default=Bounds().burst,
    help="requests that one client may send at once",
)
@click.option(
    "--client-rate",
    metavar="N",
    type=FiniteRange(0.001, 1e6),
    default=Bounds().per_second,
    help="requests a second that one client may send on and on",
)
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="tell clients apart by X-Forwarded-For, which a proxy on this machine must set",
)
@click.option(
    "--minimum-balance",
    metavar="ETHER",
    default="0.05",
    help="/healthz says 503 when the account has less",
)
@click.option(
    "--poll",
    metavar="SECONDS",
    type=FiniteRange(0.01, 600.0),
    help="pause between two looks at the chain; 0.2 on a development chain, else 2",
)
@click.option(
    "--confirmations",
    metavar="B",
    type=click.IntRange(0, 10_000),
    help="EVM blocks after which what is on chain is forgotten, until then it is sent again where "
    "blocks were taken back; 0 on a development chain, else 12",
)
@keep_rounds_option()
@click.option(
    "--order-fee",
    metavar="TOKENS",
    default="0",
    help="what is asked for carrying out a signed order (POST /orders)",
)
def relayer(**options: Any) -> None:
    """Bring others' data transactions on chain until it is stopped."""
    from offchain.commands.relayer.run import run_relayer

    start(run_relayer, options)


if __name__ == "__main__":
    sys.exit(run_program(relayer, "relayer"))
