"""From a label as a file has it to the label's number in the task."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.learning.own_data.found import in_form, shown
from offchain.learning.own_data.prepared import RefusedSample

_NAMED_IN_A_MESSAGE = 6


class LabelNumbers:
    """Finds labels by name.

    A number in a file is a label's name where all names are numbers, else its place, from 0: files
    of numbers count classes and do not know names.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._numbers = {name: number for number, name in enumerate(names)}
        self._named_by_numbers = all(name.isascii() and name.isdecimal() for name in names)

    def number(self, label: str | int | None) -> int:
        """Return a label's number, from 0; `RefusedSample` if the task has no such label."""
        if isinstance(label, int) and not self._named_by_numbers:
            if 0 <= label < len(self._names):
                return label
            raise RefusedSample(
                f"its label is number {label}: the task has labels 0 to {len(self._names) - 1}"
            )
        found = self._numbers.get(in_form(str(label)))
        if found is None:
            raise RefusedSample(
                f"its label {shown(label)!r} is none of the task's: {named(self._names)}"
            )
        return found


def named(names: Sequence[str]) -> str:
    """Return names for a message, the first few of many."""
    first = ", ".join(shown(name) for name in names[:_NAMED_IN_A_MESSAGE])
    more = len(names) - _NAMED_IN_A_MESSAGE
    return f"{first} and {more} more" if more > 0 else first
