"""Sharing in time: which timestamps a data transaction may claim, and which one marks nobody.

Source: docs/Protocol.md, "One round", 1; ``contracts/DataRegistry.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TimestampRange:
    """The timestamps that a data transaction may claim: steps of a grid, both ends included."""

    earliest: int
    latest: int
    step: int

    def __contains__(self, timestamp: int) -> bool:
        return self.earliest <= timestamp <= self.latest and timestamp % self.step == 0


def timestamp_range(
    last_decision: int, now: int, maximum_clock_skew: int, timestamp_step: int
) -> TimestampRange:
    """What a data transaction may claim as its time (the paper's rules 1 and 2).

    Args:
        last_decision: decision time of the last partition; 0 if there was none.
        now: the EVM's time.
        maximum_clock_skew: seconds that it may be ahead.
        timestamp_step: what it must be a multiple of.
    """
    return TimestampRange(last_decision, now + maximum_clock_skew, timestamp_step)


def claimed_timestamp(now: int, timestamp_step: int) -> int:
    """What everybody claims who signs now: the next multiple of timestampStep.

    It is accepted for as long as it is not before the last decision time, and no more marks its
    sharer than the step is long.
    """
    return -(-now // timestamp_step) * timestamp_step
