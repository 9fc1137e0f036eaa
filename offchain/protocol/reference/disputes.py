"""Disputes in plain Python: questions, cells, answers, and where their bonds go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from offchain.crypto.hashing import keccak256
from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import answers
from offchain.protocol.rules import disputes as rules
from offchain.protocol.rules.row_claims import Claim, Table
from offchain.protocol.rules.voices import is_variant
from offchain.protocol.words.dispute_records import (
    CellAnswered,
    CellAsked,
    CellSettled,
    PairAnswered,
    QuestionAsked,
    QuestionSettled,
    RowAnswered,
    StatementFell,
)
from offchain.protocol.words.disputes import (
    AskedCell,
    AskedQuestion,
    DisputeCounts,
    FallReason,
    QuestionKind,
    Stage,
    claim_hash,
)
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH, Phase
from offchain.protocol.words.transactions import Row, packed_row_hash, statement


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
    """See contracts/interfaces/IDisputes.sol; `ReferenceProofs` has its proofs."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        models: ReferenceModelTransactions,
        attestations: ReferenceAttestations,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.models = models
        self.attestations = attestations
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
        other: int,
        value: int,
    ) -> None:
        """Ask what stands behind a statement; a row that contradicts itself fells it at once."""
        round_number = self.rounds.require_phase(Phase.CHALLENGE)
        self._require_rows(round_number, stated, rows)
        self._require_bond(round_number, stated, sender, Stage.QUESTIONS, value)
        models = len(rows) - 1
        if row > models:
            raise Revert("NoSuchRow", row, models)
        table = self._table(round_number, rows)
        if table.is_flawed(0) or table.is_flawed(row):
            self.held += value
            reward = self.fall(round_number, stated, FallReason.STRUCTURE, sender)
            self.pay(value + reward)
            return
        claim = self._claim(round_number, table, kind, row, other)
        known = self._entry(round_number)
        if any(
            (asked.statement, asked.kind, asked.row, asked.other) == (stated, kind, row, other)
            for asked in known.questions
        ):
            raise Revert("AlreadyAsked", row, other)

        entry = self._count(round_number, stated, sender, Stage.QUESTIONS, value)
        entry.questions.append(
            AskedQuestion(
                statement=stated,
                claim=claim_hash(rows[row], rows[other]),
                asker=sender,
                bond=value,
                answerer=ZERO_ADDRESS,
                kind=kind,
                row=row,
                other=other,
                claimed=claim in (Claim.SUMS, Claim.VARIANT, Claim.WELL_FORMED),
            )
        )
        number = len(entry.questions)
        self.environment.emit(
            QuestionAsked, round_number, stated, sender, number, kind, row, other, value
        )

    def ask_cell(self, sender: str, number: int, place: int, value: int) -> None:
        """Ask for the points behind an answer at one place."""
        round_number = self.rounds.require_phase(Phase.SECOND_CHALLENGE)
        question = self.standing_question(round_number, number)
        if not question.is_answered:
            raise Revert("NotAnswered", number)
        places = self._transactions(round_number)
        if place >= places:
            raise Revert("NoSuchPlace", place, places)
        if question.places >> place & 1:
            raise Revert("AlreadyAsked", number, place)
        stated = question.statement
        self._require_bond(round_number, stated, sender, Stage.CELLS, value)

        self._change(round_number, number, places=question.places | 1 << place)
        entry = self._count(round_number, stated, sender, Stage.CELLS, value)
        entry.cells.append(AskedCell(sender, value, ZERO_ADDRESS, number, place))
        cell = len(entry.cells)
        self.environment.emit(CellAsked, round_number, number, sender, cell, place, value)

    # ---- answers ---------------------------------------------------------------------------------

    def answer_row(
        self,
        sender: str,
        number: int,
        first: Row,
        second: Row,
        of_row: bytes,
        of_baseline: bytes,
    ) -> None:
        """Answer a question about a row."""
        round_number = self.rounds.require_phase(Phase.ANSWER)
        self._answerable(round_number, number, QuestionKind.ROW, first, second)
        self._require_row(round_number, first, of_row)
        self._require_row(round_number, second, of_baseline)
        size = self._transactions(round_number) * answers.ROW_BYTES
        _require_length(of_row, size)
        if of_baseline:
            _require_length(of_baseline, size)
        sums = answers.row_sums(of_row, of_baseline, self.rounds.closed_round(round_number).trim)
        for name, given, claimed in (
            ("WrongMiddle", sums.middle, first.middle),
            ("WrongNet", sums.net, first.net),
            ("WrongSpread", sums.spread, first.spread),
        ):
            if given != claimed:
                raise Revert(name, given, claimed)
        self._change(round_number, number, answerer=sender)
        self.environment.emit(RowAnswered, round_number, number, sender, of_row, of_baseline)

    def answer_pair(
        self, sender: str, number: int, first: Row, second: Row, distances: bytes
    ) -> None:
        """Answer a question about a pair."""
        round_number = self.rounds.require_phase(Phase.ANSWER)
        question = self._answerable(round_number, number, QuestionKind.PAIR, first, second)
        _require_length(distances, self._transactions(round_number) * answers.DISTANCE_BYTES)
        middle = answers.distance(distances, self.rounds.closed_round(round_number).trim)
        share = self.parameters.voice_basis_points
        if is_variant(middle, first.spread, second.spread, share) != question.claimed:
            raise Revert("WrongDistances", middle, question.claimed)
        self._change(round_number, number, answerer=sender, distances=keccak256(distances))
        self.environment.emit(PairAnswered, round_number, number, sender, distances)

    def answer_cell(
        self,
        sender: str,
        number: int,
        first: Row,
        second: Row,
        of_row: bytes,
        of_baseline: bytes,
        points: bytes,
    ) -> None:
        """Answer a cell: the points of both rows on each test sample at its place."""
        round_number = self.rounds.require_phase(Phase.SECOND_ANSWER)
        cell = self.cell(round_number, number)
        question = self.standing_question(round_number, cell.question)
        if cell.is_answered:
            raise Revert("AlreadyAnswered", number)
        _require_claim(question, first, second)
        size = self.samples() * answers.SAMPLE_BYTES
        if len(points) != size:
            raise Revert("WrongPointCount", len(points), size)
        sums = answers.cell_sums(points)
        if question.kind is QuestionKind.PAIR:
            given = keccak256(of_row)
            if given != question.distances:
                raise Revert("NotTheDistances", given, question.distances)
            adds_up = sums.squares == answers.expected_of_pair(of_row, cell.place)
        else:
            self._require_row(round_number, first, of_row)
            self._require_row(round_number, second, of_baseline)
            adds_up = sums == answers.expected_of_row(of_row, of_baseline, cell.place)
        if not adds_up:
            raise Revert("PointsDoNotAddUp", sums.first, sums.second, sums.squares)
        root = answers.cell_root(points)
        self._change_cell(round_number, number, answerer=sender, root=root)
        self.environment.emit(CellAnswered, round_number, number, sender, points)

    # ---- settlement ------------------------------------------------------------------------------

    def settle(self, round_number: int, number: int) -> None:
        """Send a question's bond where it belongs."""
        self._require_over(round_number)
        question = self.question(round_number, number)
        if question.settled:
            raise Revert("AlreadySettled", number)
        self._change(round_number, number, settled=True)
        receiver, paid = self._due(round_number, question.statement, question, question.is_silent)
        self.environment.emit(QuestionSettled, round_number, number, receiver, paid)
        self.pay(paid)

    def settle_cell(self, round_number: int, number: int) -> None:
        """Send a cell's bond where it belongs."""
        self._require_over(round_number)
        cell = self.cell(round_number, number)
        if cell.settled:
            raise Revert("AlreadySettled", number)
        self._change_cell(round_number, number, settled=True)
        stated = self.question(round_number, cell.question).statement
        receiver, paid = self._due(round_number, stated, cell, not cell.is_answered)
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
        return DisputeCounts(
            questions=len(entry.questions),
            cells=len(entry.cells),
            forms=sum(asked.kind is QuestionKind.FORM for asked in entry.questions),
            answered=sum(asked.is_answered for asked in entry.questions),
            answered_cells=sum(cell.is_answered for cell in entry.cells),
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
            raise Revert("TooManyQuestions", stated, error.asked) from error

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

    def standing_question(self, round_number: int, number: int) -> AskedQuestion:
        """A question against a statement that has not fallen."""
        question = self.question(round_number, number)
        if self.attestations.has_fallen(round_number, question.statement):
            raise Revert("AlreadyFallen", question.statement)
        return question

    def samples(self) -> int:
        """Test samples of a data transaction."""
        return self.parameters.test_parts * self.parameters.samples_per_part

    # ---- inside ----------------------------------------------------------------------------------

    def _entry(self, round_number: int) -> RoundDisputes:
        return self.disputes.get(round_number) or RoundDisputes()

    def _change(self, round_number: int, number: int, **changes: object) -> None:
        question = self.question(round_number, number)
        changed = replace(question, **changes)  # type: ignore[arg-type]
        self.disputes[round_number].questions[number - 1] = changed

    def _change_cell(self, round_number: int, number: int, **changes: object) -> None:
        cell = self.cell(round_number, number)
        self.disputes[round_number].cells[number - 1] = replace(cell, **changes)  # type: ignore[arg-type]

    def _transactions(self, round_number: int) -> int:
        """n, the data transactions in D."""
        return self.rounds.closed_round(round_number).data_set.bit_count()

    def _table(self, round_number: int, rows: Sequence[Row]) -> Table:
        orders = [
            self.models.reveal_at(round_number, index).order for index in range(len(rows) - 1)
        ]
        return Table(
            tuple(rows),
            tuple(orders),
            self.models.required(round_number),
            has_best=self.rounds.head().model_hash != ZERO_HASH,
        )

    def _claim(
        self, round_number: int, table: Table, kind: QuestionKind, row: int, other: int
    ) -> Claim:
        """What rows without a flaw claim where a question asks."""
        if kind is QuestionKind.PAIR:
            if row == 0 or not 1 <= other <= table.models or other == row:
                raise Revert("NoSuchRow", other, table.models)
        elif other != 0:
            raise Revert("NoSuchRow", other, table.models)
        claim = table.claim(kind, row, other)
        if kind is QuestionKind.FORM:
            if not self.attestations.has_judge:
                raise Revert("NoJudge")
            missing = self.rounds.closed_round(round_number).missing
            if row == 0 or missing >> row - 1 & 1:
                claim = None
        if claim is None:
            raise Revert("NothingClaimed", kind, row, other)
        return claim

    def _require_rows(self, round_number: int, stated: bytes, rows: Sequence[Row]) -> None:
        if self.attestations.support(round_number, stated) == 0:
            raise Revert("StatementUnknown", stated)
        if self.attestations.has_fallen(round_number, stated):
            raise Revert("AlreadyFallen", stated)
        data_root = self.rounds.closed_round(round_number).data_root
        given = statement(self.environment.domain, round_number, data_root, rows)
        if given != stated:
            raise Revert("NotTheRows", given, stated)

    def _is_first(self, round_number: int, stated: bytes, account: str, stage: Stage) -> bool:
        if (stated, account, stage) in self._entry(round_number).first:
            return False
        return self.attestations.is_attester(round_number, account)

    def _require_bond(
        self, round_number: int, stated: bytes, account: str, stage: Stage, value: int
    ) -> None:
        expected = self.bond_of(round_number, stated, account, stage)
        if value != expected:
            raise Revert("WrongBond", value, expected)

    def _count(
        self, round_number: int, stated: bytes, account: str, stage: Stage, value: int
    ) -> RoundDisputes:
        """Count a question, or a cell, and take its bond."""
        entry = self.disputes.setdefault(round_number, RoundDisputes())
        if self._is_first(round_number, stated, account, stage):
            entry.first.add((stated, account, stage))
        else:
            entry.others[stated, stage] = entry.others.get((stated, stage), 0) + 1
        self.held += value
        return entry

    def _answerable(
        self, round_number: int, number: int, kind: QuestionKind, first: Row, second: Row
    ) -> AskedQuestion:
        question = self.standing_question(round_number, number)
        if question.kind is not kind:
            raise Revert("WrongKind", question.kind)
        if question.is_answered:
            raise Revert("AlreadyAnswered", number)
        _require_claim(question, first, second)
        return question

    def _require_row(self, round_number: int, row: Row, packed: bytes) -> None:
        """What is packed is what a row's hash is over: nothing where the row is empty."""
        if row.hash == ZERO_HASH:
            _require_length(packed, 0)
            return
        given = packed_row_hash(self.environment.domain, round_number, packed)
        if given != row.hash:
            raise Revert("WrongRow", given, row.hash)

    def _require_over(self, round_number: int) -> None:
        competing, phase = self.rounds.current_phase()
        if round_number > competing or (round_number == competing and phase < Phase.FINALIZE):
            raise Revert("NotOver", round_number, phase)

    def _due(
        self,
        round_number: int,
        stated: bytes,
        asked: AskedQuestion | AskedCell,
        is_silent: bool,
    ) -> tuple[str, int]:
        """Whose a bond is, and how much of it, with the reward where that is due."""
        has_fallen = self.attestations.has_fallen(round_number, stated)
        due = rules.settlement(asked.bond, has_fallen=has_fallen, is_answered=asked.is_answered)
        if not due.to_asker:
            return asked.answerer, due.paid
        reward = self._entry(round_number).rewards.pop(stated, 0) if is_silent else 0
        return asked.asker, due.paid + reward


def _require_length(packed: bytes, expected: int) -> None:
    if len(packed) != expected:
        raise Revert("WrongLength", len(packed), expected)


def _require_claim(question: AskedQuestion, first: Row, second: Row) -> None:
    given = claim_hash(first, second)
    if given != question.claim:
        raise Revert("NotTheClaim", given, question.claim)
