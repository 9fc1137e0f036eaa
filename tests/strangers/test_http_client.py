"""Clients of servers that are strangers: bounded in bytes and seconds, no proxy on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import ConfigurationError, ModelChainError, StoreUnreachableError
from offchain.headers.bounded_http import Limits
from offchain.headers.esplora import EsploraHeaders
from offchain.node.relayer.order_client import OrderClient
from offchain.storage.ipfs import IpfsLimits, IpfsStore
from offchain.storage.ipfs_session import IpfsReplyError
from offchain.strangers import http_client
from offchain.strangers.http_client import LongReply, UnfitReply, open_client, read_body, reason_of
from offchain.toolchain.anvil import Anvil
from tests.support.servers.http_server import Answer, LocalServer, Request, serve
from tests.support.waiting import PATIENCE_SECONDS

SECONDS = 0.3
"""In which a reply must be there where none ever is."""


@contextmanager
def talking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a request and then says what it likes, on the bare connection."""

    def work() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(1 << 16)
                say(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)


def slowly(words: Iterator[bytes]) -> Callable[[socket.socket], None]:
    """Says one piece after the other, each before the client's patience with a pause is over."""

    def say(connection: socket.socket) -> None:
        for piece in words:
            connection.sendall(piece)
            if not piece:
                connection.recv(1)  # until the client has enough
                return
            time.sleep(0.02)

    return say


def repeated(first: bytes, again: bytes) -> Iterator[bytes]:
    yield first
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        yield again


def ask(url: str, maximum: int = 1 << 16, seconds: float = PATIENCE_SECONDS) -> bytes:
    with (
        open_client(url, pause_seconds=PATIENCE_SECONDS, reply_seconds=seconds) as client,
        client.stream("GET", url) as response,
    ):
        return read_body(response, maximum)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
        (b"H", b"TTP/1.1 100 Continue\r\n\r\nH"),
        (b"H", b"TTP/1.1 103 Early Hints\r\n\r\nH"),
        (b"H", b"T"),
        (b"H", b""),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"a"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"a"),
    ],
    ids=["header", "headers", "100", "103", "status", "silence", "body", "chunks", "length"],
)
def test_a_reply_that_trickles_in_any_part_ends_in_time(first, again):
    with talking(slowly(repeated(first, again))) as url:
        began = time.monotonic()
        with pytest.raises(httpx.HTTPError):
            ask(url, seconds=SECONDS)
        assert SECONDS * 0.9 <= time.monotonic() - began < PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("first", "again", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a", StoreUnreachableError),
        (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n", StoreUnreachableError),
        (b"H", b"TTP/1.1 100 Continue\r\n\r\nH", StoreUnreachableError),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"a", IpfsReplyError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", IpfsReplyError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a", IpfsReplyError),
    ],
    ids=["header", "headers", "100", "body", "chunk", "extension"],
)
def test_a_daemon_s_reply_that_trickles_in_any_part_says_nothing_of_the_file(first, again, error):
    search = SECONDS - 5.0 if error is StoreUnreachableError else PATIENCE_SECONDS
    limits = IpfsLimits(search_seconds=search, reply_seconds=SECONDS)
    with talking(slowly(repeated(first, again))) as url:
        store = IpfsStore(f"/ip4/127.0.0.1/tcp/{httpx.URL(url).port}", limits)
        with pytest.raises(error):
            store.get(bytes(32))


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def test_each_request_of_a_connection_has_its_time(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(http_client, "time", clock)

    def respond(_: Request) -> Answer:
        clock.now += 0.9
        return Answer(b"a")

    with (
        serve(respond) as server,
        open_client(server.url, pause_seconds=PATIENCE_SECONDS, reply_seconds=1.0) as client,
    ):
        for _ in range(3):
            with client.stream("GET", "/") as response:
                assert read_body(response, 1) == b"a"
            clock.now += 10.0


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_body_of_up_to_so_many_bytes_is_read_as_it_was_sent(size):
    body = bytes(range(size))
    with serve(lambda _: Answer(body)) as server:
        assert ask(server.url, 100) == body


@pytest.mark.parametrize("size", [101, 1 << 20])
def test_a_longer_body_is_refused(size):
    with serve(lambda _: Answer(bytes(size))) as server, pytest.raises(LongReply) as caught:
        ask(server.url, 100)
    assert caught.value.maximum == 100


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br", "deflate", "x-made-up", "identity, br"])
def test_an_encoded_body_is_refused_unread(encoding):
    answer = Answer(b"a" * 1000, headers={"Content-Encoding": encoding})
    with serve(lambda _: answer) as server, pytest.raises(UnfitReply, match="nobody asked"):
        ask(server.url, 100)


def test_no_words_of_the_library_repeat_an_address():
    url = "http://user:SECRET@127.0.0.1:1/SECRET"
    request = httpx.Request("GET", url)
    error = httpx.HTTPStatusError(f"'503' for {url}", request=request, response=httpx.Response(503))
    assert reason_of(error) == "HTTP status 503"
    assert reason_of(httpx.ReadTimeout("")) == "ReadTimeout"


# ---- proxies -------------------------------------------------------------------------------------


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A proxy that the environment names for everything; it would refuse to pass anything on."""
    with serve(lambda _: Answer(b"forbidden", status=403)) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, server.url)
            monkeypatch.setenv(name.upper(), server.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield server


def ask_a_relayer(server: LocalServer) -> None:
    with pytest.raises(ModelChainError):
        OrderClient(server.url).terms(1, "")


def ask_a_node(server: LocalServer) -> None:
    with pytest.raises(ModelChainError):
        Ethereum.connect(server.url).chain_id()


def ask_an_explorer(server: LocalServer) -> None:
    with pytest.raises(ModelChainError):
        EsploraHeaders(server.url, REGTEST, None, Limits(attempts=1)).best_height()


def ask_a_daemon(server: LocalServer) -> None:
    with pytest.raises(ModelChainError):
        IpfsStore(f"/ip4/127.0.0.1/tcp/{server.port}").version()


@pytest.mark.parametrize("ask", [ask_a_relayer, ask_a_node, ask_an_explorer, ask_a_daemon])
def test_servers_on_this_machine_are_asked_without_a_proxy(ask, proxy):
    with serve(lambda _: Answer(b"no", status=400)) as server:
        ask(server)
        assert len(server.requests) > 0
    assert proxy.requests == []


def test_the_projects_own_anvil_is_asked_without_a_proxy(proxy):
    with Anvil() as anvil:
        assert Ethereum.connect(anvil.url).chain_id() == 31337
    assert proxy.requests == []


def test_servers_elsewhere_are_asked_through_the_environments_proxy(monkeypatch):
    def respond(request: Request) -> Answer:
        return Answer(b'{"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}')

    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serve(respond) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        assert Ethereum.connect("http://node.invalid:8545").chain_id() == 31337
        [request] = server.requests
        assert request.headers["Host"] == "node.invalid:8545"


@pytest.mark.parametrize(
    "proxy", ["ftp://user:SECRET@proxy", "http://proxy:port", "socks9://proxy"]
)
def test_a_proxy_that_cannot_be_asked_is_said(proxy, monkeypatch):
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(ConfigurationError, match=r"the proxy .* cannot be asked") as caught:
        OrderClient("http://relayer.invalid")
    assert "SECRET" not in str(caught.value)


def test_passwords_of_netrc_are_given_to_no_server(monkeypatch, tmp_path: Path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serve(lambda _: Answer(b"", status=202)) as server:
        ask(server.url)
        assert "Authorization" not in server.requests[0].headers


@pytest.mark.parametrize("place", ["http://xn--a/", "javascript:x", "http://[::1", "//", "\xff"])
def test_where_a_reply_leads_is_not_looked_at(place: str):
    with serve(lambda _: Answer(status=302, headers={"Location": place})) as server:
        with open_client(server.url, pause_seconds=PATIENCE_SECONDS) as client:
            assert client.get("/").status_code == 302
        with pytest.raises(ModelChainError):
            Ethereum.connect(server.url).chain_id()


def test_cookies_are_not_kept():
    cookies = {"Set-Cookie": "a=b; expires=Thu, 01 Jan 99999 00:00:00 GMT", "Set-Cookie2": "c=d"}
    with serve(lambda _: Answer(headers=cookies)) as server:
        with open_client(server.url, pause_seconds=PATIENCE_SECONDS) as client:
            client.get("/")
            client.get("/")
            assert not client.cookies
        assert all("Cookie" not in request.headers for request in server.requests)
