"""A relayer of orders that serves over real HTTP and works when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.node.demo.local_network import free_port
from offchain.node.relayer.answers import http_error
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.limits import MAXIMUM_QUEUE, BoundedRequests, Bounds
from offchain.node.relayer.order_routes import order_routes
from offchain.node.relayer.order_wire import encode_order
from offchain.node.relayer.orders import OrderDesk, order_lane
from offchain.node.relayer.serving import ImpatientProtocol, bind, serve_until_stopped
from offchain.protocol.words.orders import SignedOrder
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.waiting import PATIENCE_SECONDS


@dataclass
class OrderRelayer:
    """A relayer of orders and a client of it."""

    desk: OrderDesk
    database: RelayerDatabase
    url: str
    http: httpx.Client

    def post(self, signed: SignedOrder) -> httpx.Response:
        """Hand in a signed order."""
        return self.http.post("/orders", json=encode_order(signed))

    def work(self) -> None:
        """Carry out all that waits."""
        while self.desk.send():
            pass


def open_desk(
    contracts: DeployedContracts,
    number: int,
    database: RelayerDatabase,
    minimum_fee: int = 0,
    maximum: int = MAXIMUM_QUEUE,
    policy: FeePolicy | None = None,
) -> OrderDesk:
    """The desk of account `number`, with its memory in a database."""
    signer = account_from_mnemonic(DEVELOPMENT_MNEMONIC, number)
    chain = Web3Chain(contracts, signer, policy, DurableOutbox(database))
    return OrderDesk(contracts, chain, order_lane(database, maximum), minimum_fee)


@contextmanager
def order_relayer(
    contracts: DeployedContracts,
    number: int,
    folder: Path,
    *,
    minimum_fee: int = 0,
    maximum: int = MAXIMUM_QUEUE,
    policy: FeePolicy | None = None,
    bounds: Bounds | None = None,
    client_clock: Callable[[], float] = lambda: 0.0,
    was_rewarded: Callable[[str], bool] = lambda _: True,
) -> Iterator[OrderRelayer]:
    """Serve with account `number`, its memory in `folder`, until the body ends."""
    url = f"http://127.0.0.1:{free_port()}"
    with RelayerDatabase(folder / "queue.sqlite") as database:
        desk = open_desk(contracts, number, database, minimum_fee, maximum, policy)
        app = Starlette(
            routes=order_routes(desk.terms, lambda signed: desk.take(signed, was_rewarded)),
            middleware=[Middleware(BoundedRequests, bounds=bounds or Bounds(), clock=client_clock)],
            exception_handlers={HTTPException: http_error},
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app, http=ImpatientProtocol, log_level="error", lifespan="off", proxy_headers=False
            )
        )
        stopped = threading.Event()
        thread = threading.Thread(target=serve_until_stopped, args=(server, bind(url), stopped))
        thread.start()
        try:
            with httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http:
                yield OrderRelayer(desk, database, url, http)
        finally:
            stopped.set()
            thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


@contextmanager
def working_order_relayer(
    contracts: DeployedContracts,
    number: int,
    folder: Path,
    *,
    minimum_fee: int = 0,
    was_rewarded: Callable[[str], bool] = lambda _: True,
) -> Iterator[OrderRelayer]:
    """A relayer that serves and carries out what it is given."""
    stopped = threading.Event()
    with order_relayer(
        contracts, number, folder, minimum_fee=minimum_fee, was_rewarded=was_rewarded
    ) as served:

        def work() -> None:
            while not stopped.wait(0.05):
                served.desk.send()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield served
        finally:
            stopped.set()
            thread.join(PATIENCE_SECONDS)


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and word of an answer that refuses."""
    return response.status_code, response.json()["error"]
