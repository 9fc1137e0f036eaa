"""Merkle trees of the shape of RFC 9162 section 2.1 with Keccak-256.

A leaf hashes as ``keccak256(0x00 || data)``, a node as ``keccak256(0x01 || left || right)``, the
empty tree as ``keccak256("")``. The different prefixes keep a node from passing for a leaf, and n
leaves split at the largest power of two below n, so that no leaf is ever repeated to fill a level
(repetition lets two lists of leaves share one root).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from offchain.crypto.hashing import HASH_BYTES, keccak256
from offchain.errors import CryptoError

EMPTY_ROOT = keccak256(b"")
"""Root of the tree without leaves."""


class MerkleError(CryptoError):
    """Leaves that are not 32 bytes, or an index outside of the tree."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf's 32 bytes of data.

    Raises:
        MerkleError: ``leaf`` is not 32 bytes long.
    """
    if len(leaf) != HASH_BYTES:
        raise MerkleError(f"a leaf has {HASH_BYTES} bytes, not {len(leaf)}")
    return keccak256(b"\x00" + leaf)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node from its children's hashes."""
    return keccak256(b"\x01" + left + right)


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root over ``leaves``, each 32 bytes of data before leaf hashing; linear time.

    Raises:
        MerkleError: a leaf is not 32 bytes long.
    """
    if not leaves:
        return EMPTY_ROOT
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def merkle_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Inclusion proof of ``leaves[index]``: the siblings' hashes from the leaf up to the root.

    Raises:
        MerkleError: a leaf is not 32 bytes long, or ``index`` is outside of ``[0, len(leaves))``.
    """
    if not 0 <= index < len(leaves):
        raise MerkleError(f"index {index} is outside of a tree of {len(leaves)} leaves")
    return _path(_levels(leaves), index)


def verify_merkle_proof(
    root: bytes, leaf: bytes, index: int, size: int, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows ``leaf`` at ``index`` in a tree of ``size`` leaves with this root.

    The algorithm of RFC 9162 section 2.1.3.2. Malformed input of any kind is simply not a proof:
    False.
    """
    if len(leaf) != HASH_BYTES:
        return False
    return _root_of_path(leaf_hash(leaf), index, size, proof, node_hash) == root


def root_of_sample(record: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to in a tree with SHA-256 of ``size`` leaves of any length.

    The trees of a samples root are such ones: leaf SHA-256(0x00 || record), node
    SHA-256(0x01 || left || right). None if the path does not fit the index and the size.
    """
    leaf = sha256(b"\x00" + record).digest()
    return _root_of_path(leaf, index, size, path, _sha256_node)


def _sha256_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _root_of_path(
    leaf: bytes,
    index: int,
    size: int,
    path: Sequence[bytes],
    node_of: Callable[[bytes, bytes], bytes],
) -> bytes | None:
    """Where a path leads from a leaf's hash; None if it has another length than it must have."""
    if not 0 <= index < size:
        return None
    node, last, running = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != HASH_BYTES:
            return None
        if node & 1 or node == last:
            running = node_of(sibling, running)
            while not node & 1 and node != 0:
                node >>= 1
                last >>= 1
        else:
            running = node_of(running, sibling)
        node >>= 1
        last >>= 1
    return running if last == 0 else None


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels of a tree with leaves, from the leaves' hashes to the root."""
    levels = [[leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        levels.append(_parents(levels[-1]))
    return levels


def _path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The siblings' hashes on the way up from a leaf."""
    path: list[bytes] = []
    for level in levels[:-1]:
        sibling = index ^ 1
        # The last node of an odd level has no sibling and moves up unchanged.
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return path


def _parents(level: Sequence[bytes]) -> list[bytes]:
    """The level above: pairs hashed, the last one of an odd level moved up unchanged."""
    parents = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    if len(level) & 1:
        parents.append(level[-1])
    return parents
