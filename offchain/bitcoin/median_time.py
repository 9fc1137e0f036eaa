"""Median time past: the clock that Bitcoin's consensus reads from header times (BIP 113)."""

from __future__ import annotations

from collections.abc import Sequence

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
