"""Merkle trees as RFC 9162 section 2.1 defines them, recursively, with Keccak-256 as the hash."""

from collections.abc import Sequence

from eth_hash.auto import keccak


def split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def tree_head(data: Sequence[bytes]) -> bytes:
    """MTH, section 2.1.1."""
    if not data:
        return keccak(b"")
    if len(data) == 1:
        return keccak(b"\x00" + data[0])
    k = split(len(data))
    return keccak(b"\x01" + tree_head(data[:k]) + tree_head(data[k:]))


def audit_path(index: int, data: Sequence[bytes]) -> list[bytes]:
    """PATH, section 2.1.3.1."""
    if len(data) == 1:
        return []
    k = split(len(data))
    if index < k:
        return [*audit_path(index, data[:k]), tree_head(data[k:])]
    return [*audit_path(index - k, data[k:]), tree_head(data[:k])]
