"""New blocks are told over WebSocket, and asked for wherever the telling fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from offchain.chain.follower import ChainFollower
from offchain.chain.rpc import heads
from offchain.chain.rpc.counts import RpcCounts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.heads import TRUSTED_SECONDS, Heads
from offchain.chain.web3_chain import Web3Chain, open_heads
from offchain.errors import ConfigurationError
from offchain.node.demo.local_network import account, free_port
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, Anvil
from tests.support.chains.deployed_world import world
from tests.support.waiting import wait_until

LOOKS = 100


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def subscribed(url: str, clock: Callable[[], float], chain: int = DEVELOPMENT_CHAIN_ID) -> Heads:
    return Heads(url.replace("http", "ws", 1), chain, RpcCounts(), clock)


def is_subscribed(found: Heads) -> Callable[[], bool]:
    return lambda: found._is_subscribed


def test_a_block_is_told_with_number_and_hash_and_counts_for_a_while():
    with Anvil(accounts=1) as anvil:
        ethereum, clock = Ethereum.connect(anvil.url), Clock()
        found = subscribed(anvil.url, clock)
        assert found.latest() is None
        wait_until(is_subscribed(found), "no subscription")
        ethereum.request("evm_mine")
        wait_until(lambda: found.latest() is not None, "nothing was told")
        block = ethereum.block()
        assert found.latest() == (block.number, block.hash)
        clock.now += TRUSTED_SECONDS
        assert found.latest() is None
        # The node was asked and knows of nothing newer.
        found.confirm(block.number, block.hash)
        assert found.latest() == (block.number, block.hash)
        # Who says something else is believed, but does not set aside what was told.
        found.confirm(block.number - 1, b"\x01" * 32)
        assert found.latest() == (block.number, block.hash)
        found.close()
        assert found.latest() is None
        ethereum.close()


def test_idle_looks_at_the_chain_cost_no_request_with_a_subscription_and_one_each_without():
    with world() as begun:
        begun.start()
        found = begun.deployment
        contracts = begun.contracts
        with_heads = Web3Chain(
            contracts,
            account(5),
            heads=open_heads(begun.anvil.url.replace("http", "ws"), contracts),
        )
        assert with_heads._heads is not None
        wait_until(is_subscribed(with_heads._heads), "no subscription")
        used = {}
        for name, chain in (("asked", Web3Chain(contracts, account(5))), ("told", with_heads)):
            follower = ChainFollower(chain, found.domain(), found.block_number)
            follower.refresh()
            before = contracts.ethereum.counts.told().calls
            for _ in range(LOOKS):
                follower.refresh()
            used[name] = contracts.ethereum.counts.told().calls - before
            # Whatever happens is seen all the same.
            contracts.ethereum.request("evm_mine")
            block = contracts.ethereum.block_number()
            wait_until(partial(has_seen, follower, block), "the block was not seen")
        assert used == {"asked": LOOKS, "told": 0}
        assert contracts.ethereum.counts.told().pushed_heads > 0
        with_heads._heads.close()


def test_a_node_that_comes_back_is_subscribed_to_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heads, "FIRST_PAUSE_SECONDS", 0.01)
    port, clock = free_port(), Clock()
    found = subscribed(f"http://127.0.0.1:{port}", clock)
    assert found.latest() is None
    for _ in range(2):
        with Anvil(accounts=1, port=port):
            wait_until(is_subscribed(found), "no subscription")
            found.confirm(0, b"\x01" * 32)
            assert found.latest() == (0, b"\x01" * 32)
        wait_until(lambda: found.latest() is None, "it is still subscribed")
    found.close()


def test_a_node_of_another_chain_is_not_listened_to():
    with Anvil(accounts=1) as anvil:
        found = subscribed(anvil.url, Clock(), chain=1)
        found._thread.join(0.5)
        assert not found._is_subscribed
        found.confirm(0, b"\x01" * 32)
        assert found.latest() is None
        found.close()


def has_seen(follower: ChainFollower, block: int) -> bool:
    follower.refresh()
    return follower.status.block_number >= block


@contextmanager
def telling(messages: list[str | bytes]) -> Iterator[str]:
    """A server that lets itself be subscribed to, then says these, then nothing."""
    ended = threading.Event()

    def handle(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for answer in (hex(DEVELOPMENT_CHAIN_ID), "0x1"):
                asked: Any = json.loads(connection.recv())
                reply = {"jsonrpc": "2.0", "id": asked["id"], "result": answer}
                connection.send(json.dumps(reply))
            for message in messages:
                connection.send(message)
            ended.wait()

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        ended.set()
        server.shutdown()
        thread.join()


def head(subscription: str = "0x1", **changes: object) -> str:
    block = {
        "number": "0x7",
        "hash": "0x" + "07" * 32,
        "timestamp": "0x1",
        "gasLimit": "0x1",
        "baseFeePerGas": "0x1",
        **changes,
    }
    params = {"subscription": subscription, "result": block}
    return json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})


def test_what_is_told_of_another_subscription_is_passed_over():
    with telling([head("0x2", number="0x9"), head()]) as url:
        found = subscribed(url, Clock())
        wait_until(lambda: found.latest() == (7, b"\x07" * 32), "nothing was told")
        found.close()


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        b"\xff\x00",
        "{}",
        head(number="seven"),
        head(hash="0x07"),
        json.dumps({"method": "eth_subscription", "params": []}),
        json.dumps(
            {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": "0x1"}}
        ),
        " " * (heads.MAXIMUM_MESSAGE + 1),
    ],
    ids=range(11),
)
def test_a_strange_message_ends_the_subscription_and_nothing_else(message: str | bytes):
    with telling([head(), message]) as url:
        found = subscribed(url, Clock())
        wait_until(
            lambda: found._counts.told().pushed_heads > 0 and found.latest() is None, "it goes on"
        )
        assert found._thread.is_alive()
        found.close()


@pytest.mark.parametrize(
    "url", ["http://host", "ws://", "host", "wss://host:port", "ws://u:SECRET@"]
)
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(ConfigurationError, match="WebSocket address") as refused:
        Heads(url, 1, RpcCounts(), Clock())
    assert "SECRET" not in str(refused.value)


def test_without_an_address_nothing_is_subscribed_to(tmp_path: Path):
    assert open_heads(None, None) is None  # type: ignore[arg-type]
