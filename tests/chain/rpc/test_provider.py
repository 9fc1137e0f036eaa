"""JSON-RPC to nodes that are gone, broken or hostile: typed errors, bounded replies."""

import gzip
import socket
import time
from typing import Any

import pytest

from offchain.chain.rpc.provider import (
    MAXIMUM_BATCH,
    MAXIMUM_REPLY,
    BoundedProvider,
    RpcFault,
    RpcReplyError,
    RpcReplyTooLarge,
    RpcUnreachable,
)
from offchain.errors import ConfigurationError
from tests.support.servers.scripted_node import Answer, error, result, scripted_node


def ask(url: str, method: str = "eth_chainId", **options: Any) -> Any:
    provider = BoundedProvider(url, pause=lambda _: None, **options)
    try:
        return provider.make_request(method, [])
    finally:
        provider.close()


def test_result_of_a_well_formed_reply_comes_back():
    with scripted_node(lambda request: Answer(result(request, "0x1"))) as node:
        assert ask(node.url)["result"] == "0x1"
        assert node.requests == [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[" * 100_000,
        [],
        "0x1",
        None,
        {},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 2, "result": "0x1"},
        {"jsonrpc": "2.0", "id": None, "result": "0x1"},
        {"jsonrpc": "2.0", "result": "0x1"},
    ],
    ids=repr,
)
def test_reply_that_is_no_json_rpc_answer_is_refused(body):
    with scripted_node(lambda _: Answer(body)) as node, pytest.raises(RpcReplyError):
        ask(node.url)


def test_reply_without_an_end_is_not_read_past_the_limit():
    chunk = b"a" * (1 << 20)
    repeat = (MAXIMUM_REPLY >> 20) + 64
    with (
        scripted_node(lambda _: Answer(chunk, repeat=repeat)) as node,
        pytest.raises(RpcReplyTooLarge) as caught,
    ):
        ask(node.url)
    assert caught.value.maximum == MAXIMUM_REPLY


def test_compressed_reply_is_refused_unread():
    body = gzip.compress(b'{"jsonrpc":"2.0","id":1,"result":"' + b"0" * 1000 + b'"}')
    with (
        scripted_node(lambda _: Answer(body, headers={"Content-Encoding": "gzip"})) as node,
        pytest.raises(RpcReplyError),
    ):
        ask(node.url)


def test_error_page_is_no_reply():
    with (
        scripted_node(lambda _: Answer(b"<html>", status=404)) as node,
        pytest.raises(RpcReplyError, match="HTTP status 404"),
    ):
        ask(node.url)


def test_json_rpc_error_with_an_http_error_status_is_read():
    with scripted_node(lambda request: Answer(error(request, -32600, "no"), 400)) as node:
        assert ask(node.url)["error"] == {"code": -32600, "message": "no"}


def test_nobody_at_the_address_is_said_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    waits: list[float] = []
    provider = BoundedProvider(url, pause=waits.append, attempts=3)
    with pytest.raises(RpcUnreachable, match="start a node there") as caught:
        provider.make_request("eth_chainId", [])
    assert caught.value.url == url
    assert caught.value.exit_code == 4
    assert waits == [0.1, 0.2]


def test_silent_server_is_given_up_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(RpcUnreachable):
            ask(url, timeout_seconds=0.1, attempts=2)
        assert time.monotonic() - started < 25


def test_reading_is_repeated_when_the_connection_breaks():
    answers = iter([Answer(cut=True), Answer(b"busy", status=503)])

    def answer(request: Any) -> Answer:
        return next(answers, None) or Answer(result(request, "0x1"))

    with scripted_node(answer) as node:
        assert ask(node.url)["result"] == "0x1"
        assert len(node.requests) == 3


def test_sending_is_never_repeated_by_itself_when_the_connection_breaks():
    with scripted_node(lambda _: Answer(cut=True)) as node:
        with pytest.raises(RpcUnreachable):
            ask(node.url, "eth_sendRawTransaction")
        assert len(node.requests) == 1


def test_batch_is_answered_in_the_order_of_its_requests_whatever_the_replys_order():
    def answer(requests: Any) -> Answer:
        return Answer([result(request, request["params"][0]) for request in reversed(requests)])

    count = 2 * MAXIMUM_BATCH + 1
    with scripted_node(answer) as node:
        provider = BoundedProvider(node.url)
        replies = provider.make_batch_request([("eth_call", [number]) for number in range(count)])
        assert [reply["result"] for reply in replies] == list(range(count))
        assert [len(batch) for batch in node.requests] == [MAXIMUM_BATCH, MAXIMUM_BATCH, 1]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda replies: replies[:-1],
        lambda replies: [*replies, replies[0]],
        lambda replies: [replies[0], replies[0]],
        lambda replies: [replies[0], 7],
        lambda _: {"jsonrpc": "2.0", "id": None, "result": "0x"},
        lambda _: [],
    ],
)
def test_batch_that_does_not_answer_each_request_once_is_refused(spoil):
    def answer(requests: Any) -> Answer:
        return Answer(spoil([result(request, "0x1") for request in requests]))

    with scripted_node(answer) as node, pytest.raises(RpcReplyError):
        BoundedProvider(node.url).make_batch_request([("eth_call", []), ("eth_call", [])])


def test_batch_that_is_refused_as_a_whole_is_a_fault():
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch too large"}}
    with (
        scripted_node(lambda _: Answer(body)) as node,
        pytest.raises(RpcFault, match="batch too large") as caught,
    ):
        BoundedProvider(node.url).make_batch_request([("eth_call", [])])
    assert caught.value.code == -32600


@pytest.mark.parametrize("url", ["", "localhost:8545", "ftp://host", "http://", "ws://127.0.0.1:1"])
def test_address_that_is_no_http_url_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError, match="RPC address"):
        BoundedProvider(url)
