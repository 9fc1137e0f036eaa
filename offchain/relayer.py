"""The relayer: ``python offchain/relayer.py``.

HTTP on loopback. It takes signed data transactions with their sealed payloads and, once their time
has come, payload keys; it checks them, keeps the payloads and brings all on chain in batches, so
that no sharer shows itself by paying for gas or by uploading. It also carries out signed orders
that move data rewards. What it accepted is on disk until it is on chain.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
import structlog
import uvicorn

from offchain.chain.client import Web3Chain, open_contracts
from offchain.chain.deployment.file import Deployment
from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import BoundedProvider
from offchain.chain.sending.accounts import load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.commands.options import (
    deployment_option,
    maximum_fee_option,
    rpc_option,
    store_option,
    version_option,
)
from offchain.config import DEFAULT_RELAYER, ENVIRONMENT, Settings, load_settings
from offchain.errors import ConfigurationError, PortInUse, RelayerError
from offchain.logs import LEVELS, configure_logs
from offchain.node.assembly import journal_file
from offchain.node.relayer.app import make_app
from offchain.node.relayer.batches import BatchSettings
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.forwarding import Forwarding
from offchain.node.relayer.health import Health, chain_probe
from offchain.node.relayer.limits import MAXIMUM_QUEUE, Bounds
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.service import RelayerService, keep_working
from offchain.programs import run_program, stop_on_signals
from offchain.storage.location import open_store
from offchain.values import parse_decimal

log = structlog.get_logger()

HEALTH_SECONDS = 3.0
"""How long the chain may take to answer for /healthz."""

CONNECTIONS = 256
"""Connections at a time, slow ones included; more get a 503."""

DEFAULT_ACCOUNT = 9
"""The last of the accounts that a development chain starts with: the nodes have the first ones."""


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
@store_option
@click.option(
    "--state",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help=f"where what is accepted is kept until it is on chain [{ENVIRONMENT['state']}]",
)
@maximum_fee_option
@click.option(
    "--listen",
    metavar="URL",
    help=f"where it listens [{ENVIRONMENT['relayer']}, {DEFAULT_RELAYER}]",
)
@click.option(
    "--batch",
    metavar="N",
    type=click.IntRange(1, 32),
    default=8,
    help="data transactions in one transaction",
)
@click.option(
    "--flush",
    metavar="SECONDS",
    type=click.FloatRange(0.0, 3600.0),
    default=0.5,
    help="how long a batch waits to become full",
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
    type=click.FloatRange(0.001, 1e6),
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
    "--order-fee",
    metavar="TOKENS",
    default="0",
    help="what is asked for carrying out a signed order (POST /permits)",
)
@click.option("--log-level", type=click.Choice(sorted(LEVELS)), default="info")
def relayer(
    number: int | None,
    rpc: str | None,
    deployment: Path | None,
    store: str | None,
    state: Path | None,
    maximum_fee: str | None,
    listen: str | None,
    batch: int,
    flush: float,
    queue: int,
    client_burst: int,
    client_rate: float,
    behind_proxy: bool,
    minimum_balance: str,
    order_fee: str,
    log_level: str,
) -> None:
    """Bring others' data transactions on chain until it is stopped."""
    configure_logs(log_level)
    settings = load_settings(
        {
            "rpc": rpc,
            "deployment": deployment,
            "store": store,
            "state": state,
            "relayer": listen,
            "maximum_fee": maximum_fee,
        },
        os.environ,
    )
    least_balance, least_fee = parse_decimal(minimum_balance), parse_decimal(order_fee)
    listener = bind(settings.relayer)
    contracts = open_contracts(settings.rpc, settings.deployment)
    has_key = settings.key_file is not None or settings.private_key is not None
    if number is None and not has_key:
        number = DEFAULT_ACCOUNT
    found = contracts.deployment
    account = load_account(settings, number, found.chain_id)
    with RelayerDatabase(queue_file(settings, found, account.address)) as database:
        chain = Web3Chain(
            contracts, account, FeePolicy(settings.maximum_fee), DurableOutbox(database)
        )
        domains = Domains.of(found)
        service = RelayerService(
            chain,
            open_store(settings.store, for_writing=True),
            ChainFollower(chain, domains, found.block_number),
            domains,
            RelayerQueue(database, queue),
            time.monotonic,
            BatchSettings(transactions=batch, flush_seconds=flush),
            Forwarding(contracts, chain.account, least_fee),
        )
        watching = Ethereum(
            BoundedProvider(settings.rpc, timeout_seconds=HEALTH_SECONDS, attempts=1)
        )
        health = Health(
            service.depth,
            service.work_log,
            chain_probe(watching, chain.account),
            least_balance,
            time.monotonic,
        )
        bounds = Bounds(burst=client_burst, per_second=client_rate)
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(service, health, time.monotonic, bounds),
                log_level="warning",
                access_log=False,
                lifespan="off",
                proxy_headers=behind_proxy,
                limit_concurrency=CONNECTIONS,
            )
        )
        stopped = stop_on_signals()
        sending = threading.Thread(target=keep_working, args=(service, stopped), daemon=True)
        sending.start()
        log.info("the relayer listens", url=settings.relayer, account=chain.account)
        serve_until_stopped(server, listener, stopped)
        stopped.set()
        sending.join(10.0)
    if service.work_log.broken:
        raise RelayerError("the relayer ended by an error in itself: read its log; nothing is lost")
    log.info("stopped")


def queue_file(settings: Settings, deployment: Deployment, account: str) -> Path:
    """Where what is accepted is kept: a file for every chain, deployment and account."""
    folder = settings.state / "relayer"
    return journal_file(folder, deployment.genesis_hash, deployment.address("ModelChain"), account)


def serve_until_stopped(
    server: uvicorn.Server, listener: socket.socket, stopped: threading.Event
) -> None:
    """Serve in a thread, so that signals reach the event and no other handler."""
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not stopped.wait(0.5) and thread.is_alive():
        pass
    server.should_exit = True
    thread.join(10.0)


def bind(url: str) -> socket.socket:
    """A listening socket at a loopback address.

    Raises:
        ConfigurationError: the address is no http address of this machine's loopback, or the system
            refuses its port.
        PortInUse: another process listens there.
    """
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else 80
    except ValueError as error:
        raise ConfigurationError(f"the relayer cannot listen at {url!r}: {error}") from error
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
        raise ConfigurationError(
            f"the relayer listens on loopback only, not at {url}: put a proxy with TLS before it "
            "to serve others"
        )
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse("127.0.0.1", port) from error
        raise ConfigurationError(
            f"the relayer cannot listen at {url} ({error.strerror}): choose another port"
        ) from error
    listener.listen(128)
    return listener


if __name__ == "__main__":
    sys.exit(run_program(relayer, "relayer"))
