"""A relayer that serves over real HTTP and works when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from offchain.chain.domains import Domains

from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import BoundedProvider
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.answers import BODY_SECONDS
from offchain.node.relayer.app import make_app
from offchain.node.relayer.batches import BatchSettings
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.health import Health, chain_probe
from offchain.node.relayer.limits import MAXIMUM_QUEUE, Bounds
from offchain.node.relayer.order_wire import encode_order
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.service import RelayerService, keep_working
from offchain.node.relayer.serving import ImpatientProtocol, bind, serve_until_stopped
from offchain.node.relayer.wire import encode_reveals, encode_submission
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.transactions import DataTransaction, KeyReveal
from offchain.storage.local import LocalStore
from tests.support.waiting import PATIENCE_SECONDS


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@dataclass
class ServedRelayer:
    """A relayer and a client of it."""

    service: RelayerService
    queue: RelayerQueue
    store: LocalStore
    url: str
    clock: Clock
    http: httpx.Client

    def work(self) -> None:
        """Send all that waits."""
        self.clock.now += 10
        while self.service.work():
            self.clock.now += 10

    def post(self, transaction: DataTransaction, payload: bytes) -> httpx.Response:
        """Hand in a data transaction."""
        return self.http.post("/transactions", json=encode_submission(transaction, payload))

    def post_keys(self, *reveals: KeyReveal) -> httpx.Response:
        """Hand in payload keys."""
        return self.http.post("/keys", json=encode_reveals(tuple(reveals)))

    def post_order(self, signed: SignedOrder) -> httpx.Response:
        """Hand in a signed order."""
        return self.http.post("/orders", json=encode_order(signed))


@contextmanager
def served_relayer(
    contracts: DeployedContracts,
    number: int,
    folder: Path,
    *,
    url: str | None = None,
    maximum: int = MAXIMUM_QUEUE,
    bounds: Bounds | None = None,
    body_seconds: float = BODY_SECONDS,
    minimum_balance: int = 0,
    minimum_fee: int = 0,
    policy: FeePolicy | None = None,
    health_url: str | None = None,
    client_clock: Callable[[], float] | None = None,
    protocol: type[ImpatientProtocol] = ImpatientProtocol,
    connections: int | None = None,
) -> Iterator[ServedRelayer]:
    """Serve a relayer with account `number`, its files in `folder`, until the body ends.

    Without `url` it takes a free port.
    """
    found, clock = contracts.deployment, Clock()
    domains = Domains.of(found)
    url = url or f"http://127.0.0.1:{free_port()}"
    with RelayerDatabase(folder / "queue.sqlite") as database:
        chain = Web3Chain(contracts, account(number), policy, DurableOutbox(database))
        queue, store = RelayerQueue(database, maximum), LocalStore(folder / "store")
        service = RelayerService(
            chain,
            store,
            ChainFollower(chain, domains, found.block_number),
            domains,
            queue,
            clock,
            BatchSettings(),
            OrderDesk(contracts, chain, queue.orders, clock, minimum_fee),
        )
        watching = Ethereum(
            BoundedProvider(health_url or contracts.ethereum.url, timeout_seconds=30, attempts=1)
        )
        health = Health(
            service.depth,
            service.work_log,
            chain_probe(watching, chain.account),
            minimum_balance,
            clock,
        )
        app = make_app(service, health, client_clock or clock, bounds, body_seconds)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=protocol,
                log_level="error",
                lifespan="off",
                proxy_headers=False,
                limit_concurrency=connections,
            )
        )
        stopped = threading.Event()
        thread = threading.Thread(target=serve_until_stopped, args=(server, bind(url), stopped))
        thread.start()
        try:
            with httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http:
                yield ServedRelayer(service, queue, store, url, clock, http)
        finally:
            stopped.set()
            thread.join(PATIENCE_SECONDS)
            watching.close()
        assert not thread.is_alive()


@contextmanager
def working_relayer(
    contracts: DeployedContracts, number: int, folder: Path, **options: Any
) -> Iterator[ServedRelayer]:
    """A relayer that serves and sends, as the program does; options of `served_relayer`."""
    stopped = threading.Event()
    with served_relayer(contracts, number, folder, **options) as served:
        sending = threading.Thread(target=keep_working, args=(served.service, stopped, 0.05))
        sending.start()
        try:
            yield served
        finally:
            stopped.set()
            sending.join(PATIENCE_SECONDS)


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and word of an answer that refuses."""
    return response.status_code, response.json()["error"]
