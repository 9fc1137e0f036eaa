"""What ``modelchain dashboard`` does."""

from __future__ import annotations

import socket
import threading

import click
import uvicorn

from offchain.chain.web3_chain import open_contracts
from offchain.commands.look.points import full_points
from offchain.config import Settings
from offchain.dashboard.app import Pages
from offchain.dashboard.following import Follower, News
from offchain.dashboard.index import Index
from offchain.errors import PortInUse
from offchain.programs.logs import warnings_to_standard_error
from offchain.programs.running import stop_on_signals

HOST = "127.0.0.1"
CONNECTIONS = 64
"""Connections at a time; more get a 503."""

END_SECONDS = 2.0
"""How long pages that are being sent are waited for at the end."""


@warnings_to_standard_error()
def run_dashboard(settings: Settings, *, port: int) -> None:
    """Serve the dashboard until it is stopped.

    Raises:
        PortInUse: another process listens there.
        ModelChainError: the chain does not hold the deployment, or the index cannot be used.
    """
    with _bound(port) as listener:
        contracts = open_contracts(settings.rpc, settings.deployment)
        found = contracts.deployment
        place = f"{found.genesis_hash.hex()[:16]}-{found.address('ModelChain')}"
        index = Index(settings.state / "dashboard" / f"{place}.sqlite", place)
        news = News()
        follower = Follower(contracts, full_points(found.task), index, news)
        stopped = stop_on_signals()
        server = uvicorn.Server(
            uvicorn.Config(
                Pages(index, news, stopped).app(),
                log_level="warning",
                access_log=False,
                lifespan="off",
                limit_concurrency=CONNECTIONS,
                timeout_graceful_shutdown=int(END_SECONDS),
            )
        )

        following = threading.Thread(target=follower.run, args=(stopped,), daemon=True)
        following.start()
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        serving.start()
        click.echo(
            f"The dashboard is at http://{HOST}:{listener.getsockname()[1]} (Ctrl-C ends it)"
        )
        stopped.wait()
        server.should_exit = True
        serving.join(END_SECONDS + 1)


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortInUse(HOST, port) from error
    listener.listen()
    return listener
