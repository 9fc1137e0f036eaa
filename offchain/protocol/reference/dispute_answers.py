"""Answers of Disputes in plain Python: what they show must be what the statement binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.protocol.reference.disputes import ReferenceDisputes
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import answers
from offchain.protocol.rules.bindings import (
    Behind,
    packed_size,
    points_root,
    shortened_hash,
    shortened_size,
    unpacked,
    unpacked_places,
)
from offchain.protocol.words.dispute_records import CellAnswered, FormAnswered, RowAnswered
from offchain.protocol.words.disputes import AskedQuestion, QuestionKind
from offchain.protocol.words.status import ZERO_HASH, Phase
from offchain.protocol.words.transactions import Row

FIXED_SUMS: Final = 3
"""Trimmed sums that every row has, before those of the compared voices."""


class ReferenceAnswers:
    """The answers of contracts/interfaces/IDisputes.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        models: ReferenceModelTransactions,
        disputes: ReferenceDisputes,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.models = models
        self.disputes = disputes

    def answer_row(
        self,
        sender: str,
        number: int,
        rows: Sequence[Row],
        of_row: bytes,
        of_baseline: bytes,
        edges: Sequence[tuple[int, int]],
    ) -> None:
        """Answer a question about a row."""
        round_number = self.rounds.require_phase(Phase.ANSWER)
        question = self._unanswered(round_number, number, QuestionKind.ROW)
        self.disputes.require_rows(round_number, question.statement, rows)
        row, trim = question.row, self.rounds.closed_round(round_number).trim
        compared = self._compared(round_number, rows, row)
        behind = self._behind(round_number, rows[row], of_row, len(compared))
        baseline = self._behind(round_number, rows[0], of_baseline, 0)
        sums = answers.trimmed_sums(behind, baseline)
        if len(edges) != len(sums):
            raise Revert("WrongEdgeCount", len(edges), len(sums))
        for index in range(FIXED_SUMS):
            self._require_edges(index, sums[index], edges[index], trim)
        given = answers.row_sums(behind, baseline, trim)
        if not given.fits(rows[row]):
            raise Revert("WrongSums", given.middle, given.net, given.spread)
        self._require_verdicts(rows, row, compared, behind, edges[FIXED_SUMS:], trim)
        self.disputes.change(round_number, number, answerer=sender, compared=len(compared))
        self.environment.emit(RowAnswered, round_number, number, sender, of_row, of_baseline)

    def answer_form(self, sender: str, number: int, model: bytes) -> None:
        """Show that a model is well formed."""
        round_number = self.rounds.require_phase(Phase.ANSWER)
        question = self._unanswered(round_number, number, QuestionKind.FORM)
        if not question.needs_answer:
            raise Revert("NothingClaimed", question.row)
        self.disputes.require_model(round_number, question.row, model)
        if not self.disputes.require_judge().is_well_formed(model):
            raise Revert("NotWellFormed")
        self.disputes.change(round_number, number, answerer=sender)
        self.environment.emit(FormAnswered, round_number, number, sender)

    def answer_cell(
        self,
        sender: str,
        number: int,
        rows: Sequence[Row],
        of_first: bytes,
        of_second: bytes,
        first: bytes,
        second: bytes,
    ) -> None:
        """Answer a cell: the points of both rows on each test sample at its place."""
        round_number = self.rounds.require_phase(Phase.SECOND_ANSWER)
        cell = self.disputes.cell(round_number, number)
        if cell.is_answered:
            raise Revert("AlreadyAnswered", number)
        question = self.disputes.question(round_number, cell.question)
        self.disputes.require_standing(round_number, question.statement)
        self.disputes.require_rows(round_number, question.statement, rows)
        row = question.row
        compared = self._compared(round_number, rows, row)
        against = compared[cell.voice - 1] if cell.voice else 0
        behind = self._behind(round_number, rows[row], of_first, len(compared))
        baseline = self._places(round_number, rows[against], of_second)
        own, other = behind.place(cell.place), baseline.place(cell.place)
        self._require_points(first, own.root, self.disputes.samples())
        self._require_points(second, other.root, self.disputes.samples() if baseline.places else 0)
        sums = answers.cell_sums(first, second)
        if cell.voice:
            adds_up = sums.squares == behind.distances[cell.voice - 1][cell.place]
        else:
            adds_up = sums == answers.CellSums(own.points, other.points, own.squares)
        if not adds_up:
            raise Revert("WrongPoints", sums.first, sums.second, sums.squares)
        self.disputes.change_cell(
            round_number,
            number,
            answerer=sender,
            first_row=row,
            second_row=against,
            first=own.root,
            second=other.root,
        )
        self.environment.emit(CellAnswered, round_number, number, sender, first, second)

    # ---- inside ----------------------------------------------------------------------------------

    def _compared(self, round_number: int, rows: Sequence[Row], row: int) -> tuple[int, ...]:
        """The rows of the voices that a row has to be compared with, by the rows alone."""
        orders = [
            self.models.reveal_at(round_number, index).order for index in range(len(rows) - 1)
        ]
        has_best = self.rounds.head().model_hash != ZERO_HASH
        required = self.models.required(round_number)
        return answers.compared_rows(rows, orders, required, row, has_best=has_best)

    def _unanswered(self, round_number: int, number: int, kind: QuestionKind) -> AskedQuestion:
        question = self.disputes.question(round_number, number)
        if question.kind is not kind:
            raise Revert("WrongKind", question.kind)
        if question.is_answered:
            raise Revert("AlreadyAnswered", number)
        self.disputes.require_standing(round_number, question.statement)
        return question

    def _behind(self, round_number: int, row: Row, packed: bytes, compared: int) -> Behind:
        """What lies behind a row, by its hash."""
        places = self.disputes.places(round_number)
        is_empty = row.hash == ZERO_HASH
        _require_length(packed, 0 if is_empty else packed_size(places, compared))
        if is_empty:
            return Behind()
        behind = unpacked(packed, places, compared)
        self._require_hash(row, behind.hash(self.environment.domain, round_number))
        return behind

    def _places(self, round_number: int, row: Row, shortened: bytes) -> Behind:
        """What lies behind a row but for its distances, by its hash."""
        places = self.disputes.places(round_number)
        is_empty = row.hash == ZERO_HASH
        _require_length(shortened, 0 if is_empty else shortened_size(places))
        if is_empty:
            return Behind()
        self._require_hash(row, shortened_hash(self.environment.domain, round_number, shortened))
        return unpacked_places(shortened, places)

    def _require_hash(self, row: Row, given: bytes) -> None:
        if given != row.hash:
            raise Revert("NotTheRow", given, row.hash)

    def _require_edges(
        self, index: int, values: Sequence[int], edges: tuple[int, int], trim: int
    ) -> None:
        if not answers.are_edges(values, *edges, trim):
            raise Revert("WrongEdges", index)

    def _require_verdicts(
        self,
        rows: Sequence[Row],
        row: int,
        compared: Sequence[int],
        behind: Behind,
        edges: Sequence[tuple[int, int]],
        trim: int,
    ) -> None:
        """The row is a variant of the voice that it repeats, and of no other that is better."""
        repeats, share = rows[row].repeats, self.parameters.voice_basis_points
        for position, voice in enumerate(compared):
            distances = behind.distances[position]
            self._require_edges(FIXED_SUMS + position, distances, edges[position], trim)
            if not answers.is_true_verdict(rows, row, voice, distances, trim, share):
                raise Revert("WrongRepeats", repeats)
        if repeats != 0 and repeats not in compared:
            raise Revert("WrongRepeats", repeats)

    def _require_points(self, points: bytes, root: bytes, samples: int) -> None:
        """Points are those that a row binds at a place; none where it binds none."""
        _require_length(points, samples)
        given = points_root(points) if samples else ZERO_HASH
        if given != root:
            raise Revert("NotThePoints", given, root)


def _require_length(packed: bytes, expected: int) -> None:
    if len(packed) != expected:
        raise Revert("WrongLength", len(packed), expected)
