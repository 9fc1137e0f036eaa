"""Partitions: which Bitcoin block splits which items, and which of them test.

The decision time of a height is the relay's (median time past less a buffer). It never falls from
one height to the next, since a header's time must exceed the median of the eleven before it; that
is what lets `next_height` search by halves.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.errors import ProtocolError
from offchain.protocol.words.parameters import BASIS_POINTS
from offchain.protocol.words.status import NextPartition
from offchain.protocol.words.transactions import split_rank

NO_PARTITION = NextPartition(0, 0)
"""None is possible yet."""


class TooFewItemsToTest(ProtocolError):
    """A batch is said to have more test items than items."""

    def __init__(self, items: int, test_items: int) -> None:
        super().__init__(f"a batch of {items} items cannot have {test_items} test items")
        self.items = items
        self.test_items = test_items


def round_test_items(items: int, test_basis_points: int) -> int:
    """Test items that a round with so many items has: floor(testBasisPoints * items / 10000)."""
    return test_basis_points * items // BASIS_POINTS


def select_test_items(
    model_chain: Domain, seed: bytes, first_item: int, item_ids: Sequence[bytes], test_items: int
) -> frozenset[int]:
    """Numbers of a batch's test items: the ones with the lowest H("test", seed, item id).

    Args:
        model_chain: ModelChain's domain.
        seed: the partition's seed.
        first_item: number of the batch's first item.
        item_ids: identifiers of the batch's items, in order of arrival.
        test_items: how many test, as the partition's event says.

    Raises:
        TooFewItemsToTest: more test items than items.
    """
    if test_items > len(item_ids):
        raise TooFewItemsToTest(len(item_ids), test_items)
    ranked = (
        (split_rank(model_chain, seed, item_id), first_item + i)
        for i, item_id in enumerate(item_ids)
    )
    return frozenset(number for _, number in heapq.nsmallest(test_items, ranked))


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
    """The one height that may take the pending items: nobody chooses among seeds.

    It is the lowest one whose decision time is after the first pending item's arrival, and it may
    be used once that decision time is not after ``now`` (the EVM block's time).

    Args:
        heights: the heights open to it.
        decision_time: the relay's decision time of a height, which never falls.
        first_arrival: when the first pending item arrived.
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


def end_arrival(arrival_times: Sequence[int], decision: int) -> int:
    """Position of the first entry of the arrival log that is not before the decision time."""
    return bisect_left(arrival_times, decision)
