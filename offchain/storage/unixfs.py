"""Files above 1 MiB as UnixFS: raw leaves of 1 MiB under one root block, whose hash names the file.

The root is a dag-pb node (https://ipld.io/specs/codecs/dag-pb/spec/) that links to the leaves in
order and holds a UnixFS file without data of its own (https://specs.ipfs.tech/unixfs/). It is what
``ipfs add --cid-version 1 --chunker size-1048576`` makes, so that ``ipfs cat`` of the root's
identifier gives the file. Leaves and root are blocks like all others to a store: each is kept and
hashed under its own sha2-256.

A file has one root: every leaf but the last has 1 MiB, and a block is a root only if it is, to the
byte, what is written here. What begins as a root begins cannot be a tensor file, whose first bytes
are a length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from offchain.crypto.sealing import MAX_FILE
from offchain.errors import ContentTooLargeError
from offchain.storage.cid import DIGEST_SIZE, binary_cid_of

LEAF_BYTES: Final = MAX_FILE
"""Of every leaf but the last one: the largest block."""

MAXIMUM_LEAVES: Final = 17
MAXIMUM_FILE: Final = MAXIMUM_LEAVES * LEAF_BYTES
"""Bytes of the largest file: a model of 16 MiB, and what sealing it adds."""

# Keys of Protocol Buffers: field number << 3 | wire type (0 a number, 2 bytes with their length).
_NODE_DATA: Final = b"\x0a"
_NODE_LINK: Final = b"\x12"
_LINK_HASH: Final = b"\x0a"
_LINK_NAME: Final = b"\x12"
_LINK_SIZE: Final = b"\x18"
_FILE_TYPE: Final = b"\x08\x02"
_FILE_SIZE: Final = b"\x18"
_BLOCK_SIZE: Final = b"\x20"

_BEFORE_DIGEST: Final = len(_NODE_LINK) + 1 + len(_LINK_HASH) + 1 + len(binary_cid_of(b""))
"""Bytes of a link in front of its leaf's sha2-256."""

_LARGEST_ROOT: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class FileRoot:
    """The leaves of a large file: their sha2-256 in order, and how many bytes they have together.

    Raises:
        ContentTooLargeError: they are more than `MAXIMUM_FILE`.
        ValueError: so many bytes do not make so many leaves, or one leaf is all there is.
    """

    leaves: tuple[bytes, ...]
    size: int

    def __post_init__(self) -> None:
        if self.size > MAXIMUM_FILE:
            raise ContentTooLargeError(self.size, MAXIMUM_FILE)
        if len(self.leaves) < 2 or len(self.leaves) != -(-self.size // LEAF_BYTES):
            raise ValueError(f"{len(self.leaves)} leaves of {self.size} bytes")

    @property
    def leaf_sizes(self) -> tuple[int, ...]:
        """Bytes of each leaf."""
        full = len(self.leaves) - 1
        return (*(LEAF_BYTES,) * full, self.size - full * LEAF_BYTES)

    def encoded(self) -> bytes:
        """The root block."""
        links = b"".join(
            _field(
                _NODE_LINK,
                _field(_LINK_HASH, binary_cid_of(leaf))
                + _field(_LINK_NAME, b"")
                + _LINK_SIZE
                + _varint(size),
            )
            for leaf, size in zip(self.leaves, self.leaf_sizes, strict=True)
        )
        sizes = b"".join(_BLOCK_SIZE + _varint(size) for size in self.leaf_sizes)
        file = _FILE_TYPE + _FILE_SIZE + _varint(self.size) + sizes
        return links + _field(_NODE_DATA, file)


def leaves_of(content: bytes) -> Iterator[bytes]:
    """The pieces of a file, each a block of its own."""
    view = memoryview(content)
    return (bytes(view[at : at + LEAF_BYTES]) for at in range(0, len(content), LEAF_BYTES))


def root_of(content: bytes) -> FileRoot | None:
    """The root of a file; None if the file is one block and needs none.

    Raises:
        ContentTooLargeError: it has more than `MAXIMUM_FILE` bytes.
    """
    if len(content) <= LEAF_BYTES:
        return None
    if len(content) > MAXIMUM_FILE:
        raise ContentTooLargeError(len(content), MAXIMUM_FILE)
    leaves = tuple(hashlib.sha256(leaf).digest() for leaf in leaves_of(content))
    return FileRoot(leaves, len(content))


def file_digest(content: bytes) -> bytes:
    """The 32 bytes that name a file on chain: its sha2-256, or its root's if it is large.

    Raises:
        ContentTooLargeError: it has more than `MAXIMUM_FILE` bytes.
    """
    root = root_of(content)
    return hashlib.sha256(content if root is None else root.encoded()).digest()


def parse_root(block: bytes) -> FileRoot | None:
    """The leaves that a block lists; None if it is no root, and so a file of its own."""
    if len(block) > _LARGEST_ROOT or not block.startswith(_NODE_LINK):
        return None
    leaves: list[bytes] = []
    at = 0
    while block[at : at + 1] == _NODE_LINK and len(leaves) < MAXIMUM_LEAVES:
        leaves.append(block[at + _BEFORE_DIGEST : at + _BEFORE_DIGEST + DIGEST_SIZE])
        at += 2 + int.from_bytes(block[at + 1 : at + 2])
    size = _read_varint(block, at + 2 + len(_FILE_TYPE) + len(_FILE_SIZE))
    try:
        root = FileRoot(tuple(leaves), size)
    except (ContentTooLargeError, ValueError):
        return None
    # Whatever was read past decides here: there is one way to write a root.
    return root if root.encoded() == block else None


def _field(key: bytes, content: Sequence[int]) -> bytes:
    return key + _varint(len(content)) + bytes(content)


def _varint(number: int) -> bytes:
    """A whole number in groups of 7 bits, the lowest first; all but the last have the high bit."""
    groups = []
    while number >= 0x80:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def _read_varint(block: bytes, at: int) -> int:
    """The number that begins at a byte; of one that does not end, what there is of it."""
    number = 0
    for position, byte in enumerate(block[at : at + 5]):
        number |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            break
    return number
