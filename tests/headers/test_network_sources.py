"""Bitcoin Core and Esplora over real HTTP: what they serve, to whom, how often asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offchain.bitcoin.check import check_headers
from offchain.bitcoin.errors import WrongBits
from offchain.bitcoin.header import BlockHeader
from offchain.bitcoin.rules import REGTEST
from offchain.errors import ConfigurationError
from offchain.headers.bitcoin_core import BitcoinCoreHeaders, read_cookie
from offchain.headers.errors import HeadersNotHeld, SourceMoved, SourceUnauthorised
from offchain.headers.source import read_checkpoint
from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.servers.header_servers import USER, BestChain, CoreServer
from tests.support.servers.http_server import serve
from tests.support.servers.network_sources import FORK, LENGTH, QUICK, running


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
