"""The feeder: ``python offchain/feeder.py``.

Relays Bitcoin headers. On a development chain it replays recorded ones as fast as the nodes do
their part, and moves the chain's clock along with them; elsewhere it relays what its source has.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
import structlog

from offchain.chain.accounts import load_account
from offchain.chain.client import Web3Chain, open_contracts
from offchain.chain.development import DevelopmentClock
from offchain.commands.options import deployment_option, rpc_option
from offchain.config import ENVIRONMENT, load_settings
from offchain.errors import NotDevelopmentChainError
from offchain.headers.recorded import RecordedHeaders
from offchain.node.domains import Domains
from offchain.node.feeder import Feeder, FollowingFeeder
from offchain.node.feeding import Replay
from offchain.node.follower import ChainFollower
from offchain.node.logs import LEVELS, configure_logs
from offchain.node.programs import run_program, stop_on_signals

log = structlog.get_logger()

DEFAULT_ACCOUNT = 8
"""Of the accounts that a development chain starts with; the relayer's is the one after it."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--account",
    "number",
    metavar="N",
    type=click.IntRange(0, 2**31 - 1),
    help=f"account N of the mnemonic pays for gas [{ENVIRONMENT['mnemonic']}]; "
    f"on a development chain {DEFAULT_ACCOUNT} by default",
)
@rpc_option
@deployment_option
@click.option(
    "--headers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"description (JSON) of recorded headers [{ENVIRONMENT['headers']}]",
)
@click.option(
    "--nodes",
    metavar="K",
    type=click.IntRange(1, 1000),
    help="models to wait for; by default one for each account with share keys",
)
@click.option(
    "--patience",
    metavar="SECONDS",
    type=click.FloatRange(1.0, 86_400.0),
    default=120.0,
    help="after so long a phase goes on without those who are late",
)
@click.option("--log-level", type=click.Choice(sorted(LEVELS)), default="info")
def feeder(
    number: int | None,
    rpc: str | None,
    deployment: Path | None,
    headers: Path | None,
    nodes: int | None,
    patience: float,
    log_level: str,
) -> None:
    """Relay Bitcoin headers until it is stopped."""
    configure_logs(log_level)
    settings = load_settings({"rpc": rpc, "deployment": deployment, "headers": headers}, os.environ)
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    has_key = settings.key_file is not None or settings.private_key is not None
    if number is None and not has_key:
        number = DEFAULT_ACCOUNT
    chain = Web3Chain(contracts, load_account(settings, number, found.chain_id))
    source = RecordedHeaders(settings.headers, found.rules)
    stopped = stop_on_signals()
    try:
        clock = DevelopmentClock(contracts.ethereum)
    except NotDevelopmentChainError as error:
        log.info("headers are relayed as they come", reason=str(error))
        FollowingFeeder(chain, source, found.relay).run(stopped)
        return
    domains = Domains(
        found.domain("ModelChain"), found.domain("DataRegistry"), found.domain("KeyRegistry")
    )
    Feeder(
        chain,
        ChainFollower(chain, domains, found.block_number),
        source,
        clock,
        found.relay,
        Replay(contracts.parameters, found.checkpoint.height, nodes, patience),
        time.monotonic,
    ).run(stopped)


if __name__ == "__main__":
    sys.exit(run_program(feeder, "feeder"))
