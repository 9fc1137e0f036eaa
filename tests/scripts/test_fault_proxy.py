"""The proxy of the fault harness does what it says, on real connections."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from scripts.support.faults.proxy import DELAY_SECONDS, STALE_BLOCKS, Fault, FaultProxy
from tests.support.servers.http_server import Answer, Request, serve
from tests.support.waiting import PATIENCE_SECONDS

HEAD = 100


def node(request: Request) -> Answer:
    """A node whose newest block is `HEAD`, and an IPFS daemon that has one file."""
    if request.path.startswith("/api/v0/block/get"):
        return Answer(b"content")
    asked = json.loads(request.body)
    return Answer(json.dumps(reply(asked)).encode())


def reply(asked: Any) -> Any:
    if isinstance(asked, list):
        return [reply(each) for each in asked]
    found = hex(HEAD) if asked["method"] == "eth_blockNumber" else asked["params"]
    return {"jsonrpc": "2.0", "id": asked["id"], "result": found}


@contextmanager
def proxy_before(respond=node) -> Iterator[tuple[FaultProxy, httpx.Client]]:
    with (
        serve(respond) as server,
        FaultProxy(server.url).running() as proxy,
        httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client,
    ):
        yield proxy, client


def call(client: httpx.Client, proxy: FaultProxy, method: str, *params: Any) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return client.post(proxy.url, json=request).json()["result"]


def test_nothing_is_spoilt_at_first_nor_after_a_fault_is_mended():
    with proxy_before() as (proxy, client):
        assert call(client, proxy, "eth_blockNumber") == hex(HEAD)
        proxy.spoil(Fault.FAILING)
        assert client.post(proxy.url, content=b"{}").status_code == 500
        proxy.spoil(Fault.NONE)
        assert call(client, proxy, "eth_blockNumber") == hex(HEAD)
        assert proxy.spoilt == 1


@pytest.mark.parametrize(("fault", "status"), [(Fault.BUSY, 429), (Fault.FAILING, 500)])
def test_every_third_request_fails(fault: Fault, status: int):
    with proxy_before() as (proxy, client):
        proxy.spoil(fault, 3)
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
        seen = [client.post(proxy.url, json=request).status_code for _ in range(6)]
        assert seen == [200, 200, status, 200, 200, status]


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.CUT])
def test_a_connection_ends_before_the_answer_does(fault: Fault):
    with proxy_before() as (proxy, client):
        proxy.spoil(fault)
        with pytest.raises(httpx.RemoteProtocolError):
            call(client, proxy, "eth_blockNumber")


def test_garbage_is_no_json():
    with proxy_before() as (proxy, client):
        proxy.spoil(Fault.GARBAGE)
        with pytest.raises(json.JSONDecodeError):
            call(client, proxy, "eth_blockNumber")


def test_a_request_that_is_dropped_is_let_go_when_the_fault_is_over():
    with proxy_before() as (proxy, client):
        proxy.spoil(Fault.DROP)
        ended = threading.Event()

        def ask() -> None:
            with pytest.raises(httpx.RemoteProtocolError):
                call(client, proxy, "eth_blockNumber")
            ended.set()

        asking = threading.Thread(target=ask)
        asking.start()
        while not proxy.spoilt:
            time.sleep(0.01)
        assert not ended.wait(0.2)
        proxy.spoil(Fault.NONE)
        asking.join(PATIENCE_SECONDS)
        assert ended.is_set()


def test_an_answer_comes_late():
    with proxy_before() as (proxy, client):
        proxy.spoil(Fault.DELAY)
        began = time.monotonic()
        assert call(client, proxy, "eth_blockNumber") == hex(HEAD)
        assert time.monotonic() - began >= DELAY_SECONDS


def test_a_node_that_has_fallen_behind_knows_no_newer_block():
    behind = HEAD - STALE_BLOCKS
    with proxy_before() as (proxy, client):
        proxy.spoil(Fault.STALE)
        assert call(client, proxy, "eth_blockNumber") == hex(behind)
        assert call(client, proxy, "eth_call", {}, "latest") == [{}, hex(behind)]
        assert call(client, proxy, "eth_getBlockByNumber", hex(behind + 1), False) is None
        assert call(client, proxy, "eth_getBlockByNumber", hex(behind), False) is not None
        asked = {"fromBlock": hex(behind), "toBlock": hex(HEAD)}
        assert call(client, proxy, "eth_getLogs", asked) == [{**asked, "toBlock": hex(behind)}]
        asked = {"fromBlock": hex(behind + 1), "toBlock": hex(HEAD)}
        assert call(client, proxy, "eth_getLogs", asked) == []
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": "eth_blockNumber", "params": []}
            for number in range(2)
        ]
        found = client.post(proxy.url, json=batch).json()
        assert [each["result"] for each in found] == [hex(behind)] * 2


def test_a_file_is_damaged_or_lost():
    with proxy_before() as (proxy, client):
        address = f"{proxy.url}/api/v0/block/get?arg=x"
        assert client.post(address).content == b"content"
        proxy.spoil(Fault.CORRUPT)
        assert client.post(address).content == b"bontent"
        proxy.spoil(Fault.LOSE)
        lost = client.post(address)
        assert lost.status_code == 500
        assert "not found" in lost.json()["Message"]


def test_another_chains_node_answers():
    def other(_: Request) -> Answer:
        return Answer(json.dumps({"jsonrpc": "2.0", "id": 1, "result": "another"}).encode())

    with (
        serve(node) as server,
        serve(other) as beside,
        FaultProxy(server.url, beside.url).running() as proxy,
        httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client,
    ):
        assert call(client, proxy, "eth_blockNumber") == hex(HEAD)
        proxy.spoil(Fault.OTHER_CHAIN)
        assert call(client, proxy, "eth_blockNumber") == "another"
