"""How far a verification is, for whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is told of a stage how much is done, of how much."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Tells nobody."""
