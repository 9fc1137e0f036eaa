"""What was found in own data: how much of it can be shared, and what was done to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from offchain.learning.own_data.found import Refusal
from offchain.learning.own_data.prepared import Change, Observer, Prepared

SHOWN_REFUSALS: Final = 1_000
"""Refusals that are kept one by one; all are counted."""

SHOWN_REASONS: Final = 100


@dataclass(slots=True)
class Report:
    """Counts while samples are looked at.

    Attributes:
        accepted: samples that fit the task.
        refused: how many do not, of which `refusals` are the first ones.
        reasons: how many for which reason; the rarest are dropped where there are very many.
        changes: how many samples were changed in which way.
        balance: samples by the number of their label.
        observer: sees every sample that is accepted.
    """

    accepted: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    changes: Counter[Change] = field(default_factory=Counter)
    balance: Counter[int] = field(default_factory=Counter)
    observer: Observer = field(default_factory=Observer)

    def accept(self, sample: Prepared) -> None:
        """Count a sample that fits."""
        self.accepted += 1
        self.changes.update(sample.changes)
        self.observer.see(sample)
        if sample.label is not None:
            self.balance[sample.label] += 1

    def refuse(self, refusal: Refusal) -> None:
        """Count something that is refused."""
        self.refused += 1
        if len(self.refusals) < SHOWN_REFUSALS:
            self.refusals.append(refusal)
        if refusal.reason in self.reasons or len(self.reasons) < SHOWN_REASONS:
            self.reasons[refusal.reason] += 1
