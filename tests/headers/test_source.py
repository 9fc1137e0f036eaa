"""A source from the text that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.bitcoin.rules import MAINNET, REGTEST
from offchain.config import RECORDED_HEADERS
from offchain.errors import ConfigurationError
from offchain.headers.bitcoin_core import BitcoinCoreHeaders
from offchain.headers.errors import BadHeaderFile, SourceRefusal, SourceUnauthorised
from offchain.headers.esplora import EsploraHeaders
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import open_source, split_source
from tests.support.servers.header_servers import (
    PASSWORD,
    USER,
    BestChain,
    CoreServer,
    regtest_chain,
)
from tests.support.servers.http_server import Answer, serve


@pytest.mark.parametrize("text", [str(RECORDED_HEADERS), f"recorded:{RECORDED_HEADERS}"])
def test_a_path_is_a_recorded_file(text: str) -> None:
    source = open_source(text, MAINNET)
    assert isinstance(source, RecordedHeaders)
    assert source.best_height() == 828_575


def test_a_node_is_asked_with_the_addresss_own_user_and_password() -> None:
    best = BestChain(regtest_chain(5).headers)
    with serve(CoreServer(best)) as server:
        address = server.url.replace("http://", f"http://{USER}:{PASSWORD}@")
        source = open_source(f"core:{address}", REGTEST)
        assert isinstance(source, BitcoinCoreHeaders)
        assert source.url == server.url
        assert source.best_height() == 4
        wrong = open_source(f"core:{server.url.replace('//', '//user:hidden@')}", REGTEST)
        with pytest.raises(SourceUnauthorised) as caught:
            wrong.best_height()
    assert "hidden" not in str(caught.value)


def test_a_node_is_asked_with_its_cookie(tmp_path: Path) -> None:
    cookie = tmp_path / ".cookie"
    cookie.write_text(f"{USER}:{PASSWORD}")
    best = BestChain(regtest_chain(5).headers)
    with serve(CoreServer(best)) as server:
        assert open_source(f"core:{server.url}", REGTEST, cookie).best_height() == 4


def test_an_explorers_path_is_asked_and_not_shown() -> None:
    with serve(lambda _: Answer(b"no", status=400)) as server:
        source = open_source(f"esplora:{server.url}/KEY/", MAINNET)
        assert isinstance(source, EsploraHeaders)
        with pytest.raises(SourceRefusal) as caught:
            source.best_height()
        assert [request.path for request in server.requests] == ["/KEY/block-height/0"]
    assert source.url == f"{server.url}/..."
    assert "KEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://127.0.0.1:8332", "must begin with core: or esplora:"),
        ("electrum:http://host", "cannot begin with electrum:"),
        ("core:", "must name a place"),
        ("recorded:", "must name a place"),
        ("", "must name a place"),
        ("core:127.0.0.1:8332", "must begin with http"),
        ("core:http://127.0.0.1:8332", "wants a user and a password"),
        ("core:ftp://u:secret@127.0.0.1", "must begin with http"),
        ("core:http://u:secret@", "must begin with http"),
        ("core:http://u:secret@[::1", "is not a URL"),
        ("core:http://u:secret@host:99999", "no port that exists"),
        ("core:http://u:secret@host:port", "is not a URL"),
        ("core:http://u:secret@host/?wallet=x", "ends with its path"),
        ("esplora:https://host/api#top", "ends with its path"),
        ("esplora:https://", "must begin with http"),
    ],
)
def test_a_text_that_names_no_source_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        open_source(text, MAINNET)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_missing_recorded_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadHeaderFile, match="cannot be read"):
        open_source(str(tmp_path / "none.json"), MAINNET)


def test_a_drive_letter_is_no_kind_of_source() -> None:
    assert split_source("C:\\headers.json") == ("recorded", "C:\\headers.json")
