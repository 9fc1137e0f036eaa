"""The honest way to dispute a false statement: one question, one place, one sample.

Who knows the points of all models needs no search. The first row that is false says what to ask
(`first_objection`), the answer differs at a place from the true sums (`false_place`), and points
that are stated there differ from the true ones on a sample (`false_sample`). Each step follows from
what stands on chain and from the points alone, so that a node that was killed takes the same one.

Source: docs/Protocol.md, "Disputes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from offchain.protocol.rules import judging
from offchain.protocol.rules.row_claims import Table
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row


@dataclass(frozen=True, slots=True)
class Objection:
    """What to ask a statement: see `offchain.protocol.words.disputes.QuestionKind`."""

    kind: QuestionKind
    row: int
    other: int = 0


@dataclass(frozen=True, slots=True)
class FalseSample:
    """A sample whose stated points are false: those of the answer's second row, or of its first."""

    sample: int
    second: bool


def first_objection(truth: Table, stated: Sequence[Row], *, has_judge: bool) -> Objection | None:
    """What to ask a false statement; None: nothing of it is false, or nobody can decide it.

    A model that is said to be malformed, or not to be, is for a judge alone.

    Args:
        truth: the true rows.
        stated: the statement's, as many.
        has_judge: whether the task has a judge.
    """
    said = replace(truth, rows=tuple(stated))
    numbers = range(len(said.rows))
    flawed = next(filter(said.is_flawed, numbers), None)
    if flawed is not None:
        return Objection(QuestionKind.ROW, flawed)
    forms = [n for n in numbers if _is_empty(said.rows[n]) != _is_empty(truth.rows[n])]
    if forms and has_judge:
        return Objection(QuestionKind.FORM, forms[0])
    for number in numbers:
        if number not in forms and _sums(said.rows[number]) != _sums(truth.rows[number]):
            return Objection(QuestionKind.ROW, number)
    return None if forms else _first_false_pair(truth, said)


def _is_empty(row: Row) -> bool:
    return row.hash == ZERO_HASH


def _sums(row: Row) -> tuple[bytes, int, int, int]:
    return row.hash, row.middle, row.net, row.spread


def _first_false_pair(truth: Table, said: Table) -> Objection | None:
    """The first false word about what repeats what, in a table that is true but for these.

    A model repeats the best-ranked voice that it is a variant of. Of the two that are named where
    the tables differ the better-ranked one decides: up to the first difference both have the same
    voices.
    """
    models = [
        None if _is_empty(row) else judging.Judged(row.net, row.spread, order)
        for row, order in zip(truth.rows[1:], truth.orders, strict=True)
    ]
    ranking = judging.rank(models, truth.required)
    rank = {1 + model: place for place, model in enumerate(ranking)}
    for row in rank:
        named = {said.rows[row].repeats, truth.rows[row].repeats}
        if len(named) > 1:
            other = min(named - {0}, key=lambda number: rank[number])
            return Objection(QuestionKind.PAIR, row, other)
    return None


def false_place(stated: bytes, true: bytes, size: int) -> int | None:
    """The first place at which packed numbers are false; None: nowhere.

    Args:
        stated: as an answer has them.
        true: as they are; as many bytes.
        size: bytes of a place, see `offchain.protocol.rules.answers`.
    """
    for start in range(0, len(true), size):
        if stated[start : start + size] != true[start : start + size]:
            return start // size
    return None


def false_sample(stated: bytes, true: bytes) -> FalseSample | None:
    """The first sample on which a cell's points are false; None: they are true.

    Args:
        stated: two points for each sample in turn: of the answer's first row and of its second.
        true: the same as they are.
    """
    for number, (point, expected) in enumerate(zip(stated, true, strict=True)):
        if point != expected:
            return FalseSample(number // 2, bool(number % 2))
    return None
