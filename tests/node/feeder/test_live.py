"""The feeder of live headers on real contracts: it follows, waits, and gets over what fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.chain.reading.relay_view import RelayReader
from offchain.errors import HeaderError
from offchain.headers.errors import SourceUnreachable
from offchain.node.feeder.live import FollowingFeeder
from scripts.support.chains.evm import Evm
from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.chains.live_deployment import deploy_for_regtest, feeding_chain
from tests.support.servers.mined_source import MinedSource
from tests.support.waiting import PATIENCE_SECONDS, wait_until


class Flaky(MinedSource):
    """A source that fails when it is told to."""

    failing = False
    asked = 0

    def best_height(self) -> int:
        self.asked += 1
        if self.failing:
            raise SourceUnreachable("http://127.0.0.1:1", "refused")
        return super().best_height()


class Live:
    """A deployment, a source and the feeder between them."""

    def __init__(self, evm: Evm) -> None:
        self.evm = evm
        self.source = Flaky(MinedChain.start(height=100))
        url = str(evm.w3.provider.endpoint_uri)
        self.contracts = deploy_for_regtest(url, self.source.chain.checkpoint)
        self.relay = RelayReader(
            self.contracts.ethereum, self.contracts.deployment.address("BitcoinRelay")
        )
        self.feeder = FollowingFeeder(
            feeding_chain(self.contracts), self.relay, self.source, REGTEST
        )

    def assert_followed(self) -> None:
        view, chain = self.relay.view(), self.source.chain
        assert (view.best_height, view.best_hash) == (
            chain.best_height,
            chain.hash(chain.best_height),
        )


@pytest.fixture
def live(evm: Evm) -> Iterator[Live]:
    live = Live(evm)
    yield live
    live.contracts.ethereum.close()


def test_it_catches_up_then_follows_reorganisations(live: Live) -> None:
    live.source.chain.grow(150)
    assert [live.feeder.step() for _ in range(3)] == [True, True, False]
    live.assert_followed()
    best = live.source.chain.best_height
    live.source.chain = live.source.chain.fork(best - 40, salt=1).grow(41)
    assert [live.feeder.step() for _ in range(2)] == [True, False]
    live.assert_followed()


def test_it_leaves_the_clock_alone(live: Live) -> None:
    """Headers beyond the two hours that the clock allows wait; nothing moves it."""
    before = live.evm.timestamp
    now = live.relay.view().timestamp
    live.source.chain.extend([now + 7200, now + 7800])
    assert live.feeder.step()
    assert live.relay.view().best_height == 101
    assert not live.feeder.step()
    assert live.evm.timestamp < before + 600


def test_a_source_that_cannot_be_used_is_asked_again(live: Live) -> None:
    live.source.chain.grow(5)
    live.source.failing = True
    with pytest.raises(HeaderError):
        live.feeder.step()
    stopped = threading.Event()
    running = threading.Thread(target=live.feeder.run, args=(stopped, 0.05))
    running.start()
    try:
        wait_until(lambda: live.source.asked >= 4, "a fourth question to the source")
        live.source.failing = False
        wait_until(lambda: live.relay.view().best_height == 105, "header 105 at the relay")
    finally:
        stopped.set()
        running.join(PATIENCE_SECONDS)
    live.assert_followed()


def test_headers_that_break_a_rule_are_never_sent(live: Live) -> None:
    chain = live.source.chain.grow(3)
    chain.headers[-1] = chain.headers[-2]
    before = live.evm.w3.eth.block_number
    with pytest.raises(HeaderError, match="header 103 "):
        live.feeder.step()
    assert live.evm.w3.eth.block_number == before
