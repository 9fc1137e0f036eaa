"""The contracts' custom errors that programs act upon; a test finds each in the interfaces."""

from __future__ import annotations

from enum import StrEnum


class ContractError(StrEnum):
    """Names of custom errors, as `RevertedError` bears them."""

    # Rounds
    ALREADY_STARTED = "AlreadyStarted"
    WRONG_PHASE = "WrongPhase"
    PHASE_NOT_OVER = "PhaseNotOver"
    NOTHING_TO_ADVANCE = "NothingToAdvance"
    NOT_THE_MAJORITY = "NotTheMajority"
    # Data and keys
    NULLIFIER_USED = "NullifierUsed"
    NOTHING_PENDING = "NothingPending"
    HEIGHT_NOT_PARTITIONABLE = "HeightNotPartitionable"
    NOT_LOWEST_HEIGHT = "NotLowestHeight"
    WRONG_END_ARRIVAL = "WrongEndArrival"
    PAGES_COMPLETE = "PagesComplete"
    # Claims
    NOTHING_TO_CLAIM = "NothingToClaim"
    ALREADY_CLAIMED = "AlreadyClaimed"
    TOO_MANY_TEST_ITEMS = "TooManyTestItems"
    NO_BOND = "NoBond"
    LEASE_NOT_OVER = "LeaseNotOver"
    # Orders
    USED_AUTHORIZATION = "ERC3009UsedAuthorization"
