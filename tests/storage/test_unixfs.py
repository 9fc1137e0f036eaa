"""Large files: one root for each, the one that IPFS makes, and no other block taken for one."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.errors import ContentTooLargeError, StoreError
from offchain.storage.cid import cid_of, digest_of, digest_of_root, root_cid_of
from offchain.storage.unixfs import (
    LEAF_BYTES,
    MAXIMUM_FILE,
    MAXIMUM_LEAVES,
    FileRoot,
    file_digest,
    leaves_of,
    parse_root,
    root_of,
)

# What `ipfs add --cid-version 1 --raw-leaves --chunker size-1048576` prints for so many zeros:
# test_files_daemon.py asks a daemon.
KNOWN = {
    LEAF_BYTES + 1: "bafybeihd4yzq7n5umhjngdum4r6k2to7egxfkf2jz6thvwzf6djus22cmq",
    16 * LEAF_BYTES: "bafybeieelnioul74bzy2mppb25tgbt6g5jsdh5lzw4gdhuz7yx6fust6ei",
}


def a_root(leaves: int = 3, last: int = 77) -> FileRoot:
    digests = tuple(hashlib.sha256(bytes([number])).digest() for number in range(leaves))
    return FileRoot(digests, (leaves - 1) * LEAF_BYTES + last)


@pytest.mark.parametrize("size", KNOWN)
def test_a_large_file_has_the_name_that_ipfs_gives_it(size: int) -> None:
    assert root_cid_of(file_digest(bytes(size))) == KNOWN[size]


@pytest.mark.parametrize("size", [0, 1, LEAF_BYTES])
def test_a_file_of_one_block_is_named_by_its_own_hash(size: int) -> None:
    assert root_of(bytes(size)) is None
    assert file_digest(bytes(size)) == hashlib.sha256(bytes(size)).digest()


@pytest.mark.parametrize("size", [LEAF_BYTES + 1, 2 * LEAF_BYTES, 2 * LEAF_BYTES + 1])
def test_leaves_make_the_file(size: int) -> None:
    content = random.Random(size).randbytes(size)
    leaves, root = list(leaves_of(content)), root_of(content)
    assert root is not None
    assert b"".join(leaves) == content
    assert root.leaves == tuple(hashlib.sha256(leaf).digest() for leaf in leaves)
    assert root.leaf_sizes == tuple(map(len, leaves))


@pytest.mark.parametrize("leaves", [2, 3, MAXIMUM_LEAVES])
@pytest.mark.parametrize("last", [1, 127, 128, 16_383, 16_384, LEAF_BYTES])
def test_a_root_says_its_leaves(leaves: int, last: int) -> None:
    root = a_root(leaves, last)
    assert parse_root(root.encoded()) == root


def test_a_file_above_the_limit_is_refused() -> None:
    with pytest.raises(ContentTooLargeError) as caught:
        file_digest(bytes(MAXIMUM_FILE + 1))
    assert (caught.value.size, caught.value.maximum) == (MAXIMUM_FILE + 1, MAXIMUM_FILE)


def test_no_block_with_a_byte_changed_is_a_root_of_the_same_leaves() -> None:
    root = a_root()
    block = root.encoded()
    for at in range(len(block)):
        for change in (1, 0x80, 0xFF):
            changed = bytearray(block)
            changed[at] ^= change
            found = parse_root(bytes(changed))
            # A leaf's hash, or the file's size in both places, makes the root of another file.
            assert found is None or found.leaves != root.leaves


def test_blocks_cut_short_or_longer_are_no_roots() -> None:
    block = a_root().encoded()
    assert all(parse_root(block[:length]) is None for length in range(len(block)))
    assert parse_root(block + b"\0") is None


@given(st.binary(max_size=300))
def test_any_other_bytes_are_a_file_of_their_own(tail: bytes) -> None:
    assert parse_root(tail) is None
    assert parse_root(b"\x12" + tail) is None
    assert parse_root(a_root().encoded()[:60] + tail) is None


def test_a_root_of_one_leaf_is_none() -> None:
    """Such a file is its leaf: it would have two names."""
    leaf = hashlib.sha256(b"leaf").digest()
    with pytest.raises(ValueError, match="1 leaves"):
        FileRoot((leaf,), 100)


def test_a_root_that_says_another_size_than_its_leaves_make_is_none() -> None:
    digests = tuple(hashlib.sha256(bytes([number])).digest() for number in range(3))
    for size in (0, 2 * LEAF_BYTES, 3 * LEAF_BYTES + 1):
        with pytest.raises(ValueError, match="3 leaves"):
            FileRoot(digests, size)


def test_a_tensor_file_cannot_read_as_a_root() -> None:
    """Its first eight bytes are a length of at most 4096, the others are zero."""
    block = a_root(2, 1).encoded()
    assert int.from_bytes(block[:8], "little") > 4096
    assert len(block) > 8


def test_an_identifier_says_which_of_both_it_is() -> None:
    digest = file_digest(bytes(LEAF_BYTES + 1))
    root, raw = root_cid_of(digest), cid_of(digest)
    assert root.startswith("bafybei")
    assert digest_of_root(root) == digest == digest_of(raw)
    assert digest_of_root(raw) is None
    assert digest_of_root(root[:-1] + "b") is None
    assert digest_of_root("bafybei") is None
    with pytest.raises(StoreError):
        digest_of(root)
