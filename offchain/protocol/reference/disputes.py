"""Disputes in plain Python: questions, cells, and where their bonds go."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import disputes as rules
from offchain.protocol.words.dispute_records import (
    CellAsked,
    CellSettled,
    QuestionAsked,
    QuestionSettled,
    StatementFell,
)
from offchain.protocol.words.disputes import (
    AskedCell,
    AskedQuestion,
    DisputeCounts,
    FallReason,
    QuestionKind,
    Stage,
)
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH, Phase
from offchain.protocol.words.transactions import Row, statement


@dataclass(slots=True)
class RoundDisputes:
    """What is disputed in one round.

    ``first`` has whoever asked at the base bond: statement, account, stage; ``others`` counts the
    questions beside these by statement and stage; ``rewards`` are those of statements that fell by
    silence, until somebody takes them.
    """

    questions: list[AskedQuestion] = field(default_factory=list)
    cells: list[AskedCell] = field(default_factory=list)
    first: set[tuple[bytes, str, Stage]] = field(default_factory=set)
    others: dict[tuple[bytes, Stage], int] = field(default_factory=dict)
    rewards: dict[bytes, int] = field(default_factory=dict)


class ReferenceDisputes:
    """See contracts/interfaces/IDisputes.sol; its answers and proofs are apart."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        models: ReferenceModelTransactions,
        attestations: ReferenceAttestations,
        judge: Judge | None,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.models = models
        self.attestations = attestations
        self.judge = judge
        self.disputes: dict[int, RoundDisputes] = {}
        # Wei that came in and was not paid out: open bonds, rewards that are owed, what burned.
        self.held = 0

    # ---- questions -------------------------------------------------------------------------------

    def ask(
        self,
        sender: str,
        stated: bytes,
        rows: Sequence[Row],
        kind: QuestionKind,
        row: int,
        value: int,
    ) -> None:
        """Ask what lies behind a row of a statement."""
        round_number = self.rounds.require_phase(Phase.CHALLENGE)
        if self.attestations.support(round_number, stated) == 0:
            raise Revert("StatementUnknown", stated)
        self.require_standing(round_number, stated)
        self.require_rows(round_number, stated, rows)
        models = len(rows) - 1
        if row > models:
            raise Revert("NoSuchRow", row, models)
        claimed = rows[row].hash != ZERO_HASH
        if kind is QuestionKind.FORM:
            self._require_form(round_number, row, models)
        elif not claimed:
            raise Revert("NothingClaimed", row)
        for number, known in enumerate(self._entry(round_number).questions, 1):
            if (known.statement, known.kind, known.row) == (stated, kind, row):
                raise Revert("AlreadyAsked", number)
        entry = self._take_bond(round_number, stated, sender, Stage.QUESTIONS, value)

        entry.questions.append(
            AskedQuestion(stated, sender, value, ZERO_ADDRESS, kind, row, 0, claimed)
        )
        number = len(entry.questions)
        self.environment.emit(QuestionAsked, round_number, stated, sender, number, kind, row, value)

    def ask_cell(self, sender: str, number: int, place: int, voice: int, value: int) -> None:
        """Ask for the points behind an answer at one place."""
        round_number = self.rounds.require_phase(Phase.SECOND_CHALLENGE)
        question = self.question(round_number, number)
        if question.kind is not QuestionKind.ROW:
            raise Revert("WrongKind", question.kind)
        if not question.is_answered:
            raise Revert("NotAnswered", number)
        stated = question.statement
        self.require_standing(round_number, stated)
        places = self.places(round_number)
        if place >= places:
            raise Revert("NoSuchPlace", place, places)
        if voice > question.compared:
            raise Revert("NoSuchVoice", voice, question.compared)
        if any(
            (cell.question, cell.place, cell.voice) == (number, place, voice)
            for cell in self._entry(round_number).cells
        ):
            raise Revert("AlreadyAsked", number)
        entry = self._take_bond(round_number, stated, sender, Stage.CELLS, value)

        entry.cells.append(AskedCell(sender, value, ZERO_ADDRESS, number, place, voice))
        cell = len(entry.cells)
        self.environment.emit(CellAsked, round_number, number, sender, cell, place, voice, value)

    # ---- settlement ------------------------------------------------------------------------------

    def settle(self, round_number: int, number: int) -> None:
        """Send a question's bond where it belongs."""
        question = self.question(round_number, number)
        self._require_over(round_number)
        if question.settled:
            raise Revert("AlreadySettled", number)
        self.change(round_number, number, settled=True)
        receiver, paid = self._due(
            round_number, question.statement, question, is_silent=question.is_silent
        )
        self.environment.emit(QuestionSettled, round_number, number, receiver, paid)
        self.pay(paid)

    def settle_cell(self, round_number: int, number: int) -> None:
        """Send a cell's bond where it belongs."""
        cell = self.cell(round_number, number)
        self._require_over(round_number)
        if cell.settled:
            raise Revert("AlreadySettled", number)
        self.change_cell(round_number, number, settled=True)
        stated = self.question(round_number, cell.question).statement
        receiver, paid = self._due(round_number, stated, cell, is_silent=not cell.is_answered)
        self.environment.emit(CellSettled, round_number, number, receiver, paid)
        self.pay(paid)

    # ---- for the other contracts -----------------------------------------------------------------

    def end_answers(self, round_number: int) -> None:
        """Answer or SecondAnswer has ended: statements with something unanswered fall."""
        entry = self._entry(round_number)
        silent = {asked.statement for asked in entry.questions if asked.is_silent} | {
            self.question(round_number, cell.question).statement
            for cell in entry.cells
            if not cell.is_answered
        }
        for stated in self.attestations.statements_of(round_number):
            if stated in silent and not self.attestations.has_fallen(round_number, stated):
                reward = self.fall(round_number, stated, FallReason.SILENCE, ZERO_ADDRESS)
                entry.rewards[stated] = reward

    def fall(self, round_number: int, stated: bytes, reason: FallReason, by: str) -> int:
        """A statement falls; returns the reward, which is here then."""
        taken, reward = self.attestations.fall(round_number, stated)
        self.held += reward
        self.environment.emit(StatementFell, round_number, stated, reason, by, taken, reward)
        return reward

    def pay(self, amount: int) -> None:
        """Pay somebody."""
        self.held -= amount

    # ---- views -----------------------------------------------------------------------------------

    def counts(self, round_number: int) -> DisputeCounts:
        """How far a round's dispute is."""
        entry = self._entry(round_number)
        answered = [asked.kind for asked in entry.questions if asked.is_answered]
        return DisputeCounts(
            questions=len(entry.questions),
            cells=len(entry.cells),
            forms=sum(not asked.needs_answer for asked in entry.questions),
            answered=answered.count(QuestionKind.ROW),
            answered_cells=sum(cell.is_answered for cell in entry.cells),
            answered_forms=answered.count(QuestionKind.FORM),
        )

    def bond_of(self, round_number: int, stated: bytes, account: str, stage: Stage) -> int:
        """What an account has to put beside its next question against a statement, or cell."""
        others = self._entry(round_number).others.get((stated, stage), 0)
        try:
            return rules.bond(
                self.parameters.question_bond,
                is_first_of_attester=self._is_first(round_number, stated, account, stage),
                others=others,
            )
        except rules.TooManyQuestions as error:
            raise Revert("TooManyQuestions", account, error.asked) from error

    def question(self, round_number: int, number: int) -> AskedQuestion:
        """A question by its number."""
        questions = self._entry(round_number).questions
        if not 1 <= number <= len(questions):
            raise Revert("NoSuchQuestion", round_number, number)
        return questions[number - 1]

    def cell(self, round_number: int, number: int) -> AskedCell:
        """A cell by its number."""
        cells = self._entry(round_number).cells
        if not 1 <= number <= len(cells):
            raise Revert("NoSuchCell", round_number, number)
        return cells[number - 1]

    def samples(self) -> int:
        """Test samples of a data transaction."""
        return self.parameters.test_parts * self.parameters.samples_per_part

    def places(self, round_number: int) -> int:
        """n, the data transactions in D."""
        return self.rounds.closed_round(round_number).data_set.bit_count()

    # ---- for answers and proofs ------------------------------------------------------------------

    def require_standing(self, round_number: int, stated: bytes) -> None:
        """Revert if a statement has fallen."""
        if self.attestations.has_fallen(round_number, stated):
            raise Revert("StatementFallen", stated)

    def require_judge(self) -> Judge:
        """The task's judge; reverts if it has none."""
        if self.judge is None:
            raise Revert("NoJudge")
        return self.judge

    def require_model(self, round_number: int, row: int, model: bytes) -> None:
        """Revert unless a file is the model of a row: the best so far, or a revealed one."""
        given = hashlib.sha256(model).digest()
        expected = (
            self.models.reveal_at(round_number, row - 1).model_hash
            if row
            else self.rounds.head().model_hash
        )
        if given != expected:
            raise Revert("NotTheModel", given, expected)

    def require_rows(self, round_number: int, stated: bytes, rows: Sequence[Row]) -> None:
        """Revert unless rows make a statement."""
        data_root = self.rounds.closed_round(round_number).data_root
        given = statement(self.environment.domain, round_number, data_root, rows)
        if given != stated:
            raise Revert("NotTheStatement", given, stated)

    def change(self, round_number: int, number: int, **changes: object) -> None:
        """Change a question."""
        question = self.question(round_number, number)
        changed = replace(question, **changes)  # type: ignore[arg-type]
        self.disputes[round_number].questions[number - 1] = changed

    def change_cell(self, round_number: int, number: int, **changes: object) -> None:
        """Change a cell."""
        changed = replace(self.cell(round_number, number), **changes)  # type: ignore[arg-type]
        self.disputes[round_number].cells[number - 1] = changed

    # ---- inside ----------------------------------------------------------------------------------

    def _entry(self, round_number: int) -> RoundDisputes:
        return self.disputes.get(round_number) or RoundDisputes()

    def _require_form(self, round_number: int, row: int, models: int) -> None:
        """The judge can say whether the model of a row is well formed."""
        self.require_judge()
        if row == 0:
            raise Revert("NoSuchRow", row, models)
        if self.rounds.closed_round(round_number).missing >> row - 1 & 1:
            raise Revert("NothingClaimed", row)

    def _is_first(self, round_number: int, stated: bytes, account: str, stage: Stage) -> bool:
        if (stated, account, stage) in self._entry(round_number).first:
            return False
        return self.attestations.is_attester(round_number, account)

    def _take_bond(
        self, round_number: int, stated: bytes, account: str, stage: Stage, value: int
    ) -> RoundDisputes:
        """Take the bond of a question, or a cell, and count it."""
        expected = self.bond_of(round_number, stated, account, stage)
        if value != expected:
            raise Revert("WrongBond", value, expected)
        entry = self.disputes.setdefault(round_number, RoundDisputes())
        if self._is_first(round_number, stated, account, stage):
            entry.first.add((stated, account, stage))
        else:
            entry.others[stated, stage] = entry.others.get((stated, stage), 0) + 1
        self.held += value
        return entry

    def _require_over(self, round_number: int) -> None:
        competing, phase = self.rounds.current_phase()
        if round_number > competing or (round_number == competing and phase < Phase.FINALIZE):
            raise Revert("NotSettleable", round_number)

    def _due(
        self,
        round_number: int,
        stated: bytes,
        asked: AskedQuestion | AskedCell,
        *,
        is_silent: bool,
    ) -> tuple[str, int]:
        """Whose a bond is, and how much of it, with the reward where that is due."""
        has_fallen = self.attestations.has_fallen(round_number, stated)
        due = rules.settlement(asked.bond, has_fallen=has_fallen, is_answered=asked.is_answered)
        if not due.to_asker:
            return asked.answerer, due.paid
        reward = self._entry(round_number).rewards.pop(stated, 0) if is_silent else 0
        return asked.asker, due.paid + reward
