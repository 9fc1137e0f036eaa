"""The relayer: ``python offchain/relayer.py``.

HTTP on loopback. It takes signed data transactions with their sealed payloads and, once their time
has come, payload keys; it checks them, keeps the payloads and brings all on chain in batches, so
that no sharer shows itself by paying for gas or by uploading.
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

from offchain.chain.accounts import load_account
from offchain.chain.client import Web3Chain, open_contracts
from offchain.commands.options import deployment_option, rpc_option, store_option
from offchain.config import DEFAULT_RELAYER, ENVIRONMENT, load_settings
from offchain.errors import ConfigurationError, PortInUse
from offchain.node.domains import Domains
from offchain.node.follower import ChainFollower
from offchain.node.logs import LEVELS, configure_logs
from offchain.node.programs import run_program, stop_on_signals
from offchain.node.relayer_app import make_app
from offchain.node.relayer_queue import RelayerQueue
from offchain.node.relayer_service import BatchSettings, RelayerService, keep_working
from offchain.storage.location import open_store

log = structlog.get_logger()

DEFAULT_ACCOUNT = 9
"""The last of the accounts that a development chain starts with: the nodes have the first ones."""


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
@store_option
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
@click.option("--log-level", type=click.Choice(sorted(LEVELS)), default="info")
def relayer(
    number: int | None,
    rpc: str | None,
    deployment: Path | None,
    store: str | None,
    listen: str | None,
    batch: int,
    flush: float,
    log_level: str,
) -> None:
    """Bring others' data transactions on chain until it is stopped."""
    configure_logs(log_level)
    settings = load_settings(
        {"rpc": rpc, "deployment": deployment, "store": store, "relayer": listen}, os.environ
    )
    listener = bind(settings.relayer)
    contracts = open_contracts(settings.rpc, settings.deployment)
    has_key = settings.key_file is not None or settings.private_key is not None
    if number is None and not has_key:
        number = DEFAULT_ACCOUNT
    found = contracts.deployment
    chain = Web3Chain(contracts, load_account(settings, number, found.chain_id))
    domains = Domains(
        found.domain("ModelChain"), found.domain("DataRegistry"), found.domain("KeyRegistry")
    )
    service = RelayerService(
        chain,
        open_store(settings.store, for_writing=True),
        ChainFollower(chain, domains, found.block_number),
        domains,
        RelayerQueue(),
        time.monotonic,
        BatchSettings(transactions=batch, flush_seconds=flush),
    )
    stopped = threading.Event()
    sending = threading.Thread(target=keep_working, args=(service, stopped), daemon=True)
    sending.start()
    server = uvicorn.Server(
        uvicorn.Config(make_app(service), log_level="warning", access_log=False, lifespan="off")
    )
    log.info("the relayer listens", url=settings.relayer, account=chain.account)
    serve_until_stopped(server, listener, stop_on_signals())
    stopped.set()
    sending.join(10.0)
    log.info("stopped")


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
