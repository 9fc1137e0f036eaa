"""Consecutive headers checked by themselves, as far as they tell."""

from __future__ import annotations

from collections import deque

from offchain.bitcoin.errors import (
    BrokenLink,
    InsufficientWork,
    OldVersion,
    TargetAboveLimit,
    TimeTooEarly,
    WrongBits,
)
from offchain.bitcoin.header import BlockHeader, hash_number, split_headers
from offchain.bitcoin.rules import Rules, minimum_version
from offchain.bitcoin.target import (
    EPOCH_BLOCKS,
    MEDIAN_BLOCKS,
    median_time_past,
    retarget,
    target_from_bits,
)


class HeaderChecker:
    """Checks headers one after another and keeps only what the next ones need.

    Links, versions and proof of work are checked for all of them; times from the twelfth, the
    first with a full window before it; a retarget's result where its whole epoch was there, and
    otherwise only that the target stays within the limit.

    Attributes:
        height: height of the next header.
        retargets: how many retargets were computed again.
    """

    def __init__(self, first_height: int, rules: Rules) -> None:
        self.height = first_height
        self.retargets = 0
        self._rules = rules
        self._last: BlockHeader | None = None
        self._last_hash = b""
        self._times: deque[int] = deque(maxlen=MEDIAN_BLOCKS)
        self._epoch_start_time: int | None = None

    @property
    def last_hash(self) -> bytes:
        """Hash of the last header, internal order; empty before the first."""
        return self._last_hash

    def append(self, raw: bytes) -> BlockHeader:
        """Check the next header and return it.

        Raises:
            HeaderError: it does not have 80 bytes, or breaks a rule; names its height.
        """
        header, height, rules = BlockHeader.parse(raw), self.height, self._rules
        if self._last is not None and header.previous_hash != self._last_hash:
            raise BrokenLink(height, self._last_hash, header.previous_hash)
        if header.version < minimum_version(height, rules):
            raise OldVersion(height, header.version, minimum_version(height, rules))
        starts_epoch = height % EPOCH_BLOCKS == 0
        due_bits = self._due_bits(starts_epoch)
        if due_bits is not None and header.bits != due_bits:
            raise WrongBits(height, due_bits, header.bits)
        target = target_from_bits(header.bits)
        if target > rules.pow_limit:
            raise TargetAboveLimit(height, target, rules.pow_limit)
        block_hash = header.hash()
        if hash_number(block_hash) > target:
            raise InsufficientWork(height, hash_number(block_hash), target)
        if len(self._times) == MEDIAN_BLOCKS:
            median = median_time_past(list(self._times))
            if header.time <= median:
                raise TimeTooEarly(height, header.time, median)
        if starts_epoch:
            self.retargets += self._epoch_start_time is not None and not rules.no_retargeting
            self._epoch_start_time = header.time
        self._times.append(header.time)
        self._last, self._last_hash = header, block_hash
        self.height += 1
        return header

    def _due_bits(self, starts_epoch: bool) -> int | None:
        """Return the compact target due at the next height, None where the headers do not tell."""
        if self._last is None:
            return None
        if self._rules.no_retargeting or not starts_epoch:
            return self._last.bits
        if self._epoch_start_time is None:
            return None
        return retarget(
            self._last.bits, self._epoch_start_time, self._last.time, self._rules.pow_limit
        )


def check_headers(raw: bytes, first_height: int, rules: Rules) -> list[BlockHeader]:
    """Check raw headers from `first_height` up and return them; see `HeaderChecker`.

    Args:
        raw: 80-byte headers, concatenated.
        first_height: height of the first one.
        rules: the network's rules.

    Raises:
        HeaderError: a header is cut, or breaks a rule; names its height.
    """
    checker = HeaderChecker(first_height, rules)
    return [checker.append(header) for header in split_headers(raw)]
