"""A checkpoint: the headers that a chain starts from, and what must hold among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.bitcoin.errors import (
    BadCheckpointHeight,
    BadCheckpointLength,
    BrokenLink,
    EpochStartMismatch,
    InsufficientWork,
    TargetAboveLimit,
    WrongBits,
)
from offchain.bitcoin.header import HEADER_SIZE, BlockHeader, hash_number, split_headers
from offchain.bitcoin.rules import Rules
from offchain.bitcoin.target import EPOCH_BLOCKS, MEDIAN_BLOCKS, target_from_bits

CHECKPOINT_HEADERS = MEDIAN_BLOCKS
"""As many as a median of times needs."""

LOWEST_CHECKPOINT = CHECKPOINT_HEADERS - 1
"""Below it there are not enough headers."""

HIGHEST_CHECKPOINT = 2**31 - 1
"""Leaves heights above the checkpoint far from the end of uint32."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a header chain starts: 11 headers, trusted because they are written down.

    The proof of work of what follows rests on them, so compare their hashes with another source.

    Attributes:
        height: height of the last of the headers, which is final.
        epoch_start_time: time of the header that started its epoch, at the highest multiple of 2016
            that is not above `height`; needed for the first retarget.
        headers: 11 raw headers, 880 bytes, that end with the one at `height`.
    """

    height: int
    epoch_start_time: int
    headers: bytes

    @property
    def first_height(self) -> int:
        """Height of the first of the 11 headers."""
        return self.height - LOWEST_CHECKPOINT

    @property
    def epoch_height(self) -> int:
        """Height of the header that started the epoch of the last one."""
        return self.height - self.height % EPOCH_BLOCKS

    @classmethod
    def read(cls, height: int, read_header: Callable[[int], bytes]) -> Checkpoint:
        """Make a checkpoint from a source of headers.

        Args:
            height: where the chain is to start.
            read_header: returns the raw 80-byte header at a height, from 11 headers before `height`
                and at the start of its epoch.

        Raises:
            BadCheckpointHeight: fewer than 11 headers end with `height`, or it is too high.
        """
        _check_height(height)
        heights = range(height - LOWEST_CHECKPOINT, height + 1)
        start = BlockHeader.parse(read_header(height - height % EPOCH_BLOCKS))
        return cls(height, start.time, b"".join(map(read_header, heights)))

    def check(self, rules: Rules) -> list[BlockHeader]:
        """Return the 11 headers once they link, meet their targets and agree on them.

        What lies before them is not known, so their own times and versions are not judged.

        Raises:
            BadCheckpointHeight: the height leaves no room for 11 headers, or is too high.
            BadCheckpointLength: not 880 bytes.
            BrokenLink: a header does not name the one before it.
            InvalidBits: a compact target that no block can have.
            TargetAboveLimit: a target above the network's highest.
            WrongBits: the target changes inside an epoch, or on a network that never retargets.
            InsufficientWork: a header's hash is above its target.
            EpochStartMismatch: the epoch starts among the headers, at another time than given.
        """
        _check_height(self.height)
        expected_length = CHECKPOINT_HEADERS * HEADER_SIZE
        if len(self.headers) != expected_length:
            raise BadCheckpointLength(len(self.headers), expected_length)
        headers = [BlockHeader.parse(raw) for raw in split_headers(self.headers)]
        previous: BlockHeader | None = None
        for height, header in enumerate(headers, start=self.first_height):
            if previous is not None:
                _check_follows(height, header, previous, rules)
            _check_work(height, header, rules)
            if height == self.epoch_height and header.time != self.epoch_start_time:
                raise EpochStartMismatch(height, self.epoch_start_time, header.time)
            previous = header
        return headers


def _check_height(height: int) -> None:
    if not LOWEST_CHECKPOINT <= height <= HIGHEST_CHECKPOINT:
        raise BadCheckpointHeight(height, LOWEST_CHECKPOINT, HIGHEST_CHECKPOINT)


def _check_follows(height: int, header: BlockHeader, previous: BlockHeader, rules: Rules) -> None:
    if header.previous_hash != previous.hash():
        raise BrokenLink(height, previous.hash(), header.previous_hash)
    may_retarget = height % EPOCH_BLOCKS == 0 and not rules.no_retargeting
    if header.bits != previous.bits and not may_retarget:
        raise WrongBits(height, previous.bits, header.bits)


def _check_work(height: int, header: BlockHeader, rules: Rules) -> None:
    target = target_from_bits(header.bits)
    if target > rules.pow_limit:
        raise TargetAboveLimit(height, target, rules.pow_limit)
    number = hash_number(header.hash())
    if number > target:
        raise InsufficientWork(height, number, target)
