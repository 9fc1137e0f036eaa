"""The local store: whole files, checked hashes, typed errors."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from offchain.errors import (
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    StoreError,
)
from offchain.storage.cid import cid_of
from offchain.storage.local import MAXIMUM_CONTENT, LocalStore


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "deep" / "store")


@pytest.mark.parametrize("size", [0, 1, 1000, MAXIMUM_CONTENT])
def test_content_comes_back_by_its_sha256(store: LocalStore, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    digest = store.put(content)
    assert digest == hashlib.sha256(content).digest()
    assert store.has(digest)
    assert store.get(digest) == content


def test_file_is_named_by_its_content_identifier_and_nothing_else_is_left(
    store: LocalStore,
) -> None:
    digest = store.put(b"content")
    [folder] = store.folder.iterdir()
    assert folder.name == cid_of(digest)[-3:-1]
    assert [path.name for path in folder.iterdir()] == [cid_of(digest)]


def test_a_file_of_a_store_that_was_not_spread_is_found_and_listed_once(store: LocalStore) -> None:
    digest = store.put(b"content")
    store.place(digest).rename(store.folder / cid_of(digest))
    assert store.has(digest)
    assert store.get(digest) == b"content"
    assert store.put(b"content") == digest
    assert not store.place(digest).exists()
    (store.folder / cid_of(digest)).write_bytes(b"damaged")
    assert store.put(b"content") == digest
    assert store.get(digest) == b"content"
    assert list(store.digests()) == [digest]
    store.forget(digest)
    assert list(store.digests()) == []


def test_what_is_forgotten_is_missing_and_may_be_put_again(store: LocalStore) -> None:
    digest, other = store.put(b"content"), store.put(b"other")
    store.forget(digest)
    store.forget(digest)
    assert not store.has(digest)
    with pytest.raises(ContentMissingError):
        store.get(digest)
    assert store.get(other) == b"other"
    assert store.put(b"content") == digest
    assert store.get(digest) == b"content"


def test_what_cannot_be_removed_is_a_store_error(store: LocalStore) -> None:
    digest = hashlib.sha256(b"content").digest()
    store.place(digest).mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be removed"):
        store.forget(digest)


def test_another_store_object_on_the_folder_finds_the_content(store: LocalStore) -> None:
    digest = store.put(b"content")
    assert LocalStore(store.folder).get(digest) == b"content"


def test_content_over_the_limit_is_refused_and_leaves_nothing(store: LocalStore) -> None:
    with pytest.raises(ContentTooLargeError) as caught:
        store.put(bytes(MAXIMUM_CONTENT + 1))
    assert (caught.value.size, caught.value.maximum) == (MAXIMUM_CONTENT + 1, MAXIMUM_CONTENT)
    assert list(store.folder.iterdir()) == []


def test_missing_content_is_named(store: LocalStore) -> None:
    digest = hashlib.sha256(b"absent").digest()
    assert not store.has(digest)
    with pytest.raises(ContentMissingError) as caught:
        store.get(digest)
    assert caught.value.digest == digest


def test_damaged_file_is_refused_and_mended_by_putting_it_again(store: LocalStore) -> None:
    digest = store.put(b"content")
    store.place(digest).write_bytes(b"contents")
    with pytest.raises(ContentMismatchError) as caught:
        store.get(digest)
    assert caught.value.expected == digest
    assert caught.value.actual == hashlib.sha256(b"contents").digest()
    assert store.put(b"content") == digest
    assert store.get(digest) == b"content"


def test_file_grown_over_the_limit_is_not_read_whole(store: LocalStore) -> None:
    digest = store.put(b"content")
    with store.place(digest).open("r+b") as file:
        file.truncate(MAXIMUM_CONTENT * 50)
    with pytest.raises(ContentTooLargeError) as caught:
        store.get(digest)
    assert caught.value.size == MAXIMUM_CONTENT * 50


@pytest.mark.parametrize("size", [0, 31, 33])
def test_digest_of_a_wrong_size_is_refused(store: LocalStore, size: int) -> None:
    with pytest.raises(StoreError):
        store.get(bytes(size))


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        LocalStore(tmp_path / "store")


def test_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    # A folder that is gone cannot be written by root either, unlike one without permissions.
    store = LocalStore(tmp_path / "store")
    store.folder.rmdir()
    with pytest.raises(StoreError, match="cannot be written"):
        store.put(b"content")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_without_write_permission_is_a_store_error(store: LocalStore) -> None:
    store.folder.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        store.put(b"content")


def test_directory_in_a_files_place_is_a_store_error(store: LocalStore) -> None:
    digest = hashlib.sha256(b"content").digest()
    store.place(digest).mkdir(parents=True)
    assert not store.has(digest)
    with pytest.raises(StoreError):
        store.get(digest)
    with pytest.raises(StoreError):
        store.put(b"content")
    assert [path.name for path in store.place(digest).parent.iterdir()] == [cid_of(digest)]


def test_pipe_in_a_files_place_is_not_waited_for(store: LocalStore) -> None:
    content = b"content"
    digest = hashlib.sha256(content).digest()
    pipe = store.place(digest)
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # says nothing, as long as it is open
    try:
        with pytest.raises(StoreError, match="is no file"):
            store.get(digest)
    finally:
        os.close(writer)
    with pytest.raises(StoreError, match="is no file"):
        store.get(digest)
    assert store.put(content) == digest
    assert store.get(digest) == content


def test_readers_never_see_a_part_while_writers_race(store: LocalStore) -> None:
    content = bytes(range(256)) * 2048
    digest = hashlib.sha256(content).digest()
    wrong: list[bytes] = []

    def write() -> None:
        for _ in range(10):
            store.put(content)

    def read() -> None:
        for _ in range(200):
            try:
                if store.get(digest) != content:
                    wrong.append(digest)
            except ContentMissingError:
                continue

    threads = [threading.Thread(target=target) for target in (write, write, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert list(store.digests()) == [digest]


def test_list_passes_over_files_of_other_names(store: LocalStore) -> None:
    digests = sorted(store.put(bytes([number])) for number in range(3))
    (store.folder / "README").write_text("not content")
    assert sorted(store.digests()) == digests
