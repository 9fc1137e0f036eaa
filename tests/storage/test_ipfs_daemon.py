"""Against a real IPFS daemon: the same files, under the same names as in a local folder."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.cli import run
from offchain.errors import ContentMissingError, ContentTooLargeError
from offchain.storage.cid import cid_of
from offchain.storage.ipfs import IpfsLimits, IpfsStore
from offchain.storage.local import MAXIMUM_CONTENT, LocalStore
from scripts.support.ipfs_daemon import IpfsDaemon
from tests.support.servers.ipfs_daemon import running_ipfs_daemon

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpfsDaemon]:
    with running_ipfs_daemon(tmp_path_factory.mktemp("daemon")) as daemon:
        yield daemon


@pytest.fixture
def store(daemon: IpfsDaemon) -> IpfsStore:
    return IpfsStore(daemon.address, IpfsLimits(search_seconds=1.0))


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, MAXIMUM_CONTENT])
def test_a_file_is_one_raw_block_of_the_local_stores_name(
    store: IpfsStore, tmp_path: Path, size: int
) -> None:
    """Above 256 KiB daemons would cut a file in pieces; a raw block stays whole."""
    content = os.urandom(size)
    digest = store.put(content)
    local = LocalStore(tmp_path / "local")
    assert digest == local.put(content)
    assert local.place(digest).is_file()
    assert store.get(digest) == content
    assert store.has(digest)
    assert digest in set(store.digests())
    store.forget(digest)
    store.forget(digest)
    assert digest not in set(store.digests())


def test_what_the_daemon_does_not_have_is_missing(store: IpfsStore) -> None:
    digest = hashlib.sha256(os.urandom(32)).digest()
    assert not store.has(digest)
    with pytest.raises(ContentMissingError):
        store.get(digest)


def test_more_than_a_block_may_have_is_refused(store: IpfsStore) -> None:
    with pytest.raises(ContentTooLargeError):
        store.put(bytes(MAXIMUM_CONTENT + 1))


def test_putting_twice_keeps_one(store: IpfsStore) -> None:
    content = os.urandom(100)
    digest = store.put(content)
    assert store.put(content) == digest
    assert list(store.digests()).count(digest) == 1


def test_content_outlives_the_daemon(tmp_path: Path) -> None:
    content = os.urandom(5000)
    with running_ipfs_daemon(tmp_path) as daemon:
        digest = IpfsStore(daemon.address).put(content)
    with running_ipfs_daemon(tmp_path) as daemon:
        store = IpfsStore(daemon.address)
        assert store.get(digest) == content
        assert set(store.digests()) == {digest}


def test_several_threads_share_a_daemon(store: IpfsStore) -> None:
    contents = [os.urandom(50_000) for _ in range(12)]
    results: list[bool] = []

    def work(part: list[bytes]) -> None:
        results.extend(store.get(store.put(content)) == content for content in part)

    threads = [threading.Thread(target=work, args=(contents[i::3],)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * len(contents)


def test_the_command_line_uses_it(
    daemon: IpfsDaemon, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    content = os.urandom(1000)
    file = tmp_path / "file"
    file.write_bytes(content)
    location = f"ipfs:{daemon.address}"
    name = cid_of(hashlib.sha256(content).digest())
    assert run(["store", "put", str(file), "--store", location]) == 0
    assert capfdbinary.readouterr().out == f"{name}\n".encode()
    assert run(["store", "get", name, "--store", location]) == 0
    assert capfdbinary.readouterr().out == content
    assert run(["store", "ls", "--store", location]) == 0
    assert name in capfdbinary.readouterr().out.decode().split()


def test_it_says_its_version(store: IpfsStore) -> None:
    assert store.version()[0].isdigit()
