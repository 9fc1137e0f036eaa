"""The honest way to dispute a false statement: one question, one place, one sample.

Who knows the points of all models needs no search. The first row that is false says what to ask
(`first_objection`), the answer differs at a place from the true numbers (`false_place`), and points
that are stated there differ from the true ones on a sample (`false_sample`). A row's hash binds all
of it, so that whatever else is said cannot be answered. Each step follows from what stands on chain
and from the points alone: a node that was killed takes the same one.

Source: docs/Protocol.md, "Disputes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.protocol.rules import judging
from offchain.protocol.rules.bindings import DISTANCE_BYTES, PLACE_BYTES
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row


@dataclass(frozen=True, slots=True)
class Truth:
    """The true rows of a round.

    Attributes:
        rows: the baseline's, then each reveal's.
        orders: numbers of the reveals' commitments, in order of reveal.
        required: B of the round.
    """

    rows: tuple[Row, ...]
    orders: tuple[int, ...]
    required: int

    def in_rank(self) -> list[int]:
        """Numbers of all rows: of the valid models, best first, then of the others."""
        models = [
            None if _is_empty(row) else judging.Judged(row.net, row.spread, order)
            for row, order in zip(self.rows[1:], self.orders, strict=True)
        ]
        ranked = [1 + model for model in judging.rank(models, self.required)]
        return [*ranked, *(n for n in range(len(self.rows)) if n not in ranked)]


@dataclass(frozen=True, slots=True)
class Objection:
    """What to ask a statement: see `offchain.protocol.words.disputes.QuestionKind`."""

    kind: QuestionKind
    row: int


@dataclass(frozen=True, slots=True)
class FalsePlace:
    """Where an answer is false: at a place, in the row's own numbers (``voice`` 0) or a distance.

    ``voice`` counts the voices that the row is compared with, from 1.
    """

    place: int
    voice: int


@dataclass(frozen=True, slots=True)
class FalseSample:
    """A sample whose stated points are false: those of the cell's second row, or of its first."""

    sample: int
    second: bool


def first_objection(truth: Truth, stated: Sequence[Row], *, has_judge: bool) -> Objection | None:
    """What to ask a false statement; None: nothing of it is false, or nobody can decide it.

    A model that is said to be malformed, or not to be, is for a judge alone. Without one what rests
    on such a row, the distances of others to it, cannot be decided either.

    Args:
        truth: what is true.
        stated: the statement's rows, as many.
        has_judge: whether the task has a judge.
    """
    rows = list(zip(truth.rows, stated, strict=True))
    forms = [n for n, (true, row) in enumerate(rows) if _is_empty(true) != _is_empty(row)]
    if forms and has_judge:
        return Objection(QuestionKind.FORM, forms[0])
    if rows[0][0] != rows[0][1]:
        return Objection(QuestionKind.ROW, 0)
    for number, (true, row) in enumerate(rows):
        if number not in forms and _sums(true) != _sums(row):
            return Objection(QuestionKind.ROW, number)
    if forms:
        return None
    for number in truth.in_rank():
        if truth.rows[number] != stated[number]:
            return Objection(QuestionKind.ROW, number)
    return None


def _is_empty(row: Row) -> bool:
    return row.hash == ZERO_HASH


def _sums(row: Row) -> tuple[int, int, int]:
    return row.middle, row.net, row.spread


def false_place(stated: bytes, true: bytes, places: int) -> FalsePlace | None:
    """Where a row's packed numbers are false; None: nowhere.

    The row is that of the first objection. Of another one the statement may compare other voices
    than are compared in truth, and what differs here need not be false.

    Args:
        stated: as an answer has them; as many voices are compared as in the truth, or fewer or more
            where the row's ``repeats`` is false.
        true: as they are.
        places: how many data transactions D has.
    """
    for place in range(places):
        part = slice(place * PLACE_BYTES, (place + 1) * PLACE_BYTES)
        if stated[part] != true[part]:
            return FalsePlace(place, 0)
    start = places * PLACE_BYTES
    for at in range(start, min(len(stated), len(true)), DISTANCE_BYTES):
        if stated[at : at + DISTANCE_BYTES] != true[at : at + DISTANCE_BYTES]:
            voice, place = divmod((at - start) // DISTANCE_BYTES, places)
            return FalsePlace(place, 1 + voice)
    return None


def false_sample(stated: tuple[bytes, bytes], true: tuple[bytes, bytes]) -> FalseSample | None:
    """The first sample on which a cell's points are false; None: they are true.

    Args:
        stated: of both rows, a byte for each sample.
        true: the same as they are.
    """
    for second in (False, True):
        for sample, (point, expected) in enumerate(zip(stated[second], true[second], strict=True)):
            if point != expected:
                return FalseSample(sample, second)
    return None
