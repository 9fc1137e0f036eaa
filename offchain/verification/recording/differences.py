"""What verification finds: the first place where a recording is not what the rules say.

Difference                     base: where, what, the value computed and the one recorded
├── OrderDifference            a transaction or record does not follow the one before it
├── RefusedCall                the contracts' rules refuse a call that is said to have succeeded
├── RecordDifference           a record says something else than its call makes the contracts log
├── TokenDifference            tokens moved otherwise than rewards and balances allow
├── RingDifference             a ring signature does not hold
├── ContentDifference          a file is not in the store, or is not what its hash says
├── DataDifference             the data set holds what nobody can use
├── ScoreDifference            a row of the statement that stands is not what the models earn
└── StateDifference            a view of the contracts is not what the records add up to
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import total_ordering

from offchain.errors import VerificationError
from offchain.protocol.words.records import Record

_SHOWN = 160
"""Characters of a value in a message at most."""


@total_ordering
@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where in a recording: an EVM block and log index, and what stands there."""

    block_number: int
    log_index: int
    name: str

    @classmethod
    def of(cls, record: Record) -> RecordPlace:
        """A record's place, with the numbers and accounts that tell it from others of its kind."""
        marks = [
            f"{mark.replace('_', ' ')} {getattr(record, mark)}"
            for mark in ("round", "epoch", "number", "index", "account")
            if hasattr(record, mark)
        ]
        name = type(record).__name__ + (f" of {', '.join(marks)}" if marks else "")
        return cls(record.block_number, record.log_index, name)

    def __lt__(self, other: RecordPlace) -> bool:
        return (self.block_number, self.log_index) < (other.block_number, other.log_index)

    def __str__(self) -> str:
        return f"EVM block {self.block_number}, log {self.log_index}, {self.name}"


class Difference(VerificationError):
    """A difference between what was recorded and what was computed from all that came before.

    Attributes:
        place: the record or view that differs.
        what: which part of it.
        expected: what was computed.
        actual: what was recorded.
    """

    def __init__(
        self,
        place: RecordPlace,
        what: str,
        expected: object,
        actual: object,
        message: str | None = None,
    ) -> None:
        said = message or f"{what} is {shown(actual)}, computed {shown(expected)}"
        super().__init__(f"{place}: {said}")
        self.place = place
        self.what = what
        self.expected = expected
        self.actual = actual


class OrderDifference(Difference):
    """A transaction or record does not follow the one before it."""


class RefusedCall(Difference):
    """A call cannot have succeeded: ``reason`` is the custom error's name that it reverts with."""

    def __init__(self, place: RecordPlace, call: str, reason: str, explanation: str) -> None:
        message = f"the rules refuse the call {call} that is said to have succeeded: {explanation}"
        super().__init__(place, f"the call {call}", explanation, "accepted", message)
        self.reason = reason


class RecordDifference(Difference):
    """A record is missing, one too many, or says something else than its call makes it say."""


class TokenDifference(Difference):
    """Tokens were minted that no reward explains, or moved by who does not have them."""


class RingDifference(Difference):
    """A ring signature does not hold: ``reason`` is the name of the rule that it breaks."""

    def __init__(self, place: RecordPlace, reason: str, explanation: str) -> None:
        message = f"the ring signature does not hold: {explanation}"
        super().__init__(place, "the ring signature", explanation, "accepted", message)
        self.reason = reason


class ContentDifference(Difference):
    """A file that is needed cannot be had, or has other bytes than its hash says."""

    def __init__(self, place: RecordPlace, file: str, digest: bytes, explanation: str) -> None:
        message = f"{file} with sha2-256 {digest.hex()} is needed: {explanation}"
        super().__init__(place, file, digest, explanation, message)
        self.digest = digest


class DataDifference(Difference):
    """A data transaction of the data set is not usable: its sharer signed something else."""

    def __init__(self, place: RecordPlace, index: int, explanation: str) -> None:
        what = f"data transaction {index}"
        super().__init__(
            place, what, "out", "in the data set", f"{what} is not usable: {explanation}"
        )
        self.index = index


class ScoreDifference(Difference):
    """A row is not what the majority of the attesters stated: both are given."""


class StateDifference(Difference):
    """A view of the contracts is not what the records add up to."""


def shown(value: object) -> str:
    """A value as a message shows it: hashes in hexadecimal, long ones cut."""
    if isinstance(value, bytes):
        text = "0x" + value.hex()
    elif is_dataclass(value) and not isinstance(value, type):
        parts = (f"{item.name}={shown(getattr(value, item.name))}" for item in fields(value))
        text = f"{type(value).__name__}({', '.join(parts)})"
    elif isinstance(value, tuple):
        text = "(" + ", ".join(shown(item) for item in value) + ")"
    else:
        text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def first_unequal(expected: object, actual: object) -> tuple[str, object, object] | None:
    """The first part in which two values differ: its path, and both values; None if they are equal.

    Dataclasses are gone through field by field, tuples of equal length element by element. The
    position of a record (block, log index, time) is no part of what it says.
    """
    if type(expected) is type(actual):
        if is_dataclass(expected) and not isinstance(expected, type):
            skipped = {item.name for item in fields(Record)} if isinstance(expected, Record) else ()
            for item in fields(expected):
                if item.name not in skipped:
                    parts = (getattr(expected, item.name), getattr(actual, item.name))
                    found = first_unequal(*parts)
                    if found is not None:
                        return _below(item.name, found)
            return None
        if (
            isinstance(expected, tuple)
            and isinstance(actual, tuple)
            and len(expected) == len(actual)
        ):
            for index, pair in enumerate(zip(expected, actual, strict=True)):
                found = first_unequal(*pair)
                if found is not None:
                    return _below(f"[{index}]", found)
            return None
    return None if expected == actual else ("", expected, actual)


def _below(name: str, found: tuple[str, object, object]) -> tuple[str, object, object]:
    path, expected, actual = found
    separator = "" if not path or path.startswith("[") else "."
    return f"{name}{separator}{path}", expected, actual


Progress = Callable[[str, int, int], None]
"""Is told of a stage how much is done, of how much."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Tells nobody."""
