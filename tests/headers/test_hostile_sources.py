"""Replies of Bitcoin Core and Esplora that are refused, cut off or given up."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from offchain.bitcoin.header import BlockHeader, display_hash
from offchain.bitcoin.rules import MAINNET
from offchain.headers.bounded_http import Limits
from offchain.headers.errors import (
    SourceError,
    SourceRefusal,
    SourceReplyError,
    SourceUnreachable,
    WrongNetwork,
)
from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.servers.header_servers import BestChain, CoreServer, EsploraServer
from tests.support.servers.http_server import Answer, Request, Respond, serve
from tests.support.servers.network_sources import (
    LENGTH,
    UNKNOWN,
    open_core,
    open_esplora,
    open_source,
    running,
    server_of,
)
from tests.support.waiting import PATIENCE_SECONDS


def test_another_network_is_refused_by_its_first_block(kind: str, best: BestChain) -> None:
    with serve(server_of(kind, best)) as server:
        source = open_source(kind, server.url, rules=MAINNET)
        with pytest.raises(WrongNetwork) as caught:
            source.headers(0, 1)
    assert caught.value.actual == best.headers[0].hash()
    assert display_hash(caught.value.expected).startswith("000000000019d668")


def test_a_header_of_another_hash_is_refused(kind: str, best: BestChain, chain: MinedChain) -> None:
    """The server answers one header's question with another one."""
    victim, other = chain.header(250), chain.header(249)

    class Liar(BestChain):
        def header_of(self, shown: str, also: list[BlockHeader]) -> str | None:
            lied = shown == display_hash(victim.hash())
            return other.serialise().hex() if lied else super().header_of(shown, also)

    with (
        running(kind, Liar(best.headers)) as (source, _),
        pytest.raises(SourceReplyError, match=f"not {display_hash(victim.hash())}"),
    ):
        source.headers(245, 10)


@pytest.mark.parametrize(
    ("method", "lie", "reason"),
    [
        ("getblockcount", True, "is no height"),
        ("getblockcount", -1, "is no height"),
        ("getblockcount", 2**31, "is no height"),
        ("getblockcount", 1e9, "is no height"),
        ("getblockcount", None, "is no height"),
        ("getblockhash", 7, "is no block hash"),
        ("getblockhash", "00" * 31, "is no block hash"),
        ("getblockhash", "Z" * 64, "is no block hash"),
        ("getblockhash", ["00" * 32], "is no block hash"),
        ("getblockheader", "00" * 79, "is no header"),
        ("getblockheader", {"hash": "00"}, "is no header"),
        ("getblockheader", "00" * 81, "is no header"),
    ],
)
def test_a_result_of_a_wrong_shape_is_refused(
    best: BestChain, method: str, lie: Any, reason: str
) -> None:
    def twist(called: str, result: Any) -> Any:
        # The first block's hash stays true, or the network would be refused before.
        return lie if called == method and result != best.hash_at(0) else result

    with (
        serve(CoreServer(best, twist=twist)) as server,
        pytest.raises(SourceReplyError, match=reason) as caught,
    ):
        open_core(server.url).headers(5, 3)
    assert method in caught.value.asked


@pytest.mark.parametrize(
    ("path", "lie", "reason"),
    [
        ("/tip/height", b"-1", "is no height"),
        ("/tip/height", b"2147483648", "is no height"),
        ("/tip/height", b"1_0", "is no height"),
        ("/tip/height", "٣".encode(), "is no text"),
        ("/tip/height", b"\xff\xff", "is no text"),
        ("/tip/height", b"", "is no height"),
        ("/block-height/7", b"ab", "is no block hash"),
        ("/header", b"00" * 79, "is no header"),
        ("/header", b"<html>", "is no header"),
    ],
)
def test_text_of_a_wrong_shape_is_refused(
    best: BestChain, path: str, lie: bytes, reason: str
) -> None:
    honest = EsploraServer(best)

    def respond(request: Request) -> Answer:
        return Answer(lie) if request.path.endswith(path) else honest(request)

    with serve(respond) as server, pytest.raises(SourceReplyError, match=reason) as caught:
        open_esplora(server.url).headers(5, 3)
    assert caught.value.asked.endswith(path)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b"null",
        b"7",
        b'[{"id": 1, "result": 5}, {"id": 1, "result": 5}]',
        b'[{"id": 2, "result": 5}]',
        b'[{"id": 1}]',
        b'[{"id": [1], "result": 5}]',
        b'[{"id": true, "result": 5}]',
        b"[[]]",
        b'[{"id": 1, "error": 5}]',
        b'[{"id": 1, "error": {"code": 1, "message": 5}}]',
        b'[{"id": 1, "result": ' + b"9" * 5000 + b"}]",
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_rpc_is_refused(body: bytes) -> None:
    with serve(lambda _: Answer(body)) as server:
        source = open_core(server.url, rules=UNKNOWN)
        with pytest.raises(SourceReplyError):
            source.best_height()


def test_a_nodes_own_error_comes_through_as_one_line(best: BestChain) -> None:
    error = {"code": -28, "message": "Loading block index…\n\x1b[31m" + "x" * 5000}
    body = json.dumps({"result": None, "error": error, "id": None}).encode()
    with (
        serve(lambda _: Answer(body, status=500)) as server,
        pytest.raises(SourceRefusal) as caught,
    ):
        open_core(server.url).best_height()
    assert caught.value.code == -28
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    assert "Loading block index…" in str(caught.value)


def test_an_explorers_own_error_comes_through_as_one_line() -> None:
    with (
        serve(lambda _: Answer(b"no\nsuch\x00page", status=500)) as server,
        pytest.raises(SourceRefusal) as caught,
    ):
        open_esplora(server.url).best_height()
    assert caught.value.code == 500
    assert str(caught.value).isprintable()


def endless(chunk: bytes) -> Iterator[bytes]:
    while True:
        yield chunk


@pytest.mark.parametrize("length", [None, 1 << 40])
def test_an_endless_reply_is_cut_off(kind: str, length: int | None) -> None:
    with serve(lambda _: Answer(endless(b"0" * 65536), length=length)) as server:
        source = open_source(kind, server.url)
        with pytest.raises(SourceReplyError, match="is larger than"):
            source.best_height()
        assert len(server.requests) == 1


def test_a_reply_that_trickles_is_given_up_after_its_time(kind: str) -> None:
    def trickle() -> Iterator[bytes]:
        for _ in range(900):
            time.sleep(0.1)
            yield b"0"

    limits = Limits(pause_seconds=0.5, reply_seconds=0.4, attempts=1)
    with serve(lambda _: Answer(trickle())) as server:
        source = open_source(kind, server.url, limits)
        before = time.monotonic()
        with pytest.raises(SourceReplyError, match="took longer than"):
            source.best_height()
        assert time.monotonic() - before < 60


def test_a_server_that_says_nothing_is_given_up(kind: str) -> None:
    gate = threading.Event()

    def hang(_: Request) -> Answer:
        gate.wait(PATIENCE_SECONDS)
        return Answer()

    limits = Limits(pause_seconds=0.2, attempts=2)
    with serve(hang) as server:
        source = open_source(kind, server.url, limits)
        with pytest.raises(SourceUnreachable, match="timed out"):
            source.best_height()
        gate.set()
        assert len(server.requests) == 2


def test_nothing_at_the_address_is_named(kind: str) -> None:
    with serve(lambda _: Answer()) as server:
        url = server.url
    source = open_source(kind, url)
    with pytest.raises(SourceUnreachable, match="refused") as caught:
        source.best_height()
    assert caught.value.url.startswith(url)


def test_a_busy_server_is_asked_again(kind: str, best: BestChain) -> None:
    honest: Respond = server_of(kind, best)
    statuses = [503, 429]

    def respond(request: Request) -> Answer:
        return Answer(b"busy", status=statuses.pop()) if statuses else honest(request)

    with serve(respond) as server:
        source = open_source(kind, server.url, Limits(attempts=3))
        assert source.best_height() == LENGTH - 1


def test_a_redirection_is_not_followed(kind: str) -> None:
    with serve(lambda _: Answer()) as other:
        answer = Answer(b"", status=302, headers={"Location": f"{other.url}/"})
        with serve(lambda _: answer) as server, pytest.raises(SourceError):
            open_source(kind, server.url).best_height()
        assert other.requests == []


def test_a_compressed_reply_is_not_opened(kind: str) -> None:
    bomb = gzip.compress(b"0" * (1 << 24))
    answer = Answer(bomb, headers={"Content-Encoding": "gzip"})
    with serve(lambda _: answer) as server, pytest.raises(SourceReplyError):
        open_source(kind, server.url).best_height()
