"""One dispute on a small table, played at random in the reference: a lie, and attacks on the truth.

One honest attester has stated the truth, two others a lie. From there on everything goes through
the reference's own transactions. The honest node plays as nodes do
(`offchain.protocol.deciding.objections`); the others ask, answer, commit and prove whatever chance
suggests, first in each phase, about the truth as about the lie.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from offchain.learning.samples_root import part_root, sample_path
from offchain.protocol.deciding.objections import (
    Objection,
    Truth,
    false_place,
    false_sample,
    first_objection,
)
from offchain.protocol.reference.attestations import RoundAttestations
from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules import answers, judging
from offchain.protocol.rules.bindings import Behind, stated_points
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.dispute_records import CellAnswered, RowAnswered, StatementFell
from offchain.protocol.words.disputes import (
    Proof,
    QuestionKind,
    Stage,
    proof_commitment,
)
from offchain.protocol.words.status import (
    Phase,
)
from scripts.support.disputes.outcome import Outcome
from scripts.support.disputes.small_lies import SmallLies
from scripts.support.disputes.small_round import (
    ATTESTERS,
    DOMAIN,
    HONEST,
    LIAR,
    OTHER_LIAR,
    PARTS,
    ROUND,
    SALT,
    STRANGER,
    Shown,
)


class DisputeGame(SmallLies):
    """A game; everything in it follows from the seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.met: Counter[str] = Counter()
        self.lie = self._lie()
        self._open()

    def _open(self) -> None:
        """Both statements are opened, in any order."""
        opened = [
            (self._statement(self.truth), [HONEST]),
            (self._statement(self.lie), [LIAR, OTHER_LIAR]),
        ]
        self.dice.shuffle(opened)
        entry = RoundAttestations(len(ATTESTERS))
        entry.supporters.update(opened)
        self.chain.attestations.entries[ROUND] = entry
        self._advance()

    def play(self) -> Outcome:
        """Play it to the end."""
        phases = {
            Phase.CHALLENGE: self._challenge,
            Phase.ANSWER: self._answer,
            Phase.SECOND_CHALLENGE: self._second_challenge,
            Phase.SECOND_ANSWER: self._second_answer,
            Phase.PROVE: self._prove,
        }
        while (phase := self.chain.rounds.competition.phase) in phases:
            self.met[phase.name] += 1
            phases[phase]()
            self._advance()
        fell = {
            record.statement: record.reason
            for record in self.chain.environment.records
            if isinstance(record, StatementFell)
        }
        return Outcome(
            fell.get(self._statement(self.truth)), fell.get(self._statement(self.lie)), self.met
        )

    def _advance(self) -> None:
        self.clock.tip += 1
        self._send(actions.Advance(), STRANGER)

    def _send(self, action: actions.Action, sender: str) -> bool:
        """Send an action; whether it was taken."""
        environment = self.chain.environment
        try:
            self.chain.execute(action, sender, environment.now + 1)
        except Revert as error:
            self.met[error.name] += 1
            return False
        self.met[type(action).__name__] += 1
        return True

    def _shown_for(self, stated: bytes) -> Shown:
        return self.truth if stated == self._statement(self.truth) else self.lie

    # ---- questions

    def _challenge(self) -> None:
        for _ in range(self.dice.choice([0, 1, 2])):
            shown = self.dice.choice([self.truth, self.truth, self.lie])
            row, kind = self.dice.randrange(len(shown.rows)), self.dice.choice(list(QuestionKind))
            self._ask(self.dice.choice([LIAR, STRANGER]), shown, kind, row)
        objection = self._objection()
        if objection is not None:
            self._ask(HONEST, self.lie, objection.kind, objection.row)

    def _objection(self) -> Objection | None:
        truth = Truth(self.truth.rows, self.orders, self.required)
        return first_objection(truth, self.lie.rows, has_judge=True)

    def _ask(self, sender: str, shown: Shown, kind: QuestionKind, row: int) -> None:
        stated = self._statement(shown)
        bond = self.chain.disputes.bond_of(ROUND, stated, sender, Stage.QUESTIONS)
        self._send(dispute_actions.Ask(stated, shown.rows, kind, row, bond), sender)

    def _second_challenge(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).questions + 1):
            question = disputes.question(ROUND, number)
            stated = question.statement
            if dice.random() < 0.5:
                place, voice = dice.randrange(self.places), dice.randint(0, question.compared)
                self._ask_cell(LIAR, stated, number, place, voice)
            # One question and one cell have to do: those that an attester has at the base bond.
            is_own = Objection(question.kind, question.row) == self._objection()
            is_answer = question.kind is QuestionKind.ROW and question.is_answered
            if stated == self._statement(self.lie) and is_own and is_answer:
                true = self.truth.behind[question.row].packed()
                false = false_place(self._answered_row(number), true, self.places)
                if false is not None:
                    self._ask_cell(HONEST, stated, number, false.place, false.voice)

    def _ask_cell(self, sender: str, stated: bytes, number: int, place: int, voice: int) -> None:
        bond = self.chain.disputes.bond_of(ROUND, stated, sender, Stage.CELLS)
        self._send(dispute_actions.AskCell(number, place, voice, bond), sender)

    def _answered_row(self, number: int) -> bytes:
        return next(
            (
                record.of_row
                for record in self.chain.environment.records
                if isinstance(record, RowAnswered) and record.question == number
            ),
            b"",
        )

    # ---- answers

    def _answer(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).questions + 1):
            question = disputes.question(ROUND, number)
            shown = self._shown_for(question.statement)
            if question.kind is QuestionKind.FORM:
                self._send(dispute_actions.AnswerForm(number, dice.randbytes(2)), STRANGER)
                self._send(dispute_actions.AnswerForm(number, self.files[question.row]), HONEST)
                continue
            row = question.row
            for false in (
                self._spoiled_behind(shown.behind[row]),
                dice.choice([self.truth, self.lie]).behind[row],
                self.truth.behind[row],
            ):
                self._send(self._row_answer(number, shown, false, shown.behind[0]), LIAR)
            answerer = HONEST if shown is self.truth else LIAR
            answer = self._row_answer(number, shown, shown.behind[row], shown.behind[0])
            self._send(answer, answerer)

    def _row_answer(
        self, number: int, shown: Shown, behind: Behind, baseline: Behind
    ) -> dispute_actions.AnswerRow:
        trim = judging.trimmed(self.places)
        edges = answers.edges(behind, baseline, trim) if behind.places else ()
        return dispute_actions.AnswerRow(
            number, shown.rows, behind.packed(), baseline.packed(), edges
        )

    def _second_answer(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).cells + 1):
            cell = disputes.cell(ROUND, number)
            question = disputes.question(ROUND, cell.question)
            shown = self._shown_for(question.statement)
            compared = answers.compared_rows(
                shown.rows, self.orders, self.required, question.row, has_best=self.has_best
            )
            against = compared[cell.voice - 1] if cell.voice else 0
            whose = dice.choice([self.truth, self.lie])
            guesses = [
                (self._random_points(), self._at(shown, against, cell.place)),
                (self._at(shown, question.row, cell.place)[::-1], self._random_points()),
                (
                    self._at(whose, question.row, cell.place),
                    self._at(whose, against, cell.place),
                ),
                (
                    self._at(shown, question.row, cell.place),
                    self._at(shown, against, cell.place),
                ),
            ]
            for position, (first, second) in enumerate(guesses):
                is_honest = shown is self.truth and position == len(guesses) - 1
                answer = dispute_actions.AnswerCell(
                    number,
                    shown.rows,
                    shown.behind[question.row].packed(),
                    shown.behind[against].shortened(),
                    first,
                    second,
                )
                self._send(answer, HONEST if is_honest else LIAR)

    def _at(self, shown: Shown, row: int, place: int) -> bytes:
        points = shown.points[row]
        if points is None:
            return b""
        return points[place * self.samples : (place + 1) * self.samples].tobytes()

    # ---- proofs

    def _prove(self) -> None:
        disputes, dice = self.chain.disputes, self.dice
        for number in range(1, disputes.counts(ROUND).cells + 1):
            cell = disputes.cell(ROUND, number)
            if not cell.is_answered:
                continue
            answered = self._cell_points(number)
            for _ in range(2):
                sample, second = dice.randrange(self.samples), dice.random() < 0.5
                proof = self._proof(number, sample, second, answered[second] or answered[0])
                self._prove_as(LIAR, self._spoiled_proof(proof))
            true = tuple(
                self._at(self.truth, row, cell.place) for row in (cell.first_row, cell.second_row)
            )
            # Points of a model that is malformed have no true ones beside them: its form decides.
            is_comparable = [*map(len, answered)] == [*map(len, true)]
            false = false_sample(answered, (true[0], true[1])) if is_comparable else None
            if false is not None:
                stated = answered[false.second]
                proof = self._proof(number, false.sample, false.second, stated)
                self._prove_as(HONEST, proof)
        for number in range(1, disputes.counts(ROUND).questions + 1):
            question = disputes.question(ROUND, number)
            if question.kind is QuestionKind.FORM:
                for sender, file in (
                    (LIAR, dice.randbytes(2)),
                    (LIAR, self.files[question.row]),
                    (HONEST, self.files[question.row]),
                ):
                    self._prove_as(sender, dispute_actions.ProveForm(number, SALT, file))

    def _cell_points(self, number: int) -> tuple[bytes, bytes]:
        return next(
            (record.first, record.second)
            for record in self.chain.environment.records
            if isinstance(record, CellAnswered) and record.cell == number
        )

    def _proof(
        self, number: int, sample: int, second: bool, stated: bytes
    ) -> dispute_actions.Prove:
        cell = self.chain.disputes.cell(ROUND, number)
        word, part = stated_points(stated, sample), self._test_part(cell.place)
        records = self.records[cell.place]
        roots = [part_root(of_part) for of_part in records]
        path = sample_path(records[part], sample, roots, part)
        proof = Proof(
            salt=SALT,
            sample=sample,
            second=second,
            record=self.data[cell.place],
            sample_record=records[part][sample],
            sample_path=path.in_part,
            part_path=path.in_transaction,
            word=word.word,
            word_path=word.path,
            model=self.files[cell.second_row if second else cell.first_row],
        )
        return dispute_actions.Prove(number, proof)

    def _spoiled_proof(self, action: dispute_actions.Prove) -> dispute_actions.Prove:
        dice, proof = self.dice, action.proof
        other = dice.randrange(self.places)
        part, sample = dice.randrange(PARTS), dice.randrange(self.samples)
        change: dict[str, object] = dice.choice(
            [
                {},
                {"sample": sample},
                {"second": not proof.second},
                {"word": self._random_points().ljust(32, b"\0")},
                {"sample_record": self.records[other][part][sample]},
                {"record": self.data[other]},
                {"model": dice.choice(self.files)},
                {"model": dice.randbytes(2)},
                {"sample_record": self._record(), "sample_path": proof.sample_path[1:]},
                {"part_path": proof.sample_path},
            ]
        )
        return replace(action, proof=replace(proof, **change))  # type: ignore[arg-type]

    def _prove_as(
        self, sender: str, action: dispute_actions.Prove | dispute_actions.ProveForm
    ) -> None:
        match action:
            case dispute_actions.Prove(number, proof):
                is_cell, sample = True, proof.sample
            case dispute_actions.ProveForm(number, _, _):
                is_cell, sample = False, 0
        commitment = proof_commitment(
            DOMAIN, ROUND, sender, is_cell=is_cell, number=number, sample=sample, salt=SALT
        )
        self._send(dispute_actions.CommitProof(commitment), sender)
        self._send(action, sender)
