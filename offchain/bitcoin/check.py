"""Consecutive headers checked by themselves, as far as they tell."""

from __future__ import annotations

from offchain.bitcoin.errors import (
    BrokenLink,
    InsufficientWork,
    OldVersion,
    TargetAboveLimit,
    TimeTooEarly,
    WrongBits,
)
from offchain.bitcoin.header import BlockHeader, hash_number, split_headers
from offchain.bitcoin.median_time import MEDIAN_BLOCKS, median_time_past
from offchain.bitcoin.rules import MINIMUM_VERSION, Rules
from offchain.bitcoin.target import EPOCH_BLOCKS, retarget, target_from_bits


def check_headers(raw: bytes, first_height: int, rules: Rules) -> list[BlockHeader]:
    """Check raw headers from `first_height` up and return them.

    Sizes, links, versions and proof of work are checked for all of them; times from the twelfth,
    the first with a full window before it; a retarget's result where its whole epoch is there,
    and otherwise only that the target stays within the limit.

    Args:
        raw: 80-byte headers, concatenated.
        first_height: height of the first one.
        rules: the network's rules.

    Raises:
        HeaderError: a header is cut, or breaks a rule; names its height.
    """
    headers: list[BlockHeader] = []
    previous_hash = b""
    for height, raw_header in enumerate(split_headers(raw), start=first_height):
        header = BlockHeader.parse(raw_header)
        if headers and header.previous_hash != previous_hash:
            raise BrokenLink(height, previous_hash, header.previous_hash)
        if header.version < MINIMUM_VERSION:
            raise OldVersion(height, header.version, MINIMUM_VERSION)
        expected_bits = _due_bits(headers, height, rules)
        if expected_bits is not None and header.bits != expected_bits:
            raise WrongBits(height, expected_bits, header.bits)
        target = target_from_bits(header.bits)
        if target > rules.pow_limit:
            raise TargetAboveLimit(height, target, rules.pow_limit)
        previous_hash = header.hash()
        if hash_number(previous_hash) > target:
            raise InsufficientWork(height, hash_number(previous_hash), target)
        if len(headers) >= MEDIAN_BLOCKS:
            median = median_time_past([earlier.time for earlier in headers[-MEDIAN_BLOCKS:]])
            if header.time <= median:
                raise TimeTooEarly(height, header.time, median)
        headers.append(header)
    return headers


def _due_bits(headers: list[BlockHeader], height: int, rules: Rules) -> int | None:
    """Return the compact target due at `height` after `headers`, None where they do not tell."""
    if not headers:
        return None
    last = headers[-1]
    if rules.no_retargeting or height % EPOCH_BLOCKS:
        return last.bits
    if len(headers) < EPOCH_BLOCKS:
        return None
    return retarget(last.bits, headers[-EPOCH_BLOCKS].time, last.time, rules.pow_limit)
