"""Reports: what attesters cannot use, as bitmaps over a round's data transactions or models.

Source: docs/Protocol.md, "One round", 7 and 9; ``contracts/libraries/BitCounts.sol``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def bitmap(positions: Iterable[int]) -> int:
    """The bitmap with these bits."""
    return sum(1 << position for position in set(positions))


def positions(bitmap: int) -> tuple[int, ...]:
    """The bits of a bitmap, ascending."""
    return tuple(bit for bit in range(bitmap.bit_length()) if bitmap >> bit & 1)


def is_out(reporters: int, senders: int) -> bool:
    """Whether something is out: by one at least, and at least half of those that sent a bitmap.

    Args:
        reporters: attesters whose bitmaps have its bit.
        senders: attesters that sent a bitmap, an empty one too.
    """
    return reporters >= 1 and 2 * reporters >= senders


def out(bitmaps: Sequence[int]) -> int:
    """The bitmap of what is out, from all bitmaps that were sent."""
    width = max((sent.bit_length() for sent in bitmaps), default=0)
    counts = (sum(sent >> bit & 1 for sent in bitmaps) for bit in range(width))
    return bitmap(bit for bit, count in enumerate(counts) if is_out(count, len(bitmaps)))
