"""JSON-RPC to nodes that are gone, broken or hostile: typed errors, bounded replies."""

import gzip
import json
import socket
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.chain.rpc.provider import (
    MAXIMUM_BATCH,
    MAXIMUM_REPLY,
    BoundedProvider,
    RpcBusy,
    RpcFault,
    RpcGatewayError,
    RpcReplyError,
    RpcReplyTooLarge,
    RpcUnreachable,
    fault_of,
)
from offchain.errors import ConfigurationError, RpcError
from tests.support.servers.http_server import Answer as Http
from tests.support.servers.http_server import serve
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
        # What Python takes for the number 1, and what it cannot look up.
        {"jsonrpc": "2.0", "id": True, "result": "0x1"},
        {"jsonrpc": "2.0", "id": 1.0, "result": "0x1"},
        {"jsonrpc": "2.0", "id": "1", "result": "0x1"},
        {"jsonrpc": "2.0", "id": [1], "result": "0x1"},
        {"jsonrpc": "2.0", "id": {"a": 1}, "result": "0x1"},
        [{"jsonrpc": "2.0", "id": 1, "result": "0x1"}],
        b'{"id": 1, "result": ' + b"9" * 5_000 + b"}",
        b'{"id": 1, "result": ' + b"[" * 50_000,
        b'{"id": 1, "result": "0x',
    ],
    ids=lambda body: repr(body)[:60],
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


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "br", "made-up"])
@pytest.mark.parametrize("status", [200, 413, 503])
def test_encoded_reply_is_refused_and_never_decoded(encoding, status):
    body = gzip.compress(bytes(1 << 25))
    with (
        scripted_node(lambda _: Answer(body, status, headers={"Content-Encoding": encoding})) as n,
        pytest.raises(RpcReplyError, match="is encoded"),
    ):
        ask(n.url)


def test_no_encoding_is_asked_for():
    with serve(lambda _: Http(json.dumps(result({"id": 1}, "0x1")).encode())) as server:
        ask(server.url)
        assert server.requests[0].headers["Accept-Encoding"] == "identity"


PAGES = [b"<html>no</html>", b"", b"too much", b'{"message": "Request Too Long"}', b'"no"', b"null"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_page_of_a_server_before_the_node_is_no_reply(page, status):
    with (
        scripted_node(lambda _: Answer(page, status)) as node,
        pytest.raises(RpcGatewayError, match=f"HTTP status {status}") as caught,
    ):
        ask(node.url)
    assert caught.value.status == status
    assert len(node.requests) == (4 if status == 500 else 1)


@pytest.mark.parametrize("status", [200, 500])
def test_reading_goes_on_past_a_page_in_place_of_an_answer_and_sending_is_not_repeated(status):
    answers = iter([Answer(b"<html>", status)])
    with scripted_node(lambda request: next(answers, Answer(result(request, "0x1")))) as node:
        assert ask(node.url)["result"] == "0x1"
        assert len(node.requests) == 2
    with (
        scripted_node(lambda _: Answer(b"<html>", status)) as node,
        pytest.raises(RpcGatewayError),
    ):
        ask(node.url, "eth_sendRawTransaction")
    assert len(node.requests) == 1


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_server_that_is_busy_is_asked_again(page, status):
    with (
        scripted_node(lambda _: Answer(page, status)) as node,
        pytest.raises(RpcBusy, match=f"HTTP status {status}") as caught,
    ):
        ask(node.url, attempts=3)
    assert caught.value.status == status
    assert len(node.requests) == 3


@pytest.mark.parametrize("status", [400, 413, 429, 500, 503, 504])
def test_json_rpc_error_with_an_http_error_status_is_read(status):
    with scripted_node(lambda request: Answer(error(request, -32600, "no"), status)) as node:
        assert ask(node.url)["error"] == {"code": -32600, "message": "no"}
        assert len(node.requests) == 1


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
        lambda _: {},
        lambda _: "0x1",
        lambda _: None,
        lambda replies: [[reply] for reply in replies],
        lambda _: [None, None],
        *(
            # Of the second of two; the first is as it should be.
            lambda replies, number=number: [replies[0], {**replies[1], "id": number}]
            for number in ([2], {"a": 2}, [], {}, None, "2", 2.0, True, 2**70)
        ),
        lambda replies: [{k: v for k, v in reply.items() if k != "id"} for reply in replies],
        lambda replies: [{k: v for k, v in reply.items() if k != "result"} for reply in replies],
    ],
)
def test_batch_that_does_not_answer_each_request_once_is_refused(spoil):
    def answer(requests: Any) -> Answer:
        return Answer(spoil([result(request, "0x1") for request in requests]))

    with scripted_node(answer) as node, pytest.raises(RpcReplyError):
        BoundedProvider(node.url).make_batch_request([("eth_call", []), ("eth_call", [])])


MEMBERS = st.sampled_from(["jsonrpc", "id", "result", "error", "code", "message", "data", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def anything() -> Iterator[tuple[BoundedProvider, list[Any]]]:
    """A node that answers with the last entry of a list."""
    said: list[Any] = [None]
    with scripted_node(lambda _: Answer(json.dumps(said[-1]).encode())) as node:
        provider = BoundedProvider(node.url)
        yield provider, said
        provider.close()


@settings(max_examples=200, deadline=None)
@given(reply=JSON, count=st.sampled_from([None, 1, 2]))
def test_whatever_a_node_says_is_an_envelope_or_a_typed_error(anything, reply, count):
    provider, said = anything
    said.append(reply)
    try:
        if count is None:
            envelopes = [provider.make_request("eth_chainId", [])]
        else:
            envelopes = provider.make_batch_request([("eth_chainId", [])] * count)
    except RpcError:
        return
    for envelope in envelopes:
        assert ("error" in envelope) != ("result" in envelope)
        if "error" in envelope:
            assert isinstance(fault_of("eth_chainId", envelope["error"]), RpcError)


@pytest.mark.parametrize("code", [10**4_000, True, "3", None, 3.0, [3]])
def test_code_that_is_no_small_number_counts_as_none(code):
    assert fault_of("m", {"code": code, "message": "no"}).code == 0


def test_batch_that_is_refused_as_a_whole_is_a_fault():
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch too large"}}
    with (
        scripted_node(lambda _: Answer(body)) as node,
        pytest.raises(RpcFault, match="batch too large") as caught,
    ):
        BoundedProvider(node.url).make_batch_request([("eth_call", [])])
    assert caught.value.code == -32600


SECRETS = ["http://user:SECRET@{}", "http://{}/v3/SECRET", "http://{}/?key=SECRET"]


@pytest.mark.parametrize("form", SECRETS)
@pytest.mark.parametrize("status", [None, 200, 404, 503])
def test_what_is_secret_in_the_address_is_in_no_error(form, status):
    answer = Answer(cut=True) if status is None else Answer(b"<html>", status)
    with scripted_node(lambda _: answer) as node, pytest.raises(RpcError) as caught:
        ask(form.format(node.url.removeprefix("http://")), attempts=1)
    whole = "".join(traceback.format_exception_only(caught.value)) + repr(vars(caught.value))
    assert "SECRET" not in whole


def test_user_and_password_of_the_address_are_given_to_the_node():
    with serve(lambda _: Http(json.dumps(result({"id": 1}, "0x1")).encode())) as server:
        ask(server.url.replace("//", "//user:pass@"))
        assert server.requests[0].headers["Authorization"] == "Basic dXNlcjpwYXNz"


@pytest.mark.parametrize("url", ["", "localhost:8545", "ftp://host", "http://", "ws://127.0.0.1:1"])
def test_address_that_is_no_http_url_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError, match="RPC address"):
        BoundedProvider(url)
