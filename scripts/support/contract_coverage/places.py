"""What coverage counts: places in the sources of contracts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

FIRST_ADDRESS = 0xC0FE << 136
"""Address of place 0 in traces, as in Coverage.sol."""

LAST_ADDRESS = FIRST_ADDRESS + 2**32


class Kind(StrEnum):
    """A function's body, a statement, or one of the two outcomes of a condition.

    Conditions are those of `if`, loops and `? :` (branches) and the operands of `&&` and `||`.
    """

    FUNCTION = "function"
    STATEMENT = "statement"
    BRANCH = "branch"
    OPERAND = "operand"


@dataclass(frozen=True, slots=True)
class Place:
    """A place. Its number is its position in the list of all.

    Attributes:
        kind: what it is.
        file: the source, relative to the root of the checkout.
        line: in that file, from 1.
        text: the source's text there, cut.
        outcome: for branches and operands, which of the two.
    """

    kind: Kind
    file: str
    line: int
    text: str
    outcome: bool | None = None


def write_places(path: Path, places: Sequence[Place]) -> None:
    """Write all places."""
    path.write_text(json.dumps([asdict(place) for place in places]), encoding="utf-8")


def read_places(path: Path) -> list[Place]:
    """Read what `write_places` wrote."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [Place(**{**entry, "kind": Kind(entry["kind"])}) for entry in entries]


def place_of(address: str) -> int | None:
    """The number of the place that an address in a trace marks, if it marks one."""
    number = int(address, 16)
    return number - FIRST_ADDRESS if FIRST_ADDRESS <= number < LAST_ADDRESS else None
