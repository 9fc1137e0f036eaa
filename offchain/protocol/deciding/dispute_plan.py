"""What can be done in a dispute now, from the records of the round and the evidence at hand.

Asked is against every statement that is false and that this node has not opened itself; answered is
for the true one. One question, one cell and one proof make a false statement fall, whoever brought
the earlier ones: what has been asked already is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.protocol.deciding.evidence import Evidence, Exhibits
from offchain.protocol.deciding.objections import (
    FalseSample,
    false_place,
    false_sample,
    first_objection,
)
from offchain.protocol.deciding.snapshot import Challenge, DisputeFacts, DisputeMove
from offchain.protocol.history.entries import Cell, Question, RoundHistory
from offchain.protocol.rules import answers, disputes
from offchain.protocol.words import actions
from offchain.protocol.words.dispute_records import CellAsked, QuestionAsked, RowAnswered
from offchain.protocol.words.disputes import Proof, QuestionKind, proof_commitment
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Row


@dataclass(frozen=True, slots=True)
class Disputant:
    """Who disputes.

    Attributes:
        account: the node's.
        is_attester: whether it attests in the round.
        domain: the deployment's.
        question_bond: the parameter.
        stakes: of all accounts.
    """

    account: str
    is_attester: bool
    domain: Domain
    question_bond: int
    stakes: Mapping[str, int]


def plan(
    entry: RoundHistory, evidence: Evidence, exhibits: Exhibits, disputant: Disputant
) -> DisputeFacts:
    """What is due in the present phase of a round's dispute."""
    planner = _Planner(entry, evidence, exhibits, disputant)
    match entry.phase:
        case Phase.CHALLENGE:
            return DisputeFacts(tuple(planner.questions()), tuple(planner.commitment()))
        case Phase.ANSWER:
            return DisputeFacts((), (*planner.answers(), *planner.commitment()))
        case Phase.SECOND_CHALLENGE:
            return DisputeFacts(tuple(planner.cells()), tuple(planner.commitment()))
        case Phase.SECOND_ANSWER:
            return DisputeFacts((), (*planner.cell_answers(), *planner.commitment()))
        case Phase.PROVE:
            return DisputeFacts((), tuple(planner.proof()))
        case _:
            return DisputeFacts()


@dataclass(frozen=True, slots=True)
class _Refutation:
    """A proof that can be made: against a cell's ``point``, or a question about a form (None)."""

    number: int
    point: FalseSample | None
    asker: str

    @property
    def is_cell(self) -> bool:
        return self.point is not None

    @property
    def sample(self) -> int:
        return 0 if self.point is None else self.point.sample


@dataclass(frozen=True, slots=True)
class _Planner:
    entry: RoundHistory
    evidence: Evidence
    exhibits: Exhibits
    disputant: Disputant

    @property
    def _round(self) -> int:
        return self.entry.number

    # ---- the statements

    def _false(self) -> list[bytes]:
        """Statements that can be disputed, the one most likely to be chosen first."""
        entry, own = self.entry, self.disputant.account
        left = [
            statement
            for statement in entry.statements
            if statement not in entry.fallen
            and statement not in (self.evidence.statement, entry.stated.get(own))
        ]
        return sorted(left, key=entry.support, reverse=True)

    def _challenge(self, statement: bytes, action: actions.Ask | actions.AskCell) -> Challenge:
        entry, true = self.entry, self.evidence.statement
        order = list(entry.statements)
        support = entry.support(true)
        decides = (
            true not in entry.statements
            or entry.support(statement) > support
            or (entry.support(statement) == support and order.index(statement) < order.index(true))
        )
        supporters = [who for who, stated in entry.stated.items() if stated == statement]
        taken = sum(self.disputant.stakes.get(who, 0) for who in supporters)
        what = "question" if isinstance(action, actions.Ask) else "ask for the points of"
        duty = f"{what} statement {statement.hex()[:16]} of round {self._round}"
        return Challenge(action, duty, decides, taken)

    def _bond(self, asked: list[QuestionAsked] | list[CellAsked]) -> int | None:
        """What must lie beside one more; None: no more is taken."""
        base, own = self.disputant.question_bond, self.disputant.account
        is_first = self.disputant.is_attester and all(record.asker != own for record in asked)
        others = sum(record.bond > base for record in asked)
        try:
            return disputes.bond(base, is_first_of_attester=is_first, others=others)
        except disputes.TooManyQuestions:
            return None

    # ---- questions and answers

    def questions(self) -> Iterator[Challenge]:
        """A question against each false statement that nobody has asked."""
        for statement in self._false():
            rows = self.entry.statements[statement]
            found = first_objection(self.evidence.table, rows, has_judge=self.evidence.has_judge)
            asked = [q.asked for q in self.entry.questions if q.asked.statement == statement]
            bond = self._bond(asked)
            if found is None or bond is None:
                continue
            if any((q.kind, q.row, q.other) == (found.kind, found.row, found.other) for q in asked):
                continue
            action = actions.Ask(statement, rows, found.kind, found.row, found.other, bond)
            yield self._challenge(statement, action)

    def answers(self) -> Iterator[DisputeMove]:
        """Answers to what is asked of the true statement."""
        for number, question in enumerate(self.entry.questions, 1):
            asked = question.asked
            is_open = question.answer is None and asked.kind is not QuestionKind.FORM
            if asked.statement != self.evidence.statement or not is_open:
                continue
            numbers, of_baseline = self._numbers(asked), self.evidence.of_baseline()
            if numbers is None or of_baseline is None:
                continue
            first, second = self._rows(asked)
            action: actions.Action = (
                actions.AnswerRow(number, first, second, numbers, of_baseline)
                if asked.kind is QuestionKind.ROW
                else actions.AnswerPair(number, first, second, numbers)
            )
            yield DisputeMove(action, f"answer question {number} of round {self._round}")

    def _rows(self, asked: QuestionAsked) -> tuple[Row, Row]:
        rows = self.entry.statements[asked.statement]
        return rows[asked.row], rows[asked.other]

    def _numbers(self, asked: QuestionAsked) -> bytes | None:
        """What a true answer to a question has."""
        if asked.kind is QuestionKind.ROW:
            return self.evidence.numbers(asked.row)
        return self.evidence.distances(asked.row, asked.other)

    # ---- cells

    def _false_place(self, question: Question) -> int | None:
        """The first place at which an answer is false."""
        numbers, of_baseline = self._numbers(question.asked), self.evidence.of_baseline()
        answer = question.answer
        if answer is None or numbers is None or of_baseline is None:
            return None
        if not isinstance(answer, RowAnswered):
            return false_place(answer.distances, numbers, answers.DISTANCE_BYTES)
        places = [
            false_place(answer.of_row, numbers, answers.ROW_BYTES),
            false_place(answer.of_baseline, of_baseline, answers.ROW_BYTES),
        ]
        return min((place for place in places if place is not None), default=None)

    def _is_false_at(self, cell: Cell) -> bool:
        question = self.entry.questions[cell.asked.question - 1]
        return self._false_place(question) == cell.asked.place

    def cells(self) -> Iterator[Challenge]:
        """A cell of each false statement's answer that differs, where nobody has asked for one."""
        entry = self.entry
        for statement in self._false():
            of_statement = [
                (number, question, self._false_place(question))
                for number, question in enumerate(entry.questions, 1)
                if question.asked.statement == statement
            ]
            numbers = {number for number, _, _ in of_statement}
            asked = [c for c in entry.cells if c.asked.question in numbers]
            bond = self._bond([cell.asked for cell in asked])
            if bond is None or any(self._is_false_at(cell) for cell in asked):
                continue
            for number, _, place in of_statement:
                if place is not None:
                    yield self._challenge(statement, actions.AskCell(number, place, bond))
                    break

    def cell_answers(self) -> Iterator[DisputeMove]:
        """Answers to what is asked of answers that the true statement has."""
        for number, cell in enumerate(self.entry.cells, 1):
            question = self.entry.questions[cell.asked.question - 1]
            asked = question.asked
            if asked.statement != self.evidence.statement or cell.answer is not None:
                continue
            points = self._points(asked, cell.asked.place)
            numbers = self._numbers(asked)
            is_row = asked.kind is QuestionKind.ROW
            of_baseline = self.evidence.of_baseline() if is_row else b""
            if points is None or numbers is None or of_baseline is None:
                continue
            first, second = self._rows(asked)
            action = actions.AnswerCell(number, first, second, numbers, of_baseline, points)
            yield DisputeMove(action, f"answer cell {number} of round {self._round}")

    def _points(self, asked: QuestionAsked, place: int) -> bytes | None:
        return self.evidence.cell(asked.row, asked.other, place)

    # ---- proofs

    def _refutations(self) -> Iterator[_Refutation]:
        """What can be proved against false statements, one for each of them."""
        for statement in self._false():
            found = next(self._refutations_of(statement), None)
            if found is not None and self.evidence.has_judge:
                yield found

    def _refutations_of(self, statement: bytes) -> Iterator[_Refutation]:
        for number, question in enumerate(self.entry.questions, 1):
            asked = question.asked
            if asked.statement != statement or asked.kind is not QuestionKind.FORM:
                continue
            is_said_empty = self.entry.statements[statement][asked.row].hash == bytes(32)
            if is_said_empty != (self.evidence.points[asked.row] is None):
                yield _Refutation(number, None, asked.asker)
        for number, cell in enumerate(self.entry.cells, 1):
            asked = self.entry.questions[cell.asked.question - 1].asked
            true = self._points(asked, cell.asked.place)
            if asked.statement != statement or cell.answer is None or true is None:
                continue
            point = false_sample(cell.answer.points, true)
            if point is not None:
                yield _Refutation(number, point, cell.asked.asker)

    def commitment(self) -> Iterator[DisputeMove]:
        """The commitment to the first proof that can be made, where it does not stand yet."""
        for refutation in self._refutations():
            if not self._is_committed(refutation):
                yield self._commit(refutation)
            return

    def proof(self) -> Iterator[DisputeMove]:
        """The first proof that can be made, or before it the commitment to it.

        An account has one commitment at a time: further proofs follow.
        """
        for refutation in self._refutations():
            if not self._is_committed(refutation):
                yield self._commit(refutation)
                return
            action = self._proving(refutation)
            if action is not None:
                what = "points" if refutation.is_cell else "form"
                duty = f"disprove {what} {refutation.number} of round {self._round}"
                is_own = refutation.asker == self.disputant.account
                yield DisputeMove(action, duty, is_own)
                return

    def _is_committed(self, refutation: _Refutation) -> bool:
        committed = self.entry.proofs.get(self.disputant.account)
        return committed is not None and committed.hash == self._commitment(refutation)

    def _commit(self, refutation: _Refutation) -> DisputeMove:
        duty = f"commit to a proof in round {self._round}"
        return DisputeMove(actions.CommitProof(self._commitment(refutation)), duty, is_own=True)

    def _commitment(self, refutation: _Refutation) -> bytes:
        return proof_commitment(
            self.disputant.domain,
            self._round,
            self.disputant.account,
            is_cell=refutation.is_cell,
            number=refutation.number,
            sample=refutation.sample,
            salt=self._salt(refutation),
        )

    def _salt(self, refutation: _Refutation) -> bytes:
        return self.exhibits.salt(is_cell=refutation.is_cell, number=refutation.number)

    def _proving(self, refutation: _Refutation) -> actions.Prove | actions.ProveForm | None:
        """The proof; None while something for it cannot be had."""
        number, point, salt = refutation.number, refutation.point, self._salt(refutation)
        if point is None:
            row = self.entry.questions[number - 1].asked.row
            model = self.exhibits.model(row)
            return None if model is None else actions.ProveForm(number, salt, model)
        cell = self.entry.cells[number - 1]
        asked = self.entry.questions[cell.asked.question - 1].asked
        shown = self.exhibits.sample(cell.asked.place, point.sample)
        model = self.exhibits.model(asked.other if point.second else asked.row)
        if shown is None or model is None or cell.answer is None:
            return None
        stated = answers.stated_points(cell.answer.points, point.sample)
        proof = Proof(
            salt,
            point.sample,
            point.second,
            shown.record,
            shown.sample_record,
            shown.sample_path,
            shown.part_path,
            stated.word,
            stated.path,
            model,
        )
        return actions.Prove(number, proof)
