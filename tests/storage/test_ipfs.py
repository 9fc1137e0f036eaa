"""The IPFS store against daemons over real HTTP that behave, lie, flood, stall and refuse."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from offchain.errors import (
    ConfigurationError,
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    StoreError,
    StoreUnreachableError,
)
from offchain.storage.cid import cid_of
from offchain.storage.ipfs import IpfsLimits, IpfsStore
from offchain.storage.ipfs_session import IpfsReplyError
from offchain.storage.local import MAXIMUM_CONTENT
from tests.support.servers.http_server import Answer, LocalServer, Request, serve
from tests.support.servers.ipfs_server import IpfsServer, Twist, refusal, reply
from tests.support.waiting import PATIENCE_SECONDS

QUICK = IpfsLimits(connect_seconds=1.0, search_seconds=1.0, reply_seconds=1.0)
PATIENT = IpfsLimits(connect_seconds=60.0, search_seconds=1.0, reply_seconds=60.0)
OTHER = cid_of(hashlib.sha256(b"other").digest())


@contextmanager
def daemon(
    limits: IpfsLimits = PATIENT, **twists: Twist
) -> Iterator[tuple[IpfsStore, IpfsServer, LocalServer]]:
    """A store over a daemon; twists by command, with ``_`` for ``/``."""
    answers = IpfsServer(twists={name.replace("_", "/"): twist for name, twist in twists.items()})
    with serve(answers) as server:
        yield IpfsStore(f"/ip4/127.0.0.1/tcp/{server.port}", limits), answers, server


def always(answer: Answer) -> Twist:
    return lambda _request, _honest: answer


@pytest.mark.parametrize("size", [0, 1, 65_537, MAXIMUM_CONTENT])
def test_content_comes_back_by_its_sha256_and_is_pinned(size: int) -> None:
    content = os.urandom(size)
    with daemon() as (store, answers, _):
        digest = store.put(content)
        assert digest == hashlib.sha256(content).digest()
        assert store.get(digest) == content
        assert store.has(digest)
        assert set(answers.pins) == {cid_of(digest)}
        assert list(store.digests()) == [digest, digest]


def test_content_over_the_limit_is_not_sent() -> None:
    with daemon() as (store, _, server):
        with pytest.raises(ContentTooLargeError) as caught:
            store.put(bytes(MAXIMUM_CONTENT + 1))
        assert (caught.value.size, caught.value.maximum) == (MAXIMUM_CONTENT + 1, MAXIMUM_CONTENT)
        assert server.requests == []


def test_missing_content_is_named() -> None:
    digest = hashlib.sha256(b"nowhere").digest()
    with daemon() as (store, _, server):
        assert not store.has(digest)
        with pytest.raises(ContentMissingError) as caught:
            store.get(digest)
        assert caught.value.digest == digest
        # The daemon is told how long to look, so that it answers before we stop listening.
        assert {request.query["timeout"] for request in server.requests} == {"1000ms"}


@pytest.mark.parametrize(
    "message",
    [
        "block was not found locally (offline): ipld: could not find bafk",
        "context deadline exceeded",
        "Failed to get block: request timed out",
        "merkledag: not found",
    ],
)
def test_what_daemons_say_of_a_missing_block_is_understood(message: str) -> None:
    with (
        daemon(block_get=always(refusal(message))) as (store, _, _),
        pytest.raises(ContentMissingError),
    ):
        store.get(bytes(32))


def test_wrong_content_is_refused_with_both_hashes() -> None:
    with daemon(block_get=always(Answer(b"something else"))) as (store, _, _):
        digest = store.put(b"content")
        with pytest.raises(ContentMismatchError) as caught:
            store.get(digest)
    assert caught.value.expected == digest
    assert caught.value.actual == hashlib.sha256(b"something else").digest()


def endless() -> Iterator[bytes]:
    while True:
        yield b"\0" * 65_536


COMMANDS: dict[str, Callable[[IpfsStore], object]] = {
    "block_put": lambda store: store.put(b"content"),
    "pin_add": lambda store: store.put(b"content"),
    "block_get": lambda store: store.get(hashlib.sha256(b"content").digest()),
    "block_stat": lambda store: store.has(hashlib.sha256(b"content").digest()),
    "pin_ls": lambda store: list(store.digests()),
}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> str:
    return request.param


def ask(command: str, answer: Answer) -> None:
    """Ask a daemon that has a file, and answers one command as given."""
    with daemon(QUICK, **{command: always(answer)}) as (store, answers, _):
        answers.blocks[cid_of(hashlib.sha256(b"content").digest())] = b"content"
        COMMANDS[command](store)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("length", [None, 1 << 40])
def test_an_endless_reply_is_cut_off(command: str, length: int | None, status: int) -> None:
    with pytest.raises(IpfsReplyError, match=r"is larger than|does not end"):
        ask(command, Answer(endless(), length=length, status=status))


def test_one_byte_more_than_a_file_may_have_is_refused() -> None:
    with pytest.raises(IpfsReplyError, match="is larger than 1048576 bytes"):
        ask("block_get", Answer(bytes(MAXIMUM_CONTENT + 1)))


def trickle() -> Iterator[bytes]:
    for _ in range(900):
        time.sleep(0.1)
        yield b"0"


@pytest.mark.parametrize("length", [None, 900])
def test_a_reply_that_trickles_is_given_up_after_its_time(length: int | None) -> None:
    before = time.monotonic()
    with pytest.raises(IpfsReplyError, match="took longer than 1 seconds"):
        ask("block_get", Answer(trickle(), length=length))
    assert time.monotonic() - before < 60


def test_a_daemon_that_says_nothing_is_given_up(command: str) -> None:
    gate = threading.Event()

    def hang(_request: Request, honest: Answer) -> Answer:
        gate.wait(PATIENCE_SECONDS)
        return honest

    limits = IpfsLimits(connect_seconds=0.5, search_seconds=-4.8, reply_seconds=1.0)
    with serve(IpfsServer(twists={command.replace("_", "/"): hang})) as server:
        store = IpfsStore(f"/ip4/127.0.0.1/tcp/{server.port}", limits)
        with pytest.raises(StoreUnreachableError, match="timed out"):
            COMMANDS[command](store)
        gate.set()


def test_nothing_at_the_address_is_named(command: str) -> None:
    with serve(lambda _: Answer()) as server:
        port = server.port
    store = IpfsStore(f"/ip4/127.0.0.1/tcp/{port}", QUICK)
    with pytest.raises(StoreUnreachableError, match="Connection refused") as caught:
        COMMANDS[command](store)
    assert f"/ip4/127.0.0.1/tcp/{port}" in str(caught.value)


def test_a_connection_that_breaks_off_is_no_content() -> None:
    with pytest.raises(StoreUnreachableError):
        ask("block_get", Answer(iter([b"cont"]), length=7))


@pytest.mark.parametrize(
    "name",
    [
        OTHER,
        "",
        None,
        7,
        ["bafkrei"],
        {"/": OTHER},
        OTHER.upper(),
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        "z" * 59,
        "z1l",
        "b" * 100_00,
    ],
)
def test_a_daemon_that_names_another_block_is_refused(name: Any) -> None:
    for command, answer in (
        ("block_put", {"Key": name, "Size": 7}),
        ("pin_add", {"Pins": [name]}),
        ("block_stat", {"Key": name, "Size": 7}),
    ):
        with pytest.raises(IpfsReplyError) as caught:
            ask(command, reply(answer))
        assert len(str(caught.value)) < 600


@pytest.mark.parametrize("pins", [[], None, {}, "x", [OTHER, OTHER]])
def test_a_daemon_that_does_not_pin_is_refused(pins: Any) -> None:
    with pytest.raises(IpfsReplyError, match="pin/add"):
        ask("pin_add", reply({"Pins": pins}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b"[]",
        b'"text"',
        b"nonsense",
        b"{",
        b"[" * 4000,
        b'{"Key":1}{"Key":2}',
        b'{"a":' * 700,
        b"\xff\xfe",
        b'{"Type":"error"}',
        b'{"Type":"error","Message":["x"]}',
        b"[\n" * 2000,
    ],
    ids=lambda body: f"{len(body)}-{body[:9]!r}",
)
def test_a_reply_of_a_wrong_shape_is_refused(body: bytes) -> None:
    for command in ("block_put", "pin_add", "block_stat"):
        with pytest.raises(StoreError):
            ask(command, Answer(body))


@pytest.mark.parametrize(
    "body", [b"nonsense\n", b"[1]\n", b"7\n", b'{"Cid":7}\n', b'{"Keys":{}}\n', b"[" * 4000, b"{"]
)
def test_a_list_of_a_wrong_shape_is_refused(body: bytes) -> None:
    with pytest.raises(IpfsReplyError, match="pin/ls"):
        ask("pin_ls", Answer(body))


def test_a_list_line_that_does_not_end_is_refused() -> None:
    with pytest.raises(IpfsReplyError, match="a line that does not end"):
        ask("pin_ls", Answer(b" " * 100_000))


def test_a_list_passes_over_what_is_no_raw_block_by_its_sha256() -> None:
    digest = hashlib.sha256(b"content").digest()
    # The same identifier in base58, and pins of folders and of other hashes.
    names = [
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        "zb2rhmy65F3REf8SZp7De11gxtECBGgUKaLdiDj7MCGCHxbDW",
        "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
        cid_of(digest),
    ]
    lines = "".join(json.dumps({"Cid": name}) + "\n" for name in names).encode()
    with daemon(pin_ls=always(Answer(iter([lines[:70], lines[70:71], lines[71:]])))) as (
        store,
        _,
        _,
    ):
        assert list(store.digests()) == [hashlib.sha256(b"").digest(), digest]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(command: str, status: int) -> None:
    with serve(lambda _: Answer()) as other:
        answer = Answer(b"", status=status, headers={"Location": other.url})
        with pytest.raises(IpfsReplyError, match="leads elsewhere"):
            ask(command, answer)
        assert other.requests == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "br", "made-up"])
def test_an_encoded_reply_is_refused_and_never_decoded(command: str, encoding: str) -> None:
    bomb = gzip.compress(bytes(1 << 25))
    with pytest.raises(IpfsReplyError, match="is encoded"):
        ask(command, Answer(bomb, headers={"Content-Encoding": encoding}))


def test_a_password_in_an_address_of_another_kind_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match=r"http://127\.0\.0\.1:5001") as caught:
        IpfsStore("http://user:SECRET@127.0.0.1:5001")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502])
def test_a_server_that_is_no_daemon_is_named(command: str, status: int) -> None:
    with pytest.raises(IpfsReplyError, match=str(status)):
        ask(command, Answer(b"<html>not here</html>", status=status))


def test_a_daemons_refusal_comes_through_as_one_line(command: str) -> None:
    with pytest.raises(StoreError, match="refused") as caught:
        ask(command, refusal("disk full\n\x1b[31m" + "x" * 3000))
    assert type(caught.value) is StoreError
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_neither_proxies_nor_passwords_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with daemon() as (store, _, server):
        store.put(b"content")
        assert all("Authorization" not in request.headers for request in server.requests)


def test_several_threads_share_a_store() -> None:
    contents = [os.urandom(2000) for _ in range(24)]
    failures: list[Exception] = []

    def work(part: list[bytes]) -> None:
        try:
            for content in part:
                assert store.get(store.put(content)) == content
        except (StoreError, AssertionError) as error:
            failures.append(error)

    with daemon() as (store, _, _):
        threads = [threading.Thread(target=work, args=(contents[i::4],)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "/",
        "/ip4/1",
        "/ip4/300.1.1.1/tcp/5001",
        "http://127.0.0.1:5001",
        "/unix/tmp/daemon.sock",
        "/ip4/127.0.0.1/udp/5001",
        "/ip4/127.0.0.1/tcp/99999",
        "/dns//tcp/5001",
        "/dns/host/tcp/443/https/x",
        "/\x00/\n",
    ],
)
def test_what_is_no_address_of_a_daemon_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        IpfsStore(address)
    assert str(caught.value).isprintable()
