"""Samples that fit a task, and how they were made to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from offchain.errors import DataError
from offchain.learning.own_data.found import Found


class RefusedSample(DataError):
    """A sample does not fit the task; the message says why, in a few words."""


class Change(StrEnum):
    """What was done to a sample so that it fits its task."""

    TURNED = "turned as their EXIF says"
    UNCOVERED = "put on white where they were transparent"
    GREYED = "turned grey"
    COLOURED = "given three equal channels"
    RESIZED = "resized"
    PADDED = "padded to the task's proportions with the colour of their edge"
    INVERTED = "inverted to the background that the task has"
    ROUNDED = "rounded to the task's decimals"


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A sample that fits its task.

    Attributes:
        record: the sample in bytes, label and all: equal samples have equal ones.
        label: what it counts as in the balance: the number of its label, None for a number.
        value: what `Preparation.gather` takes.
        changes: what was done to it.
    """

    record: bytes
    label: int | None
    value: Any
    changes: frozenset[Change] = frozenset()


class Observer:
    """Looks at all samples for what ties those of one sharer together; by itself for nothing."""

    def see(self, sample: Prepared) -> None:
        """Take note of one more sample."""

    def findings(self) -> list[str]:
        """Return what was found, a sentence each."""
        return []


class Preparation(ABC):
    """Makes what files hold fit a task.

    Attributes:
        labels: names of the labels that samples are counted by; empty where a number is told.
        repeats: whether equal samples of one file are different ones, as rows of a table may be;
            a picture or a text that is there again is the same.
    """

    labels: tuple[str, ...] = ()
    repeats: bool = False

    @abstractmethod
    def prepare(self, found: Found) -> Prepared:
        """Return the sample as the task has it; `RefusedSample` if it does not fit."""

    def observer(self) -> Observer:
        """Return what looks at samples for traits that tell whose they are."""
        return Observer()

    @abstractmethod
    def gather(self, prepared: Sequence[Prepared]) -> Any:
        """Return many samples as the kind's arrays (`offchain.learning.formats.samples`)."""
