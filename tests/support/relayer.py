"""A relayer on a real chain, served over real HTTP, that works when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from offchain.node.demo.network import free_port
from offchain.node.relayer_app import make_app
from offchain.node.relayer_queue import RelayerQueue
from offchain.node.relayer_service import BatchSettings, RelayerService
from offchain.node.relayer_wire import encode_reveals, encode_submission
from offchain.protocol.transactions import DataTransaction, KeyReveal
from offchain.relayer import bind, serve_until_stopped
from offchain.storage.local import LocalStore
from tests.support.node_chain import NODES, NodeChain


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Relayer:
    """A relayer that serves, and works when the test says so."""

    chain: NodeChain
    service: RelayerService
    store: LocalStore
    url: str
    clock: Clock
    http: httpx.Client

    def work(self) -> None:
        """Send all that waits."""
        self.clock.now += 10
        while self.service.work():
            self.clock.now += 10
        self.chain.refresh()

    def post(self, transaction: DataTransaction, payload: bytes) -> httpx.Response:
        """Hand over a data transaction."""
        return self.http.post("/transactions", json=encode_submission(transaction, payload))

    def post_keys(self, *reveals: KeyReveal) -> httpx.Response:
        """Hand over payload keys."""
        return self.http.post("/keys", json=encode_reveals(tuple(reveals)))

    def share(self, *entries: tuple[DataTransaction, bytes]) -> None:
        """Bring data transactions on chain."""
        for transaction, payload in entries:
            assert self.post(transaction, payload).is_success
        self.work()


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.json()["error"]


@contextmanager
def running_relayer(
    chain: NodeChain, store: Path, queue_size: int, url: str | None = None
) -> Iterator[Relayer]:
    """Serve a relayer, on a free port if none is given."""
    url = url or f"http://127.0.0.1:{free_port()}"
    content, clock = LocalStore(store), Clock()
    service = RelayerService(
        chain.chains[NODES + 2],
        content,
        chain.follower(),
        chain.domains,
        RelayerQueue(maximum=queue_size),
        clock,
        BatchSettings(),
    )
    server = uvicorn.Server(uvicorn.Config(make_app(service), log_level="error", lifespan="off"))
    stopped = threading.Event()
    thread = threading.Thread(target=serve_until_stopped, args=(server, bind(url), stopped))
    thread.start()
    try:
        with httpx.Client(base_url=url, timeout=30) as http:
            yield Relayer(chain, service, content, url, clock, http)
    finally:
        stopped.set()
        thread.join(15)
    assert not thread.is_alive()
