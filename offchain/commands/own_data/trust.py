"""Whose word a task's points are: with a judge that of whoever is right, else a majority's."""

from __future__ import annotations

from typing import Final

NO_JUDGE: Final = "none: a majority of the attesters is believed"


def trust_with(judge: str | None) -> str:
    """Return who is believed where attesters state different points (docs/ThreatModel.md)."""
    if judge is None:
        return f"judge on chain: {NO_JUDGE}"
    return f"judge on chain: {judge}: one honest node is enough"
