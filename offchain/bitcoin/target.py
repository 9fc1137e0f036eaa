"""Proof-of-work targets: the compact form, the work they stand for, and the retarget.

The rules are Bitcoin Core's: `arith_uint256::SetCompact` and `GetCompact`, `GetBlockProof`
(chain.cpp) and `CalculateNextWorkRequired` (pow.cpp).
"""

from __future__ import annotations

from collections.abc import Sequence

from offchain.bitcoin.errors import InvalidBits

MAXIMUM_UINT32 = 2**32 - 1
MAXIMUM_UINT256 = 2**256 - 1

EPOCH_BLOCKS = 2016
"""Blocks between two retargets."""

EPOCH_SECONDS = 14 * 24 * 60 * 60
"""Seconds that an epoch should take: two weeks."""

MAXIMUM_ADJUSTMENT = 4
"""A retarget changes the target by at most this factor, up or down."""


def target_from_bits(bits: int) -> int:
    """Return the target that the compact form `bits` (uint32) stands for, 1 .. 2**256 - 1.

    Raises:
        InvalidBits: the compact form is negative, zero or does not fit 256 bits; no block has it.
    """
    if not 0 <= bits <= MAXIMUM_UINT32:
        raise InvalidBits(bits)
    size = bits >> 24
    word = bits & 0x007FFFFF
    target = word >> 8 * (3 - size) if size <= 3 else word << 8 * (size - 3)
    negative = bits & 0x00800000 != 0
    if target == 0 or negative or target > MAXIMUM_UINT256:
        raise InvalidBits(bits)
    return target


def bits_from_target(target: int) -> int:
    """Return the compact form of `target` (0 .. 2**256 - 1), rounded down to 3 bytes or 2."""
    if not 0 <= target <= MAXIMUM_UINT256:
        raise ValueError(f"a target has 256 bits without sign, not {target:#x}")
    size = (target.bit_length() + 7) // 8
    word = target << 8 * (3 - size) if size <= 3 else target >> 8 * (size - 3)
    if word & 0x00800000:
        # The highest bit of the three bytes is the sign, so the number moves one byte down.
        word >>= 8
        size += 1
    return size << 24 | word


def work_of_target(target: int) -> int:
    """Return the expected number of hashes to meet `target`: floor(2**256 / (target + 1))."""
    return (1 << 256) // (target + 1)


def retarget(bits: int, first_time: int, last_time: int, pow_limit: int) -> int:
    """Return the compact target of the epoch after one with compact target `bits`.

    Args:
        bits: the compact target of the epoch that ends.
        first_time: header time of its first block, seconds.
        last_time: header time of its last block, seconds: only 2015 intervals lie between the two,
            a slip of the first release that is now the rule.
        pow_limit: the highest target that the network allows.
    """
    seconds = last_time - first_time
    seconds = max(seconds, EPOCH_SECONDS // MAXIMUM_ADJUSTMENT)
    seconds = min(seconds, EPOCH_SECONDS * MAXIMUM_ADJUSTMENT)
    target = target_from_bits(bits) * seconds // EPOCH_SECONDS
    return bits_from_target(min(target, pow_limit))


MEDIAN_BLOCKS = 11
"""Header times in a median."""


def median_time_past(times: Sequence[int]) -> int:
    """Return the median of the 11 header times that end with a block: its median time past.

    Along a chain it never falls: the next header's time must exceed it, so the next window still
    has at least six times that are not below it.

    Raises:
        ValueError: not exactly 11 times.
    """
    if len(times) != MEDIAN_BLOCKS:
        raise ValueError(f"a median takes {MEDIAN_BLOCKS} header times, not {len(times)}")
    return sorted(times)[MEDIAN_BLOCKS // 2]
