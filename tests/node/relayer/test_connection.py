"""A relayer that answers as it likes: its client ends in time, with little memory, in one line."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterator

import pytest
import zstandard

from offchain.errors import (
    ConfigurationError,
    RelayerBusyError,
    RelayerError,
    RelayerRefusedError,
)
from offchain.node.relayer import connection as connection_module
from offchain.node.relayer.connection import MAXIMUM_REPLY, RelayerConnection
from offchain.node.relayer.order_client import OrderClient
from offchain.refusals import OtherCode, RefusalCode
from tests.support.servers.http_server import Answer, Respond, serve
from tests.support.waiting import PATIENCE_SECONDS

ZERO = "0x" + "00" * 20
RELAYER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def post_to(respond: Respond) -> None:
    """Hand something to a relayer that answers so."""
    with serve(respond) as server:
        connection = RelayerConnection(server.url)
        try:
            connection.post("/keys", {"key": "0x01"})
        finally:
            connection.close()


def terms_of(said: bytes) -> None:
    with serve(lambda _: Answer(said)) as server:
        OrderClient(server.url).terms(1, ZERO)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 1), ("999999", 600), ("soon", 1), ("-5", 1), ("9" * 5_000, 1), (None, 1)],
    ids=["7", "0", "999999", "soon", "-5", "5000 digits", "none"],
)
def test_the_client_waits_as_long_as_it_is_asked_to_within_reason(header, seconds):
    headers = {} if header is None else {"Retry-After": header}
    body = json.dumps({"error": RefusalCode.QUEUE_FULL, "reason": "too much"}).encode()
    with pytest.raises(RelayerBusyError, match="too much") as busy:
        post_to(lambda _: Answer(body, 429, headers))
    assert busy.value.seconds == seconds


def terms(**changes: object) -> bytes:
    fields = {"chainId": 1, "modelChain": ZERO, "relayer": RELAYER, "minimumFee": "1"}
    return json.dumps(fields | changes).encode()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"{}",
        b'{"chainId": 31337}',
        terms(relayer="0x12"),
        terms(relayer=None),
        terms(minimumFee="-1"),
        terms(minimumFee=1),
        terms(minimumFee="9" * 79),
        terms(chainId="1"),
        terms(chainId=[1]),
        terms(modelChain={"a": "b"}),
        terms(modelChain="\x1b[2J"),
        b'{"chainId": ' + b"9" * 4_000 + b', "modelChain": "", "relayer": "", "minimumFee": "1"}',
        b" " * (MAXIMUM_REPLY + 1),
    ],
    ids=range(16),
)
def test_terms_that_make_no_sense_are_refused_in_one_line(reply):
    with pytest.raises(RelayerError) as refused:
        terms_of(reply)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_terms_that_do_make_sense_are_read():
    with serve(lambda _: Answer(terms())) as server:
        assert OrderClient(server.url).terms(1, ZERO).minimum_fee == 1


def test_a_strangers_words_do_not_steer_the_terminal():
    body = json.dumps({"error": "x\x1b[2J", "reason": "y\r\x07\ud800"}).encode()
    with pytest.raises(RelayerRefusedError) as refused:
        post_to(lambda _: Answer(body, 400))
    assert str(refused.value).isprintable()


def refused_with(word: str) -> RelayerRefusedError:
    body = json.dumps({"error": word, "reason": "so"}).encode()
    with pytest.raises(RelayerRefusedError) as refused:
        post_to(lambda _: Answer(body, 400))
    return refused.value


@pytest.mark.parametrize("word", ["WrongSigner", "Scope", "no-such-word", ""])
def test_a_word_of_another_relayers_is_no_code_of_this_one(word):
    assert refused_with(word).code == word
    assert isinstance(refused_with(word).code, OtherCode)


@pytest.mark.parametrize("code", RefusalCode)
def test_the_client_knows_the_codes_by_their_words(code):
    assert refused_with(code.value).code is code


def test_a_relayer_may_answer_anything():
    with pytest.raises(RelayerRefusedError) as refused:
        post_to(lambda _: Answer(b"\xff" * 10_000, 418))
    assert refused.value.code == "unknown"
    assert len(str(refused.value)) < 500


ZEROS = bytes(64 << 20)
"""A few kilobytes as they are sent, and 64 MiB in memory."""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("zstd", zstandard.compress(ZEROS)),
        ("gzip", gzip.compress(ZEROS)),
        ("deflate", zlib.compress(ZEROS)),
        ("br", b"\x8b\x02\x80"),
        ("GZIP", gzip.compress(b"{}")),
        ("gzip, zstd", b""),
        ("made-up", b"{}"),
    ],
    ids=["zstd", "gzip", "deflate", "br", "capitals", "two", "unknown"],
)
@pytest.mark.parametrize("code", [200, 422, 500])
def test_an_encoded_reply_is_refused_and_never_decoded(encoding, body, code):
    asked = []

    def respond(request) -> Answer:
        asked.append(request.headers.get("Accept-Encoding"))
        return Answer(body, code, {"Content-Encoding": encoding})

    with pytest.raises(RelayerError, match="is encoded"):
        post_to(respond)
    assert asked == ["identity"]


def test_a_reply_that_says_that_it_is_not_encoded_is_read():
    post_to(lambda _: Answer(b"{}", 202, {"Content-Encoding": "identity"}))


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 65_536


def test_a_reply_without_an_end_is_cut_off():
    with pytest.raises(RelayerError, match=f"larger than {MAXIMUM_REPLY} bytes"):
        post_to(lambda _: Answer(endless()))


def trickle() -> Iterator[bytes]:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        yield b" "
        time.sleep(0.02)


def test_a_reply_that_trickles_is_given_up_after_its_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection_module, "REPLY_SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(RelayerError, match="does not answer"):
        post_to(lambda _: Answer(trickle()))
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_a_redirection_is_not_followed():
    with serve(lambda _: Answer(b"{}")) as elsewhere:
        with pytest.raises(RelayerRefusedError):
            post_to(lambda _: Answer(b"", 307, {"Location": elsewhere.url}))
        assert elsewhere.requests == []


@pytest.mark.parametrize("address", ["http://user:SECRET@127.0.0.1:1", "http://127.0.0.1:1/SECRET"])
def test_what_is_secret_in_the_address_is_in_no_error(address):
    with pytest.raises(RelayerError, match="does not answer") as caught:
        RelayerConnection(address).post("/keys", {})
    assert "SECRET" not in str(caught.value)
    with pytest.raises(ConfigurationError) as refused:
        RelayerConnection(address.replace("http:", "ftp:"))
    assert "SECRET" not in str(refused.value)
