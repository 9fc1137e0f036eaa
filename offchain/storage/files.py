"""Files of any size up to 17 MiB in a content store, which itself keeps blocks of at most 1 MiB.

What is at most 1 MiB is one block under its own sha2-256. What is larger is kept in leaves under a
root, whose sha2-256 names the file (`offchain.storage.unixfs`). Who asks says how large a file may
be, and gets no more into memory than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from offchain.errors import ContentMissingError, ContentTooLargeError, StoreError
from offchain.ports import ContentStore
from offchain.storage.fetching import ContentPendingError
from offchain.storage.unixfs import FileRoot, leaves_of, parse_root, root_of

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class FalseRootError(ContentMissingError):
    """A root says that a leaf has another size than it has: there is no file of that hash."""

    def __init__(self, digest: bytes, leaf: int, expected: int, actual: int) -> None:
        StoreError.__init__(
            self,
            f"the file {digest.hex()} is malformed: its leaf {leaf} has {actual} bytes and is said "
            f"to have {expected}: nobody can have it",
        )
        self.digest = digest


def keep_file(store: ContentStore, content: bytes) -> bytes:
    """Keep a file; returns the 32 bytes that name it (`unixfs.file_digest`).

    The root is kept last, so that a file that has a root has its leaves too.

    Raises:
        ContentTooLargeError: it is larger than `unixfs.MAXIMUM_FILE`.
        StoreError: it cannot be kept, or is itself written as the root of another file.
    """
    root = root_of(content)
    if root is None:
        if parse_root(content) is not None:
            raise StoreError("the file reads as the root of a larger one, and is not kept")
        return store.put(content)
    _each(leaves_of(content), store.put)
    return store.put(root.encoded())


def fetch_file(store: ContentStore, digest: bytes, maximum_bytes: int) -> bytes:
    """Fetch a file by its name; every block of it is hashed.

    Args:
        store: where it is; may be one that answers later (`offchain.storage.fetching`).
        digest: what names it on chain.
        maximum_bytes: that it may have.

    Raises:
        ContentTooLargeError: it is larger; of a file in leaves nothing but the root was fetched.
        ContentMissingError: the root or a leaf cannot be had, or a leaf is not as the root says.
        ContentMismatchError: the store gives other bytes.
        ContentPendingError: a store that answers later has not yet.
        StoreError: the store is not usable.
    """
    block = store.get(digest)
    root = parse_root(block)
    size = len(block) if root is None else root.size
    if size > maximum_bytes:
        raise ContentTooLargeError(size, maximum_bytes)
    return block if root is None else b"".join(_leaves(store, digest, root))


def has_file(store: ContentStore, digest: bytes) -> bool:
    """Whether root and leaves of a file can be fetched; `fetch_file` checks their bytes.

    Raises:
        ContentPendingError: a store that answers later has not yet.
        StoreError: the store is not usable.
    """
    if not store.has(digest):
        return False
    root = parse_root(store.get(digest))
    return root is None or all(_each(root.leaves, store.has))


def _leaves(store: ContentStore, digest: bytes, root: FileRoot) -> Sequence[bytes]:
    leaves: list[bytes] = _each(root.leaves, store.get)
    for number, (leaf, expected) in enumerate(zip(leaves, root.leaf_sizes, strict=True)):
        if len(leaf) != expected:
            raise FalseRootError(digest, number, expected, len(leaf))
    return leaves


def _each(asked: Iterable[Asked], ask: Callable[[Asked], Answer]) -> list[Answer]:
    """Ask a store for several blocks. One that answers later is asked for all before it is left."""
    answers, pending = [], None
    for one in asked:
        try:
            answers.append(ask(one))
        except ContentPendingError as error:
            pending = error
    if pending is not None:
        raise pending
    return answers
