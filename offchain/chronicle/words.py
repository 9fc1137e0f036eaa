"""How phases, times, amounts and shares are put into words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from offchain.amounts import decimal
from offchain.chronicle.denials import VOID_REASONS
from offchain.protocol.words.parameters import ETHER
from offchain.protocol.words.status import Phase, VoidReason

PHASES: Final = {
    Phase.NONE: "it collects data",
    Phase.OPEN: "OPEN: keys of the training data come out",
    Phase.COMMIT: "COMMIT: nodes train and commit to models",
    Phase.UNSEAL: "UNSEAL: keys of the test data come out",
    Phase.REPORT: "REPORT: attesters report what cannot be used",
    Phase.REVEAL: "REVEAL: models are revealed",
    Phase.AVAILABLE: "AVAILABLE: attesters report models that cannot be fetched",
    Phase.BRING: "BRING: whoever has them brings them",
    Phase.ATTEST: "ATTEST: attesters commit to all models' points",
    Phase.ATTEST_REVEAL: "ATTEST_REVEAL: attestations are opened",
    Phase.CHALLENGE: "CHALLENGE: who knows that a statement is false questions it",
    Phase.ANSWER: "ANSWER: whoever stands behind it answers",
    Phase.SECOND_CHALLENGE: "SECOND_CHALLENGE: the points behind an answer are asked for",
    Phase.SECOND_ANSWER: "SECOND_ANSWER: and given",
    Phase.PROVE: "PROVE: a sample goes before the judge",
    Phase.FINALIZE: "FINALIZE: the block is appended",
    Phase.FINAL: "FINAL: it has its block",
    Phase.VOID: "VOID: it has no block",
}
"""What happens in each phase."""

SHORT: Final = 10
"""Characters that are shown of a hash or an address where it only names something."""


def state_of_round(block: int | None, void: VoidReason | None, phase: Phase) -> str:
    """What became of a round, or where it is."""
    if block is not None:
        return f"made block {block}"
    if void is not None:
        return f"void: {VOID_REASONS[void]}"
    return PHASES[phase]


def short(value: bytes | str) -> str:
    """The beginning of a hash or an address."""
    text = "0x" + value.hex() if isinstance(value, bytes) else value
    return text[:SHORT]


def yes(value: bool) -> str:
    """A fact."""
    return "yes" if value else "no"


def clock_time(timestamp: int) -> str:
    """A time of the chain, in UTC; chains whose clock nobody could write are given as numbers."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(timestamp)


def ago(seconds: int) -> str:
    """A duration in its largest unit that is at least 2."""
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"


def percent(points: int | None, most: int) -> str:
    """Points of the most that could be had, with two digits after the point, rounded down."""
    if points is None or most <= 0:
        return "-"
    hundredths = points * 10_000 // most
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def tokens(amount: int) -> str:
    """Units of the token with two digits after the point, rounded down; small ones exactly."""
    if 0 < amount < ETHER // 100:
        return f"{decimal(amount)} MCT"
    hundredths = amount * 100 // ETHER
    return f"{hundredths // 100:,}.{hundredths % 100:02d} MCT"
