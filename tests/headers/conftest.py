"""Fixtures of the tests of network sources."""

from __future__ import annotations

import pytest

from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.servers.header_servers import BestChain, regtest_chain
from tests.support.servers.network_sources import FORK, LENGTH


@pytest.fixture(scope="module")
def chain() -> MinedChain:
    return regtest_chain(LENGTH)


@pytest.fixture(scope="module")
def branch(chain: MinedChain) -> MinedChain:
    """Another best chain: twenty headers replaced by thirty."""
    return chain.fork(FORK, salt=1).grow(30)


@pytest.fixture(params=["core", "esplora"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def best(chain: MinedChain) -> BestChain:
    return BestChain(list(chain.headers))
