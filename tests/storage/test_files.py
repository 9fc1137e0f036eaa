"""Files of any size in stores of blocks: kept whole, fetched whole, or refused by name."""

from __future__ import annotations

import hashlib
import random
import threading
from pathlib import Path

import pytest

from offchain.errors import (
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    StoreError,
)
from offchain.ports import ContentStore
from offchain.storage.fetching import ContentPendingError, FetchingStore
from offchain.storage.files import FalseRootError, fetch_file, has_file, keep_file
from offchain.storage.local import LocalStore
from offchain.storage.unixfs import LEAF_BYTES, MAXIMUM_FILE, FileRoot, file_digest, root_of

LARGE = random.Random(1).randbytes(2 * LEAF_BYTES + 1000)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


@pytest.mark.parametrize("size", [0, 5, LEAF_BYTES, LEAF_BYTES + 1, len(LARGE)])
def test_a_file_comes_back_by_its_name(store: LocalStore, size: int) -> None:
    content = LARGE[:size]
    digest = keep_file(store, content)
    assert digest == file_digest(content)
    assert has_file(store, digest)
    assert fetch_file(store, digest, MAXIMUM_FILE) == content


def test_each_block_lies_under_its_own_hash(store: LocalStore) -> None:
    digest = keep_file(store, LARGE)
    root = root_of(LARGE)
    assert root is not None
    assert set(store.digests()) == {digest, *root.leaves}


def test_a_missing_leaf_is_named(store: LocalStore) -> None:
    digest = keep_file(store, LARGE)
    root = root_of(LARGE)
    assert root is not None
    store.place(root.leaves[1]).unlink()
    assert not has_file(store, digest)
    with pytest.raises(ContentMissingError) as caught:
        fetch_file(store, digest, MAXIMUM_FILE)
    assert caught.value.digest == root.leaves[1]


def test_a_damaged_leaf_is_refused(store: LocalStore) -> None:
    digest = keep_file(store, LARGE)
    root = root_of(LARGE)
    assert root is not None
    store.place(root.leaves[2]).write_bytes(b"other")
    with pytest.raises(ContentMismatchError):
        fetch_file(store, digest, MAXIMUM_FILE)


@pytest.mark.parametrize("size", [5, LEAF_BYTES])
def test_a_root_that_lies_about_a_leaf_gives_no_file(store: LocalStore, size: int) -> None:
    """Whoever wrote it chose what is hashed: nobody is given more or less than it says."""
    leaves = (store.put(LARGE[:LEAF_BYTES]), store.put(LARGE[-size:]))
    digest = store.put(FileRoot(leaves, LEAF_BYTES + 10).encoded())
    with pytest.raises(FalseRootError, match=f"leaf 1 has {size} bytes") as caught:
        fetch_file(store, digest, MAXIMUM_FILE)
    assert caught.value.digest == digest


def test_the_leaves_of_a_file_above_the_limit_are_not_asked_for(store: LocalStore) -> None:
    absent = tuple(hashlib.sha256(bytes([number])).digest() for number in range(3))
    digest = store.put(FileRoot(absent, 3 * LEAF_BYTES).encoded())
    with pytest.raises(ContentTooLargeError) as caught:
        fetch_file(store, digest, 3 * LEAF_BYTES - 1)
    assert caught.value.size == 3 * LEAF_BYTES


def test_a_small_file_above_the_limit_is_refused(store: LocalStore) -> None:
    digest = keep_file(store, b"12345")
    with pytest.raises(ContentTooLargeError):
        fetch_file(store, digest, 4)


def test_a_root_is_not_kept_as_a_file(store: LocalStore) -> None:
    root = root_of(LARGE)
    assert root is not None
    with pytest.raises(StoreError, match="root of a larger one"):
        keep_file(store, root.encoded())


def test_a_file_above_the_largest_leaves_nothing(store: LocalStore) -> None:
    with pytest.raises(ContentTooLargeError):
        keep_file(store, bytes(MAXIMUM_FILE + 1))
    assert list(store.folder.iterdir()) == []


class HeldStore(ContentStore):
    """Another store that answers nothing until it is let go, and notes what it was asked for."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self.go = threading.Event()
        self.asked: list[bytes] = []

    def put(self, content: bytes) -> bytes:
        return self._store.put(content)

    def get(self, digest: bytes) -> bytes:
        self.asked.append(digest)
        assert self.go.wait(60)
        return self._store.get(digest)

    def has(self, digest: bytes) -> bool:
        return self._store.has(digest)


def test_a_store_that_answers_later_is_asked_for_all_leaves_at_once(store: LocalStore) -> None:
    digest = keep_file(store, LARGE)
    root = root_of(LARGE)
    assert root is not None
    held = HeldStore(store)
    fetching = FetchingStore(held)
    held.go.set()
    assert fetching.get(digest)
    held.go.clear()
    with pytest.raises(ContentPendingError):
        fetch_file(fetching, digest, MAXIMUM_FILE)
    held.go.set()
    waiting = FetchingStore(held, waits=lambda: True)
    assert fetch_file(waiting, digest, MAXIMUM_FILE) == LARGE
    assert set(root.leaves) <= set(held.asked)
