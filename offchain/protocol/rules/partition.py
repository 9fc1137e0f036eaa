"""Partitions: which Bitcoin block takes which data transactions, and which parts of them test.

The decision time of a height is the relay's (median time past less a buffer). It never falls from
one height to the next, since a header's time must exceed the median of the eleven before it; that
is what lets `next_height` search by halves.

Source: docs/Protocol.md, "One round", 2; ``contracts/DataRegistry.sol``,
``contracts/libraries/TestParts.sol``.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.protocol.words.status import NextPartition
from offchain.protocol.words.transactions import part_rank

NO_PARTITION = NextPartition(0, 0)
"""None is possible yet."""


def test_parts(
    domain: Domain, seed: bytes, data_id: bytes, parts: int, test_parts: int
) -> tuple[int, ...]:
    """The parts of a data transaction that test, ascending.

    Those with the lowest H("test", seed, identifier, part), compared by their first 31 bytes, and
    of equal ones the lower part.

    Args:
        domain: the deployment's.
        seed: of the partition that took it.
        data_id: its identifier.
        parts: how many parts it has.
        test_parts: how many of them test.
    """
    ranked = ((part_rank(domain, seed, data_id, part)[:31], part) for part in range(parts))
    return tuple(sorted(part for _, part in heapq.nsmallest(test_parts, ranked)))


@dataclass(frozen=True, slots=True)
class HeightRange:
    """Heights that a partition may name: above the last one's, held by the relay, up to its tip."""

    lowest: int
    highest: int


def height_range(lowest_held: int, last_height: int, tip: int) -> HeightRange:
    """The heights open to the next partition; empty if ``lowest > highest``."""
    return HeightRange(max(lowest_held, last_height + 1), tip)


def next_height(
    heights: HeightRange, decision_time: Callable[[int], int], first_arrival: int, now: int
) -> int | None:
    """The one height that may take what is pending: nobody chooses among seeds.

    It is the lowest one whose decision time is after the first pending arrival, and it may
    be used once that decision time is not after ``now`` (the EVM block's time).

    Args:
        heights: the heights open to it.
        decision_time: the relay's decision time of a height, which never falls.
        first_arrival: when the first pending data transaction arrived.
        now: the EVM block's time.

    Returns:
        The height, or None if the relay's tip is not far enough.
    """
    low, end = heights.lowest, heights.highest + 1
    while low < end:
        middle = (low + end) // 2
        if decision_time(middle) > first_arrival:
            end = middle
        else:
            low = middle + 1
    if low > heights.highest or decision_time(low) > now:
        return None
    return low


def partition_end(arrivals: Sequence[int], decision: int) -> int:
    """Number after the last data transaction that a partition takes.

    Args:
        arrivals: when each data transaction of the round arrived, which never falls.
        decision: the decision time: what arrived before it is taken.
    """
    return bisect_left(arrivals, decision)
