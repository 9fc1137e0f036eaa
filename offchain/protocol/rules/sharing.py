"""Sharing in time: which scopes and timestamps are accepted, and when a payload key is due.

Source: docs/Protocol.md, "One round", 1, 4 and 5; ``contracts/DataRegistry.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase


def is_scope_accepted(
    parameters: Parameters, scope: int, collecting: int, opened_at: int, now: int
) -> bool:
    """Whether items of a scope are accepted: while its round collects, and for the grace after.

    Args:
        parameters: the protocol's.
        scope: the round that a ring signature names.
        collecting: the round that collects; 0 before the start.
        opened_at: EVM time at which it began to, which is when the one before it closed.
        now: the EVM's time.
    """
    in_grace = scope + 1 == collecting and now <= opened_at + parameters.grace_seconds
    return scope != 0 and (scope == collecting or in_grace)


@dataclass(frozen=True, slots=True)
class TimestampRange:
    """The timestamps that an item may claim, both ends included."""

    earliest: int
    latest: int

    def __contains__(self, timestamp: int) -> bool:
        return self.earliest <= timestamp <= self.latest


def timestamp_range(parameters: Parameters, last_decision: int, now: int) -> TimestampRange:
    """What an item may claim as its time (the paper's rules 1 and 2).

    Args:
        parameters: the protocol's.
        last_decision: decision time of the last partition; 0 if there was none.
        now: the EVM's time.
    """
    return TimestampRange(last_decision, now + parameters.maximum_clock_skew)


class KeyTime(Enum):
    """How the moment at which a payload key is published stands to the time in which it counts."""

    EARLY = auto()
    DUE = auto()
    LATE = auto()


def key_time(item_round: int, is_test: bool, competing: int, phase: Phase) -> KeyTime:
    """Whether an item's key counts when it is published now.

    A training item's counts until Commit is over, a test item's in Unseal alone: an early one
    would let others train on it.

    Args:
        item_round: the round whose partition took the item.
        is_test: whether it is a test item.
        competing: the round in competition, or the last one that was; 0 if there was none.
        phase: that round's.
    """
    if competing > item_round:
        return KeyTime.LATE
    if competing < item_round:
        return KeyTime.EARLY if is_test else KeyTime.DUE
    due = Phase.UNSEAL if is_test else Phase.COMMIT
    if phase > due:
        return KeyTime.LATE
    return KeyTime.EARLY if is_test and phase < due else KeyTime.DUE
