"""Random moves of disputes on a `DisputingWorld`, true and false, on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from offchain.protocol.deciding.objections import Truth, false_sample, first_objection
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import ZERO_HASH, Phase
from scripts.support.worlds.disputing import Stated
from scripts.support.worlds.random_moves import RandomMoves
from scripts.support.worlds.steps import Node

SALT = b"s" * 32


class RandomDisputes(RandomMoves):
    """Questions, answers, cells, proofs and settlements too."""

    # ---- what is there ---------------------------------------------------------------------------

    def _statements(self) -> list[Stated]:
        """What was stated in the round: the truth, and the lie if there is one."""
        if self.world.phase < Phase.ATTEST or not self.world.phase.competes:
            return []
        lies = [self.lies[self.world.competing]] if self.world.competing in self.lies else []
        return [self._truth(), *lies]

    def _of(self, statement: bytes) -> Stated:
        """What can be shown for a statement, now and then for another one."""
        known = {self.world.statement(stated.rows): stated for stated in self._statements()}
        if self._rarely() or statement not in known:
            return self.random.choice(list(known.values()))
        return known[statement]

    def _number(self, count: int) -> int:
        """The number of a question or cell, of which there are so many."""
        return self.random.randint(1, count) if count and not self._rarely() else count + 1

    # ---- questions -------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask about a statement: often about what is false of it."""
        if not (statements := self._statements()):
            return
        world, stated = self.world, self.random.choice(statements)
        node = self._node()
        kind = self.random.choice([QuestionKind.ROW, QuestionKind.ROW, QuestionKind.FORM])
        row = self.random.randrange(len(stated.rows) + 1)
        objection = self._objection(stated)
        if objection is not None and self.random.random() < 0.5:
            kind, row = objection
        action = world.asking(node, stated, kind, row)
        match self.random.randint(0, 20):
            case 0:
                action = replace(action, value=action.value + 1)
            case 1:
                action = replace(action, statement=self._junk())
            case 2:
                action = replace(action, rows=action.rows[::-1])
        world.execute(action, node)

    def _objection(self, stated: Stated) -> tuple[QuestionKind, int] | None:
        """What an honest node asks a statement."""
        models, competing = self.world.reference.model_transactions, self.world.competing
        rows = self._truth().rows
        orders = [models.reveal_at(competing, index).order for index in range(len(rows) - 1)]
        truth = Truth(rows, tuple(orders), models.required(competing))
        has_judge = self.world.judge is not None
        found = first_objection(truth, stated.rows, has_judge=has_judge)
        return None if found is None else (found.kind, found.row)

    def ask_cell(self) -> None:
        """Ask for a cell."""
        if not self._statements():
            return
        world, counts = self.world, self.world.reference.disputes.counts(self.world.competing)
        number = self._number(counts.questions)
        if number > counts.questions:
            world.execute(dispute_actions.AskCell(number, 0, 0, 1), self._node())
            return
        question = world.reference.disputes.question(world.competing, number)
        place = self.random.randrange(world.counts.transactions + self._rarely())
        voice = self.random.randint(0, question.compared + self._rarely())
        node = self._node()
        action = world.asking_cell(node, number, place, voice)
        if self._rarely():
            action = replace(action, value=action.value // 2)
        world.execute(action, node)

    # ---- answers ---------------------------------------------------------------------------------

    def answer(self) -> None:
        """Answer a question."""
        if not self._statements():
            return
        world, counts = self.world, self.world.reference.disputes.counts(self.world.competing)
        number = self._number(counts.questions)
        if number > counts.questions:
            world.execute(dispute_actions.AnswerForm(number, b""), self._node())
            return
        question = world.reference.disputes.question(world.competing, number)
        action = world.answering(number, self._of(question.statement))
        if isinstance(action, dispute_actions.AnswerRow):
            action = self._spoiled_answer(action)
        elif self._rarely():
            action = replace(action, model=self.random.randbytes(2))
        world.execute(action, self._node())

    def _spoiled_answer(self, action: dispute_actions.AnswerRow) -> dispute_actions.AnswerRow:
        match self.random.randint(0, 16):
            case 0:
                return replace(action, edges=action.edges[1:])
            case 1 if action.edges:
                low, high = action.edges[-1]
                return replace(action, edges=(*action.edges[:-1], (low - 1, high)))
            case 2 if action.edges:
                low, high = action.edges[0]
                return replace(action, edges=((low, high + 1), *action.edges[1:]))
            case 3:
                return replace(action, of_row=action.of_row + b"\0")
            case 4:
                return replace(action, of_row=action.of_row[::-1])
            case 5:
                return replace(action, of_baseline=action.of_row)
            case 6:
                return replace(action, rows=action.rows[::-1])
            case _:
                return action

    def answer_cell(self) -> None:
        """Answer a cell."""
        if not self._statements():
            return
        world, counts = self.world, self.world.reference.disputes.counts(self.world.competing)
        number = self._number(counts.cells)
        if number > counts.cells:
            nothing = dispute_actions.AnswerCell(number, (), b"", b"", b"", b"")
            world.execute(nothing, self._node())
            return
        asked = world.reference.disputes.cell(world.competing, number)
        question = world.reference.disputes.question(world.competing, asked.question)
        action = world.answering_cell(number, self._of(question.statement))
        match self.random.randint(0, 12):
            case 0:
                action = replace(action, first=action.first[::-1])
            case 1:
                action = replace(action, first=action.first + b"\0")
            case 2:
                action = replace(action, second=action.second[1:])
            case 3:
                action = replace(action, of_first=action.of_second, of_second=action.of_first)
        world.execute(action, self._node())

    # ---- proofs ----------------------------------------------------------------------------------

    def prove(self) -> None:
        """Commit to a proof and hand it in, a true one where there is one; or copy one."""
        world = self.world
        if not self._statements():
            return
        proofs = self.proofs()
        if not proofs:
            junk = dispute_actions.CommitProof(self.random.choice([ZERO_HASH, self._junk()]))
            world.execute(junk, self._node())
            return
        action, node = self.random.choice(proofs)(), self._node()
        if isinstance(action, dispute_actions.Prove):
            action = self._spoiled_proof(action)
        world.execute(world.committing(node, action), node)
        world.execute(action, self._node() if self._rarely() else node)

    def proofs(self) -> list[Callable[[], dispute_actions.Prove | dispute_actions.ProveForm]]:
        """Proofs that may be handed in: of every cell that is answered, of every form."""
        disputes, competing = self.world.reference.disputes, self.world.competing
        counts = disputes.counts(competing)
        found: list[Callable[[], dispute_actions.Prove | dispute_actions.ProveForm]] = []
        for number in range(1, counts.cells + 1):
            if disputes.cell(competing, number).is_answered:
                found.append(partial(self._proof, number))
        for number in range(1, counts.questions + 1):
            question = disputes.question(competing, number)
            if question.kind is QuestionKind.FORM:
                file = self.world.model_of(question.row)
                found.append(partial(dispute_actions.ProveForm, number, SALT, file))
        return found

    def _proof(self, number: int) -> dispute_actions.Prove:
        """A proof by a sample that is false, or by any where all are true."""
        world = self.world
        cell = world.reference.disputes.cell(world.competing, number)
        answered, truth = world.cell_points(number), self._truth()
        true = tuple(
            world.points_at(truth, row, cell.place) for row in (cell.first_row, cell.second_row)
        )
        is_known = [len(part) for part in true] == [len(part) for part in answered]
        found = false_sample(answered, (true[0], true[1])) if is_known else None
        sample = self.random.randrange(world.counts.samples)
        second = bool(answered[1]) and self.random.random() < 0.5
        if found is not None and not self._rarely():
            sample, second = found.sample, found.second
        return world.proof(number, sample, second=second, salt=SALT)

    def _spoiled_proof(self, action: dispute_actions.Prove) -> dispute_actions.Prove:
        proof = action.proof
        match self.random.randint(0, 20):
            case 0:
                proof = replace(proof, sample=self.world.counts.samples)
            case 1:
                proof = replace(proof, sample_record=b"1234")
            case 2:
                proof = replace(proof, word=self._junk())
            case 3:
                proof = replace(proof, model=b"\1\1")
            case 4:
                proof = replace(proof, second=not proof.second)
            case 5:
                proof = replace(proof, record=replace(proof.record, timestamp=600))
            case 6:
                proof = replace(proof, part_path=proof.part_path[1:])
        return replace(action, proof=proof)

    # ---- settlements -----------------------------------------------------------------------------

    def settle(self) -> None:
        """Settle a question, or a cell."""
        round_number = self._closed_round()
        counts = self.world.reference.disputes.counts(round_number)
        if self.random.random() < 0.5:
            action: actions.Action = dispute_actions.Settle(
                round_number, self._number(counts.questions)
            )
        else:
            action = dispute_actions.SettleCell(round_number, self._number(counts.cells))
        self.world.execute(action, self._node())

    def settle_all(self, round_number: int) -> None:
        """Settle all questions and cells of a round that are not settled."""
        counts = self.world.reference.disputes.counts(round_number)
        for number in range(1, counts.questions + 1):
            self._attempt(partial(dispute_actions.Settle, round_number, number))
        for number in range(1, counts.cells + 1):
            self._attempt(partial(dispute_actions.SettleCell, round_number, number))

    # ---- all of it -------------------------------------------------------------------------------

    def dispute(self, honest: Node, *, liars_answer: bool) -> None:
        """What is due of a dispute in the phase: one honest node against the lie, and its liars.

        Whatever is asked about the truth is answered.
        """
        world, competing = self.world, self.world.competing
        counts = world.reference.disputes.counts(competing)
        questions, cells = range(1, counts.questions + 1), range(1, counts.cells + 1)
        match world.phase:
            case Phase.CHALLENGE:
                for stated in self._statements()[1:]:
                    if (objection := self._objection(stated)) is not None:
                        asking = partial(world.asking, honest, stated, *objection)
                        self._attempt(asking, honest)
            case Phase.ANSWER:
                for number in questions:
                    if (shown := self._shown(number, liars_answer=liars_answer)) is not None:
                        self._attempt(partial(world.answering, number, shown))
            case Phase.SECOND_CHALLENGE:
                for number in questions:
                    if self._is_objection(number):
                        place, voice = self._false_place(number)
                        asking_cell = partial(world.asking_cell, honest, number, place, voice)
                        self._attempt(asking_cell, honest)
            case Phase.SECOND_ANSWER:
                for number in cells:
                    asked = world.reference.disputes.cell(competing, number).question
                    if (shown := self._shown(asked, liars_answer=liars_answer)) is not None:
                        self._attempt(partial(world.answering_cell, number, shown))
            case Phase.PROVE:
                for make in self.proofs():
                    action = make()
                    world.execute(world.committing(honest, action), honest)
                    self._attempt(partial(replace, action), honest)
            case _:
                pass

    def _is_objection(self, number: int) -> bool:
        """Whether a question is the one that an honest node asks a lie, and asks for a cell of."""
        asked = self.world.reference.disputes.question(self.world.competing, number)
        return any(
            self.world.statement(stated.rows) == asked.statement
            and self._objection(stated) == (asked.kind, asked.row)
            for stated in self._statements()[1:]
        )

    def _attempt(self, make: Callable[[], actions.Action], node: Node | None = None) -> None:
        """Make and send what may be refused."""
        self._try(lambda: self.world.execute(make(), node))

    def _shown(self, number: int, *, liars_answer: bool) -> Stated | None:
        """What is shown for the statement that a question is about; None: nothing."""
        asked = self.world.reference.disputes.question(self.world.competing, number).statement
        for stated in self._statements():
            if self.world.statement(stated.rows) == asked:
                return stated if liars_answer or stated is self._truth() else None
        return None

    def _false_place(self, number: int) -> tuple[int, int]:
        """The first place at which an answer about a lie is false."""
        stated = self._lie()
        row = self.world.reference.disputes.question(self.world.competing, number).row
        own, other = self._truth().table.behind[row], stated.table.behind[row]
        if len(own.places) != len(other.places):
            return 0, 0  # one says that the model is malformed: its form decides
        for place, (true, given) in enumerate(zip(own.places, other.places, strict=True)):
            if true != given:
                return place, 0
        for voice, pair in enumerate(zip(own.distances, other.distances, strict=False), 1):
            for place, (apart, said) in enumerate(zip(*pair, strict=True)):
                if apart != said:
                    return place, voice
        return 0, 0
