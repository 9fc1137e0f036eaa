"""What the chain remembers of a round's dispute: its questions and its cells."""

from __future__ import annotations

from dataclasses import dataclass, replace

from offchain.protocol.words import dispute_records as events


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with its answer and its settlement once there are any."""

    asked: events.QuestionAsked
    answer: events.RowAnswered | events.FormAnswered | None = None
    settled: events.QuestionSettled | None = None

    def forgotten(self) -> Question:
        """The same without the answer's numbers, which nobody needs once the round is over."""
        if not isinstance(self.answer, events.RowAnswered):
            return self
        return replace(self, answer=replace(self.answer, of_row=b"", of_baseline=b""))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, with its answer and its settlement once there are any."""

    asked: events.CellAsked
    answer: events.CellAnswered | None = None
    settled: events.CellSettled | None = None

    def forgotten(self) -> Cell:
        """The same without the answer's points, which nobody needs once the round is over."""
        if self.answer is None:
            return self
        return replace(self, answer=replace(self.answer, first=b"", second=b""))
