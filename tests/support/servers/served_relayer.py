"""A relayer that serves over real HTTP and works when the test says so."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from offchain.chain.follower import ChainFollower
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import BoundedProvider
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.node.demo.local_network import free_port
from offchain.node.flights import Flights
from offchain.node.relayer.answers import BODY_SECONDS
from offchain.node.relayer.app import make_app
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.health import Health, chain_probe
from offchain.node.relayer.limits import MAXIMUM_QUEUE, Bounds
from offchain.node.relayer.mixing import Mixer, Timing
from offchain.node.relayer.order_wire import encode_order
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.service import RelayerService, keep_working
from offchain.node.relayer.serving import ImpatientProtocol, bind, serve_until_stopped
from offchain.node.relayer.wire import Publication, encode_publication, encode_share
from offchain.protocol.words.actions import Share
from offchain.protocol.words.orders import SignedOrder
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.chains.sharing_place import Drawn
from tests.support.waiting import PATIENCE_SECONDS

RELAYER = 6
"""The account of a relayer, of the development mnemonic."""

MIXING = 10.0
"""Seconds for which what comes is mixed."""


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
        self.service.work()  # draws when what is new goes
        self.clock.now += MIXING
        while self.service.work():
            self.clock.now += MIXING

    def sent(self) -> int:
        """How many transactions it sent."""
        chain = self.service._chain
        assert isinstance(chain, Web3Chain)
        return chain.contracts.ethereum.nonce(chain.account)

    def held(self) -> list[bytes]:
        """Hashes of the files that wait."""
        return sorted(self.queue.files._held)

    def post(self, share: Share) -> httpx.Response:
        """Hand in a data transaction."""
        return self.http.post("/transactions", json=encode_share(share))

    def post_file(self, content: bytes, digest: bytes | None = None) -> httpx.Response:
        """Hand in a file, as that of another hash if one is given."""
        name = sha256(content).hexdigest() if digest is None else digest.hex()
        return self.http.post(f"/files/{name}", content=content)

    def post_all(self, drawn: Drawn) -> None:
        """Hand in a data transaction with its files."""
        assert self.post(drawn.share).is_success
        for file in drawn.files:
            assert self.post_file(file).is_success

    def post_keys(self, keys: Publication) -> httpx.Response:
        """Hand in keys."""
        return self.http.post("/keys", json=encode_publication(keys))

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
    confirmations: int = 0,
    mixing: float | None = MIXING,
    seed: int = 1,
    policy: FeePolicy | None = None,
    health_url: str | None = None,
    client_clock: Callable[[], float] | None = None,
    protocol: type[ImpatientProtocol] = ImpatientProtocol,
    connections: int | None = None,
    at_once: int = 0,
) -> Iterator[ServedRelayer]:
    """Serve a relayer with account `number`, its files in `folder`, until the body ends.

    Without `url` it takes a free port. `mixing` None: as the chain's parameters say; `seed` decides
    what chance does.
    """
    found, clock = contracts.deployment, Clock()
    url = url or f"http://127.0.0.1:{free_port()}"
    with RelayerDatabase(folder / "queue.sqlite") as database:
        chain = Web3Chain(
            contracts,
            account_from_mnemonic(DEVELOPMENT_MNEMONIC, number),
            policy,
            DurableOutbox(database),
        )
        queue, store = RelayerQueue(database, maximum), LocalStore(folder / "store")
        service = RelayerService(
            chain,
            store,
            ChainFollower(chain, found.domain(), found.block_number),
            found.domain(),
            queue,
            Timing(chain.parameters, mixing, clock),
            Mixer(random.Random(seed)),
            OrderDesk(contracts, chain, queue.orders, minimum_fee, confirmations=confirmations),
            confirmations,
            Flights(at_once),
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
