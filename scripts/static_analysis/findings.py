"""What slither found in the project's own contracts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

OURS = "contracts/"
# Rated by what a rule means where it is right, as slither orders them.
IMPACTS = ("High", "Medium", "Low", "Informational", "Optimization")


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, named so that it stays the same when lines move.

    Attributes:
        detector: slither's name of the rule.
        impact: one of IMPACTS.
        place: contract and function, and variable if it is about one: ``Claims.withdrawBond``.
        statements: those that the finding points to, as slither writes them; sorted, each once.
    """

    detector: str
    impact: str
    place: str
    statements: tuple[str, ...] = ()

    @classmethod
    def from_slither(cls, entry: Mapping[str, Any]) -> Self:
        """Read one entry of ``results.detectors`` in slither's JSON."""
        first, *others = entry["elements"]
        names = {other["name"] for other in others if other["type"] in ("node", "pragma")}
        # A block of assembly is a statement without a name.
        return cls(entry["check"], entry["impact"], _place(first), tuple(sorted(names - {""})))

    @property
    def rank(self) -> tuple[int, str, str, tuple[str, ...]]:
        """What findings are sorted by."""
        return IMPACTS.index(self.impact), self.detector, self.place, self.statements

    def __str__(self) -> str:
        statements = f": {'; '.join(self.statements)}" if self.statements else ""
        return f"{self.detector} ({self.impact}) in {self.place}{statements}"


def read_findings(report: Mapping[str, Any]) -> frozenset[Finding]:
    """The findings of slither's JSON, but for those that lie in other projects' files alone."""
    return frozenset(
        Finding.from_slither(entry)
        for entry in report["results"]["detectors"]
        if any(
            element["source_mapping"]["filename_short"].startswith(OURS)
            for element in entry["elements"]
        )
    )


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The highest impact first, then by name."""
    return tuple(sorted(findings, key=lambda finding: finding.rank))


def _place(element: Mapping[str, Any]) -> str:
    parent = element.get("type_specific_fields", {}).get("parent")
    return element["name"] if parent is None else f"{_place(parent)}.{element['name']}"
