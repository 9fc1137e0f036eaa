"""Bitcoin headers mined on the spot: what an attacker with any amount of work can make."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from offchain.bitcoin.checkpoint import CHECKPOINT_HEADERS, Checkpoint
from offchain.bitcoin.header import BlockHeader, hash_number
from offchain.bitcoin.rules import REGTEST
from offchain.bitcoin.target import bits_from_target, target_from_bits

BLOCK_SECONDS = 600
_FIRST_HEIGHT = 10
_VERSION = 0x20000000
REGTEST_BITS = bits_from_target(REGTEST.pow_limit)
"""The difficulty at which a header takes two hashes."""


def mined(previous: bytes, time: int, bits: int = REGTEST_BITS, label: str = "") -> BlockHeader:
    """A header with the first nonce that meets the target that it claims."""
    root = hashlib.sha256(f"{label} {time}".encode()).digest()
    header = BlockHeader(_VERSION, previous, root, time, bits, 0)
    while hash_number(header.hash()) > target_from_bits(header.bits):
        header = replace(header, nonce=header.nonce + 1)
    return header


@dataclass(frozen=True)
class Headers:
    """Valid regtest headers, the first of them at height 10; ``label`` makes them one's own."""

    headers: tuple[BlockHeader, ...]
    label: str = ""

    @classmethod
    def start(cls, time: int) -> Headers:
        """The headers of a checkpoint, the last of them at this time."""
        first = time - (CHECKPOINT_HEADERS - 1) * BLOCK_SECONDS
        times = [first + number * BLOCK_SECONDS for number in range(CHECKPOINT_HEADERS)]
        return cls((mined(bytes(32), times[0]),)).extended(times[1:])

    def extended(self, times: Sequence[int]) -> Headers:
        """The same headers with one more for each of these times."""
        headers = list(self.headers)
        for time in times:
            headers.append(mined(headers[-1].hash(), time, label=f"{self.label} {len(headers)}"))
        return replace(self, headers=tuple(headers))

    def forked(self, height: int, label: str) -> Headers:
        """The headers up to a height, to be gone on with in another way."""
        return Headers(self.headers[: height - _FIRST_HEIGHT + 1], label)

    @property
    def best_height(self) -> int:
        """Height of the last header."""
        return _FIRST_HEIGHT + len(self.headers) - 1

    @property
    def checkpoint(self) -> Checkpoint:
        """The first eleven."""
        height = _FIRST_HEIGHT + CHECKPOINT_HEADERS - 1
        first = self.raw(_FIRST_HEIGHT)[: 80 * CHECKPOINT_HEADERS]
        return Checkpoint(height, self.headers[0].time, first)

    def at(self, height: int) -> BlockHeader:
        """The header at a height."""
        return self.headers[height - _FIRST_HEIGHT]

    def raw(self, height: int) -> bytes:
        """All headers from a height up."""
        return b"".join(each.serialise() for each in self.headers[height - _FIRST_HEIGHT :])
