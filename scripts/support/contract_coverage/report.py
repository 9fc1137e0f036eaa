"""What was reached, by source: lines, statements, branches, operands and functions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.support.contract_coverage.compiling import PLACES
from scripts.support.contract_coverage.places import Kind, Place, read_places
from scripts.support.contract_coverage.tracing import HITS

LINE = "line"
"""A line counts as reached if a statement that begins in it was."""

MEASURES = (LINE, *(kind.value for kind in Kind))


@dataclass(frozen=True, slots=True)
class Count:
    """How many were reached, of how many."""

    reached: int
    total: int

    @property
    def percent(self) -> float:
        """In percent; of none, all."""
        return 100 * self.reached / self.total if self.total else 100.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What tests reached.

    Attributes:
        files: counts by measure, by source.
        missed: the places that were not reached.
    """

    files: dict[str, dict[str, Count]]
    missed: tuple[Place, ...]

    def total(self, measure: str) -> Count:
        """Of all sources together."""
        counts = [counts[measure] for counts in self.files.values()]
        return Count(sum(c.reached for c in counts), sum(c.total for c in counts))

    def as_json(self) -> dict[str, object]:
        """Counts as JSON values: reached and total."""
        return {
            "total": {name: _pair(self.total(name)) for name in MEASURES},
            "files": {
                file: {name: _pair(count) for name, count in counts.items()}
                for file, counts in self.files.items()
            },
        }


def read_coverage(folder: Path) -> Coverage:
    """The coverage of all test processes that wrote hits into a folder."""
    reached: set[int] = set()
    for file in (folder / HITS).glob("*.json"):
        reached.update(json.loads(file.read_text(encoding="utf-8")))
    return count(read_places(folder / PLACES), reached)


def count(places: Sequence[Place], reached: Iterable[int]) -> Coverage:
    """Count what was reached of all places, by their numbers."""
    hits = set(reached)
    counts: dict[str, dict[str, list[bool]]] = defaultdict(lambda: {name: [] for name in MEASURES})
    lines: dict[str, dict[int, bool]] = defaultdict(dict)
    missed = []
    for number, place in enumerate(places):
        is_reached = number in hits
        counts[place.file][place.kind].append(is_reached)
        if place.kind is Kind.STATEMENT:
            line = lines[place.file]
            line[place.line] = line.get(place.line, False) or is_reached
        if not is_reached:
            missed.append(place)
    for file, by_line in lines.items():
        counts[file][LINE] = list(by_line.values())
    files = {
        file: {name: Count(sum(values), len(values)) for name, values in measures.items()}
        for file, measures in sorted(counts.items())
    }
    return Coverage(files, tuple(missed))


def _pair(count: Count) -> list[int]:
    return [count.reached, count.total]
