"""Bitcoin Core and Esplora over real HTTP: what they serve, and which replies are refused."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from offchain.bitcoin.check import check_headers
from offchain.bitcoin.errors import WrongBits
from offchain.bitcoin.header import BlockHeader, display_hash
from offchain.bitcoin.rules import MAINNET, REGTEST, Rules
from offchain.errors import ConfigurationError
from offchain.headers.bitcoin_core import BitcoinCoreHeaders, read_cookie
from offchain.headers.bounded_http import Limits
from offchain.headers.checkpoint import read_checkpoint
from offchain.headers.errors import (
    HeadersNotHeld,
    SourceError,
    SourceMoved,
    SourceRefusal,
    SourceReplyError,
    SourceUnauthorised,
    SourceUnreachable,
    WrongNetwork,
)
from offchain.headers.esplora import EsploraHeaders
from offchain.headers.network_source import NetworkSource
from tests.support.bitcoin_mining import MinedChain
from tests.support.header_servers import (
    PASSWORD,
    USER,
    BestChain,
    CoreServer,
    EsploraServer,
    regtest_chain,
)
from tests.support.http_server import Answer, LocalServer, Request, Respond, serve

QUICK = Limits(pause_seconds=0.5, reply_seconds=1.0, reply_bytes=1 << 18, attempts=2)
UNKNOWN = Rules(pow_limit=2**250, no_retargeting=True)
"""A network whose first block is not known, so that the first question is the best height."""

LENGTH = 260
FORK = 240
Open = Callable[..., NetworkSource]


@pytest.fixture(scope="module")
def chain() -> MinedChain:
    return regtest_chain(LENGTH)


@pytest.fixture(scope="module")
def branch(chain: MinedChain) -> MinedChain:
    """Another best chain: twenty headers replaced by thirty."""
    return chain.fork(FORK, salt=1).grow(30)


def open_core(url: str, limits: Limits = QUICK) -> NetworkSource:
    return BitcoinCoreHeaders(url, REGTEST, (USER, PASSWORD), limits)


def open_esplora(url: str, limits: Limits = QUICK) -> NetworkSource:
    return EsploraHeaders(f"{url}/api", REGTEST, None, limits)


@pytest.fixture(params=["core", "esplora"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def best(chain: MinedChain) -> BestChain:
    return BestChain(list(chain.headers))


@contextmanager
def running(
    kind: str, best: BestChain, stale: list[BlockHeader] | None = None
) -> Iterator[tuple[NetworkSource, LocalServer]]:
    answers: Respond = (
        CoreServer(best, stale or []) if kind == "core" else EsploraServer(best, stale or [])
    )
    with serve(answers) as server:
        source = (open_core if kind == "core" else open_esplora)(server.url)
        yield source, server
        source.close()


def raw(headers: list[BlockHeader]) -> list[bytes]:
    return [header.serialise() for header in headers]


@pytest.mark.parametrize(("start", "count"), [(0, 1), (0, 5), (100, 150), (258, 9), (259, 1)])
def test_it_serves_the_best_chains_headers(
    kind: str, best: BestChain, start: int, count: int
) -> None:
    with running(kind, best) as (source, _):
        assert (source.first_height(), source.best_height()) == (0, LENGTH - 1)
        assert source.headers(start, count) == raw(best.headers[start : start + count])


def test_it_serves_none_after_the_last_and_refuses_heights_beyond(
    kind: str, best: BestChain
) -> None:
    with running(kind, best) as (source, _):
        assert source.headers(LENGTH, 10) == []
        assert source.headers(7, 0) == []
        for start, count in ((LENGTH + 1, 1), (-1, 1), (5, -1)):
            with pytest.raises(HeadersNotHeld):
                source.headers(start, count)


def test_a_checkpoint_can_be_read_from_it(kind: str, best: BestChain, chain: MinedChain) -> None:
    with running(kind, best) as (source, _):
        checkpoint = read_checkpoint(source, 20, REGTEST)
    assert checkpoint.headers == chain.raw(10, 11)
    assert checkpoint.epoch_start_time == chain.header(0).time


def test_it_follows_a_reorganisation_between_two_questions(
    kind: str, best: BestChain, chain: MinedChain, branch: MinedChain
) -> None:
    with running(kind, best, chain.headers) as (source, _):
        assert source.headers(235, 25) == raw(chain.headers[235:])
        best.headers = list(branch.headers)
        assert source.headers(235, 40) == raw(branch.headers[235:])


def test_a_reorganisation_in_the_middle_of_a_read_never_mixes_two_chains(
    kind: str, chain: MinedChain, branch: MinedChain
) -> None:
    """The chain changes at every possible call of one read."""
    for turn in range(1, 40):

        def reorganise(best: BestChain, turn: int = turn) -> None:
            if best.calls == turn:
                best.headers = list(branch.headers)

        best = BestChain(list(chain.headers), before=reorganise)
        with running(kind, best, chain.headers) as (source, _):
            headers = source.headers(236, 10)
        assert headers in (raw(chain.headers[236:246]), raw(branch.headers[236:246]))


def test_a_chain_that_always_changes_is_given_up(
    kind: str, chain: MinedChain, branch: MinedChain
) -> None:
    class Restless(BestChain):
        """Names blocks of the two chains in turn."""

        def hash_at(self, height: int) -> str | None:
            self.headers = list((branch if self.headers == chain.headers else chain).headers)
            return super().hash_at(height)

    best = Restless(list(chain.headers))
    with running(kind, best, chain.headers) as (source, _), pytest.raises(SourceMoved) as caught:
        source.headers(FORK + 1, 10)
    assert caught.value.attempts == 3


def test_a_chain_that_became_shorter_is_read_again(kind: str, chain: MinedChain) -> None:
    def shorten(best: BestChain) -> None:
        if best.calls == 3:
            del best.headers[250:]

    best = BestChain(list(chain.headers), before=shorten)
    with running(kind, best) as (source, _):
        assert source.headers(245, 10) == raw(chain.headers[245:250])


def test_another_network_is_refused_by_its_first_block(kind: str, best: BestChain) -> None:
    with serve(CoreServer(best) if kind == "core" else EsploraServer(best)) as server:
        source: NetworkSource = (
            BitcoinCoreHeaders(server.url, MAINNET, (USER, PASSWORD), QUICK)
            if kind == "core"
            else EsploraHeaders(f"{server.url}/api", MAINNET, None, QUICK)
        )
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
        source = BitcoinCoreHeaders(server.url, UNKNOWN, (USER, PASSWORD), QUICK)
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
        source = (open_core if kind == "core" else open_esplora)(server.url)
        with pytest.raises(SourceReplyError, match="is larger than"):
            source.best_height()
        assert len(server.requests) == 1


def test_a_reply_that_trickles_is_given_up_after_its_time(kind: str) -> None:
    def trickle() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.1)
            yield b"0"

    limits = Limits(pause_seconds=0.5, reply_seconds=0.4, attempts=1)
    with serve(lambda _: Answer(trickle())) as server:
        source = (open_core if kind == "core" else open_esplora)(server.url, limits)
        before = time.monotonic()
        with pytest.raises(SourceReplyError, match="took longer than"):
            source.best_height()
        assert time.monotonic() - before < 5


def test_a_server_that_says_nothing_is_given_up(kind: str) -> None:
    gate = threading.Event()

    def hang(_: Request) -> Answer:
        gate.wait(10)
        return Answer()

    limits = Limits(pause_seconds=0.2, attempts=2)
    with serve(hang) as server:
        source = (open_core if kind == "core" else open_esplora)(server.url, limits)
        with pytest.raises(SourceUnreachable, match="timed out"):
            source.best_height()
        gate.set()
        assert len(server.requests) == 2


def test_nothing_at_the_address_is_named(kind: str) -> None:
    with serve(lambda _: Answer()) as server:
        url = server.url
    source = (open_core if kind == "core" else open_esplora)(url)
    with pytest.raises(SourceUnreachable, match="refused") as caught:
        source.best_height()
    assert caught.value.url.startswith(url)


def test_a_busy_server_is_asked_again(kind: str, best: BestChain) -> None:
    honest: Respond = CoreServer(best) if kind == "core" else EsploraServer(best)
    statuses = [503, 429]

    def respond(request: Request) -> Answer:
        return Answer(b"busy", status=statuses.pop()) if statuses else honest(request)

    with serve(respond) as server:
        source = (open_core if kind == "core" else open_esplora)(server.url, Limits(attempts=3))
        assert source.best_height() == LENGTH - 1


def test_a_redirection_is_not_followed(kind: str) -> None:
    with serve(lambda _: Answer()) as other:
        answer = Answer(b"", status=302, headers={"Location": f"{other.url}/"})
        with serve(lambda _: answer) as server, pytest.raises(SourceError):
            (open_core if kind == "core" else open_esplora)(server.url).best_height()
        assert other.requests == []


def test_a_compressed_reply_is_not_opened(kind: str) -> None:
    bomb = gzip.compress(b"0" * (1 << 24))
    answer = Answer(bomb, headers={"Content-Encoding": "gzip"})
    with serve(lambda _: answer) as server, pytest.raises(SourceReplyError):
        (open_core if kind == "core" else open_esplora)(server.url).best_height()


def test_a_refused_password_is_named_and_never_shown(best: BestChain) -> None:
    with serve(CoreServer(best)) as server:
        source = BitcoinCoreHeaders(server.url, REGTEST, (USER, "wrong-secret"), QUICK)
        with pytest.raises(SourceUnauthorised) as caught:
            source.best_height()
        assert len(server.requests) == 2
    assert caught.value.status == 401
    assert "wrong-secret" not in str(caught.value)


def test_a_cookie_that_the_node_wrote_anew_is_read_again(tmp_path: Path, best: BestChain) -> None:
    cookie = tmp_path / ".cookie"
    cookie.write_text(f"{USER}:old")
    node = CoreServer(best, password="old")
    with serve(node) as server:
        source = BitcoinCoreHeaders(server.url, REGTEST, cookie, QUICK)
        assert source.best_height() == LENGTH - 1
        node.password = "new"
        cookie.write_text(f"{USER}:new\n")
        assert source.best_height() == LENGTH - 1


@pytest.mark.parametrize(
    "content", [b"", b"user", b":x", b"user:", b"\xff:\xfe", b"u:" + b"x" * 5000]
)
def test_a_file_that_is_no_cookie_is_refused_and_not_repeated(
    tmp_path: Path, content: bytes
) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no cookie file") as caught:
        read_cookie(cookie)
    assert "xx" not in str(caught.value)


def test_a_missing_cookie_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_cookie(tmp_path / "cookie")


def test_an_explorer_is_asked_for_each_header_once(best: BestChain) -> None:
    with running("esplora", best) as (source, server):
        source.headers(200, 40)
        before = len(server.requests)
        best.headers.append(best.headers[-1])  # a block that is not looked at
        source.headers(200, 41)
    paths = [request.path for request in server.requests[before:]]
    assert sum(path.endswith("/header") for path in paths) == 1


def test_headers_are_asked_for_in_bounded_requests(best: BestChain) -> None:
    with running("core", best) as (source, server):
        source.headers(0, LENGTH)
    assert max(len(json.loads(request.body)) for request in server.requests) == 100


def test_a_forged_chain_of_an_explorer_does_not_pass_the_planner(chain: MinedChain) -> None:
    """Sources only promise that hashes fit; the rules are the planner's and the relay's matter."""
    forged = [*chain.headers[:255]]
    header = chain.header(255)
    forged.append(
        BlockHeader(
            header.version, header.previous_hash, header.merkle_root, header.time, 0x207FFFFE, 0
        )
    )
    with running("esplora", BestChain(forged)) as (source, _):
        headers = source.headers(250, 6)
    with pytest.raises(WrongBits):
        check_headers(b"".join(headers), 250, REGTEST)
