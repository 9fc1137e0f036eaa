"""A relay on a real chain is read and kept on the heavier of two chains of headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.chain.reading.relay_view import RelayReader
from offchain.chain.rpc.ethereum import Ethereum
from offchain.headers.next_batch import next_batch
from scripts.support.chains.evm import Evm
from scripts.support.chains.relays import NOW, ContractRelay, Setup, assert_holds
from scripts.support.worlds.bitcoin_mining import RETARGETING, MinedChain
from tests.support.servers.mined_source import MinedSource

MAXIMUM = 20


@pytest.fixture
def ethereum(evm: Evm) -> Iterator[Ethereum]:
    ethereum = Ethereum.connect(str(evm.w3.provider.endpoint_uri))
    yield ethereum
    ethereum.close()


def follow(relay: ContractRelay, reader: RelayReader, source: MinedSource) -> list[int]:
    """Submit what is planned until nothing is; returns how many headers each batch replaced."""
    rules = source.chain.rules
    replaced: list[int] = []
    while True:
        view = reader.view()
        batch = next_batch(view, lambda view=view: reader.held_hashes(view), source, rules)
        if batch is None:
            return replaced
        relay.submit(batch.headers)
        replaced.append(batch.replaced)


def set_clock(relay: ContractRelay) -> None:
    """Mine a block at the relay's clock, as every chain in use has one of late."""
    relay.evm.set_next_timestamp(relay.now)
    relay.evm.mine()
    relay.now += 1


def test_the_view_is_what_the_contract_says(evm: Evm, ethereum: Ethereum) -> None:
    chain = MinedChain.start(height=100).grow(30)
    relay = ContractRelay(evm, Setup.of(REGTEST, chain.checkpoint, maximum_batch=MAXIMUM))
    relay.submit(chain.raw(101, 20))
    reader = RelayReader(ethereum, relay.contract.address)
    view, state = reader.view(), relay.state()
    assert (
        (view.best_height, view.best_hash)
        == (state.best_height, state.best_hash)
        == (
            120,
            chain.hash(120),
        )
    )
    assert (view.lowest_fork, view.maximum_batch) == (state.lowest_fork, MAXIMUM)
    assert view.best_bits == state.epoch[0]
    assert view.timestamp == evm.timestamp
    # What is read belongs to the view, whatever comes after it.
    relay.submit(chain.raw(121, 10))
    held = reader.held_hashes(view)
    assert held == [chain.hash(height)[:24] for height in range(view.lowest_fork, 121)]


def test_the_contract_follows_a_source_through_reorganisations(
    evm: Evm, ethereum: Ethereum
) -> None:
    source = MinedSource(MinedChain.start(height=100).grow(45))
    relay = ContractRelay(evm, Setup.of(REGTEST, source.chain.checkpoint, maximum_batch=MAXIMUM))
    reader = RelayReader(ethereum, relay.contract.address)
    set_clock(relay)
    assert follow(relay, reader, source) == [0, 0, 0]
    for depth, grown, expected in ((1, 2, [1]), (19, 20, [19]), (7, 30, [7, 0]), (5, 5, [])):
        before = source.chain
        source.chain = before.fork(before.best_height - depth, salt=depth).grow(grown)
        assert follow(relay, reader, source) == expected
        if not expected:
            source.chain = before
        assert_holds(relay, source.chain)


def test_the_contract_takes_a_shorter_chain_with_more_work_around_a_retarget(
    evm: Evm, ethereum: Ethereum
) -> None:
    start = MinedChain.start(RETARGETING, height=2013)
    time = start.headers[-1].time
    start.epochs = {0: (start.epochs[0][0], time - 2 * 86_400)}
    hard, easy = start.fork(2013, salt=1), start.fork(2013, salt=2)
    hard.extend(time + step for step in range(1, 6))
    easy.extend([time + 600, time + 3 * 7 * 86_400])
    easy.extend(easy.headers[-1].time + step for step in range(1, 6))
    checkpoint = start.checkpoint
    relay = ContractRelay(evm, Setup.of(RETARGETING, checkpoint, maximum_batch=MAXIMUM))
    assert relay.now == NOW
    reader = RelayReader(ethereum, relay.contract.address)
    set_clock(relay)
    assert follow(relay, reader, MinedSource(easy)) == [0]
    assert follow(relay, reader, MinedSource(hard)) == [7]
    assert follow(relay, reader, MinedSource(easy)) == []
    assert (relay.state().best_height, relay.state().best_hash) == (2018, hard.hash(2018))
