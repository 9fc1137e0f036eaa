"""The samples root of a data transaction: one hash under which each sample can be shown alone.

A part's root is the Merkle root over the records of its samples in order, the samples root that
over the parts' roots in order: trees of RFC 9162's shape with SHA-256, as it has them. A record of
r bytes is a leaf as ``SHA-256(0x00 || record)``; all records of a task have one length, other than
the 64 bytes of two hashes behind 0x01.

A data transaction has tens of thousands of samples and every node computes every root: SHA-256 is
fast in Python, and a precompile on chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from offchain.crypto.hashing import HASH_BYTES
from offchain.crypto.merkle import MerkleError


@dataclass(frozen=True, slots=True)
class SamplePath:
    """The siblings' hashes from a sample up to its part's root, and from there to the samples root.

    `part_root` lies between them.
    """

    in_part: tuple[bytes, ...]
    part_root: bytes
    in_transaction: tuple[bytes, ...]


def part_root(records: Sequence[bytes]) -> bytes:
    """Root over the records of a part's samples, of which there is at least one; 32 bytes.

    Raises:
        MerkleError: there are none.
    """
    return _levels(records)[-1][0]


def samples_root(part_roots: Sequence[bytes]) -> bytes:
    """Root over the roots of a data transaction's parts in order; 32 bytes.

    Raises:
        MerkleError: there are none, or a root is not 32 bytes long.
    """
    return _levels_of_roots(part_roots)[-1][0]


def sample_path(
    records: Sequence[bytes], index: int, part_roots: Sequence[bytes], part: int
) -> SamplePath:
    """The way from ``records[index]`` of the part with this number up to the samples root.

    Raises:
        MerkleError: there is no such sample or part, or the records are those of another part.
    """
    if not 0 <= index < len(records):
        raise MerkleError(f"sample {index} is outside of a part of {len(records)} samples")
    if not 0 <= part < len(part_roots):
        raise MerkleError(f"part {part} is outside of a transaction of {len(part_roots)} parts")
    levels = _levels(records)
    root = levels[-1][0]
    if root != part_roots[part]:
        raise MerkleError(
            f"the records have the root {root.hex()}, part {part} has {part_roots[part].hex()}"
        )
    above = _levels_of_roots(part_roots)
    return SamplePath(_siblings(levels, index), root, _siblings(above, part))


def _siblings(levels: list[list[bytes]], index: int) -> tuple[bytes, ...]:
    siblings = []
    for level in levels[:-1]:
        # The last node of an odd level has no sibling and moves up unchanged.
        if index ^ 1 < len(level):
            siblings.append(level[index ^ 1])
        index >>= 1
    return tuple(siblings)


def _levels_of_roots(part_roots: Sequence[bytes]) -> list[list[bytes]]:
    for root in part_roots:
        if len(root) != HASH_BYTES:
            raise MerkleError(f"a part's root has {HASH_BYTES} bytes, not {len(root)}")
    return _levels(part_roots)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    if not leaves:
        raise MerkleError("there is nothing to take a root of: no sample, or no part")
    levels = [[sha256(b"\x00" + leaf).digest() for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) & 1:
            above.append(level[-1])
        levels.append(above)
    return levels
