"""One Bitcoin block header: its 80 bytes, its fields and its hash.

Layout (Bitcoin protocol, all integers little endian): version 4, previous block hash 32, Merkle
root 32, time 4, bits 4, nonce 4. Hashes stay in the byte order of the header's own previous-hash
field ("internal" order); block explorers show them reversed.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from offchain.bitcoin.errors import BadHeaderSize
from offchain.bitcoin.target import MAXIMUM_UINT32

HEADER_SIZE = 80
"""Bytes in a serialised header."""

SHORT_HASH_SIZE = 24
"""Bytes of a hash that the relay keeps: the first 24 in internal order, the number's low 192 bits.

Proof of work makes the number's high bits zero; in internal order those are the last bytes.
"""

_LAYOUT = struct.Struct("<i32s32sIII")


def double_sha256(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256 of `data`, 32 bytes: Bitcoin's block hash."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash_number(block_hash: bytes) -> int:
    """Return a hash in internal order as the number that proof of work compares with the target."""
    return int.from_bytes(block_hash, "little")


def display_hash(block_hash: bytes) -> str:
    """Return a hash in internal order as the hexadecimal text that block explorers show."""
    return block_hash[::-1].hex()


def short_hash(block_hash: bytes) -> bytes:
    """Return the 24 bytes of a hash that the relay keeps."""
    return block_hash[:SHORT_HASH_SIZE]


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The fields of a block header.

    Attributes:
        version: signed 32-bit integer.
        previous_hash: hash of the previous block, 32 bytes, internal order.
        merkle_root: root of the block's transactions, 32 bytes, internal order.
        time: seconds since 1970, uint32, as claimed by the miner.
        bits: the target in compact form, uint32.
        nonce: uint32.
    """

    version: int
    previous_hash: bytes
    merkle_root: bytes
    time: int
    bits: int
    nonce: int

    def __post_init__(self) -> None:
        """Check that every field fits its place in the 80 bytes.

        Raises:
            BadHeaderSize: a hash that is not 32 bytes, or an integer out of its range.
        """
        for name, value in (
            ("previous_hash", self.previous_hash),
            ("merkle_root", self.merkle_root),
        ):
            if len(value) != 32:
                raise BadHeaderSize(f"{name} must have 32 bytes, it has {len(value)}")
        for name, number in (("time", self.time), ("bits", self.bits), ("nonce", self.nonce)):
            if not 0 <= number <= MAXIMUM_UINT32:
                raise BadHeaderSize(f"{name} must fit 32 bits without sign, it is {number}")
        if not -(2**31) <= self.version < 2**31:
            raise BadHeaderSize(f"version must fit 32 bits with sign, it is {self.version}")

    @classmethod
    def parse(cls, raw: bytes) -> BlockHeader:
        """Read a header from its 80 bytes.

        Raises:
            BadHeaderSize: `raw` does not have 80 bytes.
        """
        if len(raw) != HEADER_SIZE:
            raise BadHeaderSize(f"a header has {HEADER_SIZE} bytes, this one has {len(raw)}")
        return cls(*_LAYOUT.unpack(raw))

    def serialise(self) -> bytes:
        """Return the header's 80 bytes."""
        return _LAYOUT.pack(
            self.version, self.previous_hash, self.merkle_root, self.time, self.bits, self.nonce
        )

    def hash(self) -> bytes:
        """Return the block's hash, 32 bytes, internal order."""
        return double_sha256(self.serialise())


def split_headers(raw: bytes) -> Iterator[bytes]:
    """Yield the 80-byte headers that `raw` concatenates.

    Raises:
        BadHeaderSize: the size of `raw` is not a multiple of 80; names where the cut header starts.
    """
    rest = len(raw) % HEADER_SIZE
    if rest:
        raise BadHeaderSize(
            f"{len(raw)} bytes are no whole number of {HEADER_SIZE}-byte headers: the header at "
            f"byte {len(raw) - rest} is cut after {rest} bytes"
        )
    return (raw[start : start + HEADER_SIZE] for start in range(0, len(raw), HEADER_SIZE))
