"""The fold over the records of a dispute: what each of them changes in its round's entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from offchain.protocol.history.disputed import Cell, Question
from offchain.protocol.history.entries import HistoryError, RoundHistory
from offchain.protocol.words import dispute_records as events
from offchain.protocol.words.records import Record


def _question_asked(entry: RoundHistory, record: events.QuestionAsked) -> None:
    _require_number(record, record.question, len(entry.questions) + 1)
    _require_statement(entry, record, record.statement)
    entry.questions.append(Question(record))


def _question_answered(
    entry: RoundHistory, record: events.RowAnswered | events.FormAnswered
) -> None:
    known = _question(entry, record, record.question)
    _require(known.answer is None, record, f"question {record.question} had an answer")
    entry.questions[record.question - 1] = replace(known, answer=record)


def _cell_asked(entry: RoundHistory, record: events.CellAsked) -> None:
    _require_number(record, record.cell, len(entry.cells) + 1)
    _question(entry, record, record.question)
    entry.cells.append(Cell(record))


def _cell_answered(entry: RoundHistory, record: events.CellAnswered) -> None:
    known = _cell(entry, record, record.cell)
    _require(known.answer is None, record, f"cell {record.cell} had an answer")
    entry.cells[record.cell - 1] = replace(known, answer=record)


def _proof_committed(entry: RoundHistory, record: events.ProofCommitted) -> None:
    entry.proofs[record.account] = record


def _statement_fell(entry: RoundHistory, record: events.StatementFell) -> None:
    _require_statement(entry, record, record.statement)
    entry.fallen[record.statement] = record


def _question_settled(entry: RoundHistory, record: events.QuestionSettled) -> None:
    known = _question(entry, record, record.question)
    entry.questions[record.question - 1] = replace(known, settled=record)


def _cell_settled(entry: RoundHistory, record: events.CellSettled) -> None:
    known = _cell(entry, record, record.cell)
    entry.cells[record.cell - 1] = replace(known, settled=record)


DISPUTE_HANDLERS: Final[Mapping[type[Record], Callable[[RoundHistory, Any], None]]] = {
    events.QuestionAsked: _question_asked,
    events.RowAnswered: _question_answered,
    events.FormAnswered: _question_answered,
    events.CellAsked: _cell_asked,
    events.CellAnswered: _cell_answered,
    events.ProofCommitted: _proof_committed,
    events.StatementFell: _statement_fell,
    events.QuestionSettled: _question_settled,
    events.CellSettled: _cell_settled,
}
"""What each record does to the entry of its round; `HistoryError` if it does not fit there."""


def _question(entry: RoundHistory, record: Record, number: int) -> Question:
    known = 1 <= number <= len(entry.questions)
    _require(known, record, f"question {number} was not asked")
    return entry.questions[number - 1]


def _cell(entry: RoundHistory, record: Record, number: int) -> Cell:
    _require(1 <= number <= len(entry.cells), record, f"cell {number} was not asked for")
    return entry.cells[number - 1]


def _require_statement(entry: RoundHistory, record: Record, statement: bytes) -> None:
    _require(statement in entry.statements, record, "nobody opened the statement")
    _require(statement not in entry.fallen, record, "the statement had fallen")


def _require_number(record: Record, given: int, expected: int) -> None:
    _require(given == expected, record, f"its number is {given}, expected {expected}")


def _require(condition: bool, record: Record, reason: str) -> None:
    if not condition:
        raise HistoryError(f"{type(record).__name__} at {record.position}: {reason}")
