"""Against a real Bitcoin node in regtest: its headers are read, relayed, and reorganised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.bitcoin.check import check_headers
from offchain.bitcoin.genesis import genesis_hash
from offchain.bitcoin.header import double_sha256
from offchain.bitcoin.header_batches import ReorganisationTooDeep
from offchain.bitcoin.rules import MAINNET, REGTEST
from offchain.chain.reading.relay_view import RelayReader
from offchain.chain.rpc.ethereum import Ethereum
from offchain.cli import run
from offchain.errors import ConfigurationError
from offchain.headers.bitcoin_core import BitcoinCoreHeaders
from offchain.headers.errors import HeadersNotHeld, SourceUnauthorised, WrongNetwork
from offchain.headers.next_batch import next_batch
from offchain.headers.source import open_source, read_checkpoint
from offchain.ports import HeaderSource
from scripts.support.chains.evm import GENESIS_TIME, Evm
from scripts.support.chains.relays import ContractRelay, Setup
from tests.support.servers.bitcoin_node import BitcoinNode, running_bitcoin_node

pytestmark = pytest.mark.full

BLOCKS = 300
CHECKPOINT = 20
MAXIMUM = 36
CLOCK = GENESIS_TIME + 10_000


@pytest.fixture
def node(tmp_path: Path) -> Iterator[BitcoinNode]:
    with running_bitcoin_node(tmp_path, CLOCK) as node:
        yield node


@pytest.fixture
def source(node: BitcoinNode) -> HeaderSource:
    node.mine(BLOCKS)
    return open_source(f"core:{node.url}", REGTEST, node.cookie)


class Follower:
    """A relay contract that starts from the node's own headers, and the planner."""

    def __init__(self, evm: Evm, source: HeaderSource, maximum_batch: int = MAXIMUM) -> None:
        checkpoint = read_checkpoint(source, CHECKPOINT, REGTEST)
        setup = Setup.of(REGTEST, checkpoint, ring_size=200, maximum_batch=maximum_batch)
        self.relay = ContractRelay(evm, setup)
        self.relay.now = CLOCK + 100_000
        evm.set_next_timestamp(self.relay.now)
        evm.mine()
        self.relay.now += 1
        ethereum = Ethereum.connect(str(evm.w3.provider.endpoint_uri))
        self.reader = RelayReader(ethereum, self.relay.contract.address)
        self.source = source

    def follow(self) -> list[tuple[int, int]]:
        """Relay until there is nothing to relay; count and replaced headers of each batch."""
        batches: list[tuple[int, int]] = []
        while True:
            view = self.reader.view()
            batch = next_batch(
                view, lambda view=view: self.reader.held_hashes(view), self.source, REGTEST
            )
            if batch is None:
                return batches
            occurred = self.relay.submit(batch.headers)
            names = [name for name, _ in occurred]
            assert names == ["Reorganised", "HeadersAccepted"][not batch.replaced :]
            batches.append((batch.count, batch.replaced))


def test_the_nodes_headers_are_read_and_valid(
    node: BitcoinNode, source: HeaderSource, tmp_path: Path
) -> None:
    assert (source.first_height(), source.best_height()) == (0, BLOCKS)
    headers = source.headers(0, 1000)
    assert len(headers) == BLOCKS + 1
    assert double_sha256(headers[0]) == genesis_hash(REGTEST)
    assert double_sha256(headers[-1]) == node.best_hash()
    check_headers(b"".join(headers), 0, REGTEST)
    for height in (0, 1, 150, BLOCKS):
        block_hash = node.call("getblockhash", height)
        assert headers[height].hex() == node.call("getblockheader", block_hash, False)
    assert source.headers(BLOCKS + 1, 5) == []
    with pytest.raises(HeadersNotHeld):
        source.headers(BLOCKS + 2, 5)
    # The command finds them valid too, from the network's first block on.
    file = tmp_path / "headers"
    file.write_bytes(b"".join(headers))
    arguments = ["headers", "check", str(file), "--start-height", "0", "--network", "regtest"]
    assert run(arguments) == 0


def test_a_real_node_of_another_network_or_with_another_password_is_refused(
    node: BitcoinNode, tmp_path: Path
) -> None:
    with pytest.raises(WrongNetwork):
        open_source(f"core:{node.url}", MAINNET, node.cookie).best_height()
    with pytest.raises(SourceUnauthorised):
        BitcoinCoreHeaders(node.url, REGTEST, ("__cookie__", "wrong")).best_height()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_source(f"core:{node.url}", REGTEST, tmp_path / "no.cookie").best_height()


def test_a_node_that_was_started_again_is_asked_with_its_new_cookie(tmp_path: Path) -> None:
    cookies = set()
    for blocks in (3, 6):
        with running_bitcoin_node(tmp_path, CLOCK) as node:
            node.mine(3)
            cookies.add(node.cookie.read_text())
            source = open_source(f"core:{node.url}", REGTEST, node.cookie)
            assert source.best_height() == blocks
    assert len(cookies) == 2


def test_a_relay_follows_a_real_node_through_a_reorganisation(
    evm: Evm, node: BitcoinNode, source: HeaderSource
) -> None:
    follower = Follower(evm, source)
    assert follower.follow() == [(36, 0)] * 7 + [(28, 0)]
    assert follower.relay.state().best_hash == node.best_hash()
    # Six blocks are taken back, seven others mined to another address.
    node.reorganise(depth=6, grown=7)
    assert follower.follow() == [(7, 6)]
    state = follower.relay.state()
    assert (state.best_height, state.best_hash) == (BLOCKS + 1, node.best_hash())
    # A long one needs several batches; the first one wins already.
    node.reorganise(depth=30, grown=80)
    assert follower.follow() == [(36, 30), (36, 0), (8, 0)]
    assert follower.relay.state().best_hash == node.best_hash()


def test_a_relay_waits_for_a_node_that_lost_blocks(
    evm: Evm, node: BitcoinNode, source: HeaderSource
) -> None:
    follower = Follower(evm, source)
    follower.follow()
    before = follower.relay.state()
    node.reorganise(depth=5, grown=0)
    assert follower.follow() == []
    node.reorganise(depth=1, grown=6)
    assert follower.follow() == []
    assert follower.relay.state() == before
    node.mine(1)
    assert follower.follow() == [(7, 6)]


def test_a_reorganisation_deeper_than_a_batch_is_named(
    evm: Evm, node: BitcoinNode, source: HeaderSource
) -> None:
    follower = Follower(evm, source)
    follower.follow()
    node.reorganise(depth=MAXIMUM, grown=50)
    with pytest.raises(ReorganisationTooDeep) as caught:
        follower.follow()
    assert (caught.value.fork_height, caught.value.best_height) == (BLOCKS - MAXIMUM, BLOCKS)
