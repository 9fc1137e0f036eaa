"""Words of others: nodes, relayers, daemons and servers write what they like into their replies."""

from __future__ import annotations

from typing import Final

MAXIMUM_REPEATED: Final = 200
"""Characters of a stranger's words that an error repeats where nothing else is said."""


def printable(text: str, maximum: int = MAXIMUM_REPEATED, substitute: str = " ") -> str:
    """The first ``maximum`` characters of a stranger's words, fit for an error's one line.

    Args:
        text: what the stranger said.
        maximum: characters of it that are kept.
        substitute: stands for each character that could steer a terminal or end the line.
    """
    return "".join(letter if letter.isprintable() else substitute for letter in text[:maximum])


def short_repr(value: object, maximum: int = 60) -> str:
    """A value that a stranger wrote, as Python shows it; what is longer ends in three dots."""
    try:
        text = repr(value)
    except RecursionError:
        text = f"a nested {type(value).__name__}"
    return text if len(text) <= maximum else text[: maximum - 3] + "..."
