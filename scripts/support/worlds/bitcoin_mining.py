"""Headers mined on the spot, on networks whose proof of work takes a few hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.header import BlockHeader, hash_number
from offchain.bitcoin.rules import REGTEST, Rules
from offchain.bitcoin.target import EPOCH_BLOCKS, bits_from_target, retarget, target_from_bits

VERSION = 0x20000000
BLOCK_SECONDS = 600
START_TIME = 1_700_000_000

RETARGETING = Rules(pow_limit=2**254 - 1, no_retargeting=False)
"""Mainnet's rules but for the lowest difficulty, so that retargets can be mined."""


def mine(header: BlockHeader) -> BlockHeader:
    """Return the header with the first nonce from its own up that meets its target."""
    target = target_from_bits(header.bits)
    while hash_number(header.hash()) > target:
        header = replace(header, nonce=header.nonce + 1)
    return header


def spoil_work(header: BlockHeader) -> BlockHeader:
    """Return the header with the first nonce from its own up that misses its target."""
    target = target_from_bits(header.bits)
    while hash_number(header.hash()) <= target:
        header = replace(header, nonce=header.nonce + 1)
    return header


@dataclass
class MinedChain:
    """A chain of valid headers from `first_height` up; chains of other salts differ in all hashes.

    `epochs` has compact target and start time by height / 2016. `new_from` is the height of the
    first header that it does not share with the chain it was forked from.
    """

    rules: Rules
    first_height: int
    epochs: dict[int, tuple[int, int]]
    salt: int = 0
    headers: list[BlockHeader] = field(default_factory=list)
    new_from: int = 0

    @classmethod
    def start(
        cls,
        rules: Rules = REGTEST,
        height: int = 10,
        epoch_start_time: int = START_TIME,
        target: int | None = None,
    ) -> MinedChain:
        """Mine the 11 headers of a checkpoint at `height`, ten minutes apart."""
        first_height = height - 10
        epoch = (bits_from_target(target or rules.pow_limit), epoch_start_time)
        chain = cls(rules, first_height, {first_height // EPOCH_BLOCKS: epoch})
        return chain.extend(START_TIME + index * BLOCK_SECONDS for index in range(11))

    @property
    def best_height(self) -> int:
        """Height of the last header."""
        return self.first_height + len(self.headers) - 1

    @property
    def checkpoint(self) -> Checkpoint:
        """The first 11 headers."""
        height = self.first_height + 10
        return Checkpoint(height, self.epochs[height // EPOCH_BLOCKS][1], self.raw(height - 10, 11))

    def raw(self, height: int, count: int | None = None) -> bytes:
        """Return `count` raw headers from `height` up, by default all."""
        first = height - self.first_height
        last = len(self.headers) if count is None else first + count
        return b"".join(header.serialise() for header in self.headers[first:last])

    def header(self, height: int) -> BlockHeader:
        """Return the header at a height."""
        return self.headers[height - self.first_height]

    def hash(self, height: int) -> bytes:
        """Return the hash of the header at a height."""
        return self.header(height).hash()

    def median_time_past(self, height: int) -> int:
        """Return the median of the 11 times that end with a height."""
        last = height - self.first_height
        return sorted(header.time for header in self.headers[last - 10 : last + 1])[5]

    def next_header(self, time: int) -> BlockHeader:
        """Mine what may follow the last header, without adding it."""
        bits, _ = self._epoch(time)
        previous = self.headers[-1].hash() if self.headers else bytes(32)
        label = f"{self.salt}:{self.best_height + 1}:{time}".encode()
        return mine(BlockHeader(VERSION, previous, hashlib.sha256(label).digest(), time, bits, 0))

    def extend(self, times: Iterable[int]) -> MinedChain:
        """Mine and add a header for each of the times; returns the chain itself."""
        for time in times:
            header = self.next_header(time)
            self.epochs[(self.best_height + 1) // EPOCH_BLOCKS] = self._epoch(time)
            self.headers.append(header)
        return self

    def grow(self, count: int) -> MinedChain:
        """Add `count` headers, ten minutes apart; returns the chain itself."""
        last = self.headers[-1].time
        return self.extend(last + (step + 1) * BLOCK_SECONDS for step in range(count))

    def fork(self, height: int, salt: int) -> MinedChain:
        """Return a copy that ends with the header at `height` and goes on with another salt."""
        kept = self.headers[: height - self.first_height + 1]
        epochs = dict(self.epochs)
        return MinedChain(self.rules, self.first_height, epochs, salt, kept, new_from=height + 1)

    def _epoch(self, time: int) -> tuple[int, int]:
        """Return the bits and the start time of the epoch of a next header with this time."""
        height = self.best_height + 1
        if not self.headers or height % EPOCH_BLOCKS:
            return self.epochs[height // EPOCH_BLOCKS]
        bits, start_time = self.epochs[self.best_height // EPOCH_BLOCKS]
        if self.rules.no_retargeting:
            return bits, time
        last_time = self.headers[-1].time
        return retarget(bits, start_time, last_time, self.rules.pow_limit), time
