"""The labels that data name, in the order that a task file gives them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from offchain.errors import DataError
from offchain.learning.task_file.words import CLASSES


def ordered_labels(found: Iterable[str | int], what: str = "labels") -> tuple[str, ...]:
    """Return names in order: numbers by value, with those between them, else by their letters.

    Raises:
        DataError: there are fewer than two or more than a task can have.
    """
    labels = set(found)
    names = {unicodedata.normalize("NFC", str(label)) for label in labels}
    if all(name.isascii() and name.isdecimal() and len(name) < 4 for name in names):
        numbers = sorted(int(name) for name in names)
        if any(isinstance(label, int) for label in labels):
            # Files that count classes may lack one here that others have.
            numbers = list(range(numbers[-1] + 1)) if numbers else []
        ordered = [str(number) for number in numbers]
    else:
        ordered = sorted(names)
    if not CLASSES[0] <= len(ordered) <= CLASSES[1]:
        shown = ", ".join(ordered[:6]) or "none"
        raise DataError(
            f"{len(ordered)} {what} ({shown}{', ...' if len(ordered) > 6 else ''}): a task has "
            f"{CLASSES[0]} to {CLASSES[1]}"
        )
    return tuple(ordered)
