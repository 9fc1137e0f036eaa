"""The small chain in an index, and its pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from offchain.chain.reading.gas import UsedGas
from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.present import ChainView, ClockView
from offchain.dashboard.app import Pages
from offchain.dashboard.following import IndexWriter, News
from offchain.dashboard.index import Index
from offchain.ports import BlockPoint
from offchain.protocol.words.status import Phase
from tests.chronicle.conftest import told
from tests.support.chains.recorded import chain

__all__ = ["chain", "told"]


@pytest.fixture(scope="session")
def now(told: Chronicle) -> ChainView:
    """Where the small chain is, as far as pages need it."""
    clock = ClockView(end_height=300, tip=295, blocks_left=5, seconds_left=0, minutes_left=50)
    return ChainView(
        chain_id=31337,
        task="digits",
        evm_block=told.now.evm_block,
        timestamp=told.now.timestamp,
        head=4,
        best_model=told.history.head.model_hash,
        collecting=len(told.history.rounds),
        epoch=3,
        members=3,
        shared=0,
        partitioned=0,
        collection=clock,
        competing=len(told.history.rounds) - 1,
        phase=Phase.VOID,
        attesters=3,
        committed=0,
        revealed=0,
        ends=clock,
    )


@pytest.fixture(scope="session")
def index(told: Chronicle, now: ChainView, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The small chain's index."""
    made = Index(tmp_path_factory.mktemp("index") / "small.sqlite", "small")
    IndexWriter(made, 1).write(told, now, told.now.timestamp, 296)
    with made.writing() as writer:
        writer.gas(made_up_gas(len(told.history.rounds)), BlockPoint(now.evm_block, bytes(32)))
    return made


def made_up_gas(rounds: int) -> Iterator[UsedGas]:
    """Gas of forty transactions of each round."""
    functions = ("BitcoinRelay.submit", "DataRegistry.share", "Attestations.openAttestation")
    for number in range(1, rounds + 1):
        for place in range(40):
            gas = 21_000 + 4_321 * (number + place)
            yield UsedGas(number, functions[place % len(functions)], gas, number)


class Client:
    """Asks an application as a browser on this machine does."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, place: str, **how: object) -> httpx.Response:
        return self.ask("GET", place, **how)

    def ask(self, method: str, place: str, **how: object) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8560"
            ) as client:
                return await client.request(method, place, **how)

        return asyncio.run(asked())


def client_of(index: Index, news: News | None = None) -> Client:
    """A client of an index's pages."""
    return Client(Pages(index, news or News(), threading.Event()).app())


@pytest.fixture
def client(index: Index) -> Client:
    """A client of the small chain's pages."""
    return client_of(index)


@pytest.fixture
def empty(tmp_path: Path) -> Client:
    """A client of an index in which nothing is yet."""
    return client_of(Index(tmp_path / "empty.sqlite", "empty"))
