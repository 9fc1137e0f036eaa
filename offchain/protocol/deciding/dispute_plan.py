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
    FalsePlace,
    FalseSample,
    Objection,
    false_place,
    false_sample,
    first_objection,
)
from offchain.protocol.deciding.snapshot import Challenge, DisputeFacts, DisputeMove
from offchain.protocol.history.disputed import Cell, Question
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules import answers, bindings, disputes
from offchain.protocol.words import dispute_actions
from offchain.protocol.words.dispute_records import CellAsked, QuestionAsked, RowAnswered
from offchain.protocol.words.disputes import Proof, QuestionKind, proof_commitment
from offchain.protocol.words.status import ZERO_HASH, Phase


@dataclass(frozen=True, slots=True)
class Disputant:
    """Who disputes.

    Attributes:
        account: the node's.
        is_attester: whether it attests in the round.
        domain: the deployment's.
        question_bond: the parameter.
        stakes: of all accounts.
        refused: salts of proofs that the judge has refused: it agrees with what they are against,
            and the node's own points are false there.
    """

    account: str
    is_attester: bool
    domain: Domain
    question_bond: int
    stakes: Mapping[str, int]
    refused: frozenset[bytes] = frozenset()


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

    def _challenge(
        self, statement: bytes, action: dispute_actions.Ask | dispute_actions.AskCell
    ) -> Challenge:
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
        what = "question" if isinstance(action, dispute_actions.Ask) else "ask for the points of"
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

    def _objection(self, statement: bytes) -> Objection | None:
        rows = self.entry.statements[statement]
        return first_objection(self.evidence.truth, rows, has_judge=self.evidence.has_judge)

    def questions(self) -> Iterator[Challenge]:
        """A question against each false statement that nobody has asked."""
        for statement in self._false():
            found = self._objection(statement)
            asked = [q.asked for q in self.entry.questions if q.asked.statement == statement]
            bond = self._bond(asked)
            if found is None or bond is None:
                continue
            if all((q.kind, q.row) != (found.kind, found.row) for q in asked):
                rows = self.entry.statements[statement]
                action = dispute_actions.Ask(statement, rows, found.kind, found.row, bond)
                yield self._challenge(statement, action)

    def answers(self) -> Iterator[DisputeMove]:
        """Answers to what is asked of the true statement."""
        for number, question in enumerate(self.entry.questions, 1):
            asked = question.asked
            if asked.statement != self.evidence.statement or question.answer is not None:
                continue
            action = self._answer(number, asked)
            if action is not None:
                yield DisputeMove(action, f"answer question {number} of round {self._round}")

    def _answer(
        self, number: int, asked: QuestionAsked
    ) -> dispute_actions.AnswerRow | dispute_actions.AnswerForm | None:
        """The true answer; None: there is none to give, or it cannot be had now."""
        if asked.kind is QuestionKind.FORM:
            is_empty = self.evidence.points[asked.row] is None
            model = None if is_empty else self.exhibits.model(asked.row)
            return None if model is None else dispute_actions.AnswerForm(number, model)
        evidence = self.evidence
        of_row, of_baseline = self._packed(asked.row), self._packed(0)
        behind = evidence.table.behind
        edges = answers.edges(behind[asked.row], behind[0], evidence.trimmed)
        return dispute_actions.AnswerRow(number, evidence.table.rows, of_row, of_baseline, edges)

    def _packed(self, row: int) -> bytes:
        """What a row's hash is of; nothing while there is no best model."""
        return self.evidence.table.behind[row].packed()

    # ---- cells

    def _false_place(self, question: Question) -> FalsePlace | None:
        """Where the answer to a statement's first objection is false."""
        answer = question.answer
        if not isinstance(answer, RowAnswered):
            return None
        places = self.evidence.counts.transactions
        return false_place(answer.of_row, self._packed(question.asked.row), places)

    def cells(self) -> Iterator[Challenge]:
        """A cell of each false statement's answer that differs, where nobody has asked for it.

        Of the answer to the first objection, whoever asked. Other questions, which liars may ask of
        themselves, can be about rows in which no sample is false: the statement compares them with
        other voices only. An attester has one cell at the base bond.
        """
        entry = self.entry
        for statement in self._false():
            objection, cells = self._objection(statement), self._cells_of(statement)
            bond = self._bond(cells)
            if bond is None:
                continue
            taken = {(cell.question, cell.place, cell.voice) for cell in cells}
            for question in entry.questions:
                asked = question.asked
                if (asked.statement, Objection(asked.kind, asked.row)) != (statement, objection):
                    continue
                found = self._false_place(question)
                if found is None or (asked.question, found.place, found.voice) in taken:
                    continue
                action = dispute_actions.AskCell(asked.question, found.place, found.voice, bond)
                yield self._challenge(statement, action)

    def _cells_of(self, statement: bytes) -> list[CellAsked]:
        questions = self.entry.questions
        asked = [cell.asked for cell in self.entry.cells]
        return [cell for cell in asked if questions[cell.question - 1].asked.statement == statement]

    def cell_answers(self) -> Iterator[DisputeMove]:
        """Answers to what is asked of answers that the true statement has."""
        for number, cell in enumerate(self.entry.cells, 1):
            question = self.entry.questions[cell.asked.question - 1]
            is_open = cell.answer is None
            if question.asked.statement != self.evidence.statement or not is_open:
                continue
            first, second = self._rows_of(cell)
            action = dispute_actions.AnswerCell(
                number,
                self.evidence.table.rows,
                self._packed(first),
                self.evidence.table.behind[second].shortened(),
                *self._points(cell),
            )
            yield DisputeMove(action, f"answer cell {number} of round {self._round}")

    def _rows_of(self, cell: Cell) -> tuple[int, int]:
        """The two rows that a cell is about, as the statement's own rows rank them."""
        asked = self.entry.questions[cell.asked.question - 1].asked
        if cell.asked.voice == 0:
            return asked.row, 0
        truth = self.evidence.truth
        compared = answers.compared_rows(
            self.entry.statements[asked.statement],
            truth.orders,
            truth.required,
            asked.row,
            has_best=truth.rows[0].hash != ZERO_HASH,
        )
        return asked.row, compared[cell.asked.voice - 1]

    def _points(self, cell: Cell) -> tuple[bytes, bytes]:
        """The true points of a cell's two rows."""
        first, second = self._rows_of(cell)
        place = cell.asked.place
        return self.evidence.points_at(first, place), self.evidence.points_at(second, place)

    # ---- proofs

    def _refutations(self) -> Iterator[_Refutation]:
        """What can be proved against false statements, one for each of them.

        What the judge has refused is not tried again: other statements are still to be disproved.
        """
        for statement in self._false():
            refutations = self._refutations_of(statement)
            refused = self.disputant.refused
            found = next((r for r in refutations if self._salt(r) not in refused), None)
            if found is not None and self.evidence.has_judge:
                yield found

    def _refutations_of(self, statement: bytes) -> Iterator[_Refutation]:
        rows = self.entry.statements[statement]
        for number, question in enumerate(self.entry.questions, 1):
            asked = question.asked
            if asked.statement != statement or asked.kind is not QuestionKind.FORM:
                continue
            # Who says that a model is well formed must show it; that it is malformed is refuted.
            is_said_empty = rows[asked.row].hash == ZERO_HASH
            if is_said_empty and self.evidence.points[asked.row] is not None:
                yield _Refutation(number, None, asked.asker)
        for number, cell in enumerate(self.entry.cells, 1):
            asked = self.entry.questions[cell.asked.question - 1].asked
            if asked.statement != statement or cell.answer is None:
                continue
            stated, true = (cell.answer.first, cell.answer.second), self._points(cell)
            if [*map(len, stated)] == [*map(len, true)]:
                point = false_sample(stated, true)
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
            action = self._proving(refutation)
            if action is not None and not self._is_committed(refutation):
                yield self._commit(refutation)
                return
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
        return DisputeMove(
            dispute_actions.CommitProof(self._commitment(refutation)), duty, is_own=True
        )

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

    def _proving(
        self, refutation: _Refutation
    ) -> dispute_actions.Prove | dispute_actions.ProveForm | None:
        """The proof; None while something for it cannot be had."""
        number, point, salt = refutation.number, refutation.point, self._salt(refutation)
        if point is None:
            row = self.entry.questions[number - 1].asked.row
            model = self.exhibits.model(row)
            return None if model is None else dispute_actions.ProveForm(number, salt, model)
        cell = self.entry.cells[number - 1]
        shown = self.exhibits.sample(cell.asked.place, point.sample)
        model = self.exhibits.model(self._rows_of(cell)[point.second])
        if shown is None or model is None or cell.answer is None:
            return None
        points = cell.answer.second if point.second else cell.answer.first
        stated = bindings.stated_points(points, point.sample)
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
        return dispute_actions.Prove(number, proof)
