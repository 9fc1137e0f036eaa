"""The contracts' custom errors that programs act upon; a test finds each in the interfaces."""

from __future__ import annotations

from enum import StrEnum


class ContractError(StrEnum):
    """Names of custom errors, as `RevertedError` bears them."""

    # Members
    WRONG_EPOCH = "WrongEpoch"
    ALREADY_APPLIED = "AlreadyApplied"
    ALREADY_SEEDED = "AlreadySeeded"
    DRAW_NOT_LOST = "DrawNotLost"
    ALREADY_WRITTEN = "AlreadyWritten"
    WRONG_DRAW_HEIGHT = "WrongDrawHeight"
    # Rounds
    ALREADY_STARTED = "AlreadyStarted"
    WRONG_PHASE = "WrongPhase"
    PHASE_NOT_OVER = "PhaseNotOver"
    NOTHING_TO_ADVANCE = "NothingToAdvance"
    # Data and keys
    WRONG_ROUND = "WrongRound"
    NULLIFIER_USED = "NullifierUsed"
    ALREADY_PUBLISHED = "AlreadyPublished"
    NOTHING_PENDING = "NothingPending"
    HEIGHT_NOT_PARTITIONABLE = "HeightNotPartitionable"
    NOT_LOWEST_HEIGHT = "NotLowestHeight"
    WRONG_END = "WrongEnd"
    # Models and reports
    NOT_MISSING = "NotMissing"
    ALREADY_REPORTED = "AlreadyReported"
    # Disputes
    ALREADY_ASKED = "AlreadyAsked"
    ALREADY_ANSWERED = "AlreadyAnswered"
    STATEMENT_FALLEN = "StatementFallen"
    WRONG_BOND = "WrongBond"
    NOT_REFUTED = "NotRefuted"
    TOO_MANY_QUESTIONS = "TooManyQuestions"
    ALREADY_SETTLED = "AlreadySettled"
    # Claims
    NOTHING_TO_CLAIM = "NothingToClaim"
    ALREADY_CLAIMED = "AlreadyClaimed"
    # Orders
    USED_AUTHORIZATION = "ERC3009UsedAuthorization"
