"""The feeder: ``python offchain/feeder.py``.

Relays Bitcoin headers. On a development chain it replays recorded ones as fast as the nodes do
their part, and moves the chain's clock along with them. With any other source (a Bitcoin node, an
Esplora server), or on any other chain, it relays headers as they come, and leaves the clock alone.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
import structlog

from offchain.chain.client import Web3Chain, open_contracts
from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.relay_view import RelayReader
from offchain.chain.rpc.clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.accounts import load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.commands.options import (
    deployment_option,
    maximum_fee_option,
    rpc_option,
    version_option,
)
from offchain.config import ENVIRONMENT, load_settings
from offchain.errors import NotDevelopmentChainError
from offchain.headers.next_batch import next_batch
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import KINDS, RECORDED, open_source, recorded_file
from offchain.logs import LEVELS, configure_logs
from offchain.node.feeder.live import FollowingFeeder
from offchain.node.feeder.replay import Feeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.ports import HeaderSource
from offchain.programs import run_program, stop_on_signals

log = structlog.get_logger()

DEFAULT_ACCOUNT = 8
"""Of the accounts that a development chain starts with; the relayer's is the one after it."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@version_option
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
    "--source",
    "kind",
    type=click.Choice(KINDS),
    help="where headers come from: a recorded file, a Bitcoin node's JSON-RPC, an Esplora server "
    f"[{ENVIRONMENT['headers']}, as core:URL for instance]",
)
@click.option("--url", metavar="URL", help="address of the Bitcoin node or the Esplora server")
@click.option(
    "--cookie",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"the Bitcoin node's cookie file [{ENVIRONMENT['bitcoin_cookie']}]",
)
@click.option("--headers", metavar="FILE", help="description (JSON) of recorded headers")
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
@click.option(
    "--pause",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86_400.0),
    default=30.0,
    help="how often a live source is asked",
)
@maximum_fee_option
@click.option("--log-level", type=click.Choice(sorted(LEVELS)), default="info")
def feeder(
    number: int | None,
    rpc: str | None,
    deployment: Path | None,
    kind: str | None,
    url: str | None,
    cookie: Path | None,
    headers: str | None,
    nodes: int | None,
    patience: float,
    pause: float,
    maximum_fee: str | None,
    log_level: str,
) -> None:
    """Relay Bitcoin headers until it is stopped."""
    configure_logs(log_level)
    settings = load_settings(
        {
            "rpc": rpc,
            "deployment": deployment,
            "headers": source_text(kind, url, headers),
            "bitcoin_cookie": cookie,
            "maximum_fee": maximum_fee,
        },
        os.environ,
    )
    if kind == RECORDED:
        recorded_file(settings.headers)
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    has_key = settings.key_file is not None or settings.private_key is not None
    if number is None and not has_key:
        number = DEFAULT_ACCOUNT
    account = load_account(settings, number, found.chain_id)
    chain = Web3Chain(contracts, account, FeePolicy(settings.maximum_fee))
    source = open_source(settings.headers, found.rules, settings.bitcoin_cookie)
    stopped = stop_on_signals()
    clock = clock_to_move(contracts.ethereum, source)
    relay = RelayReader(contracts.ethereum, found.address("BitcoinRelay"))
    if clock is None:
        FollowingFeeder(chain, relay, source, found.rules).run(stopped, pause)
        return
    # Headers of another chain than the relay's are said at once, not when the nodes wait for them.
    view = relay.view()
    next_batch(view, lambda: relay.held_hashes(view), source, found.rules)
    domains = Domains.of(found)
    Feeder(
        chain,
        ChainFollower(chain, domains, found.block_number),
        source,
        clock,
        found.relay,
        ReplaySchedule(contracts.parameters, found.checkpoint.height, nodes, patience),
        time.monotonic,
    ).run(stopped)


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


def clock_to_move(ethereum: Ethereum, source: HeaderSource) -> DevelopmentClock | None:
    """The clock of a development chain on which recorded headers are replayed; else None."""
    if not isinstance(source, RecordedHeaders):
        log.info("headers are relayed as they come, the chain's clock is left alone")
        return None
    try:
        return DevelopmentClock(ethereum)
    except NotDevelopmentChainError as error:
        log.info("headers are relayed as they come", reason=str(error))
        return None


if __name__ == "__main__":
    sys.exit(run_program(feeder, "feeder"))
