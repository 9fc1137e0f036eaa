"""What nodes send in disputes, true or false: one method for each kind of action."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from offchain.learning.samples_root import SamplePath
from offchain.protocol.rules import answers
from offchain.protocol.rules.bindings import stated_points
from offchain.protocol.rules.statements import Points, SampleCounts, Tabulated
from offchain.protocol.words import dispute_actions
from offchain.protocol.words.dispute_records import CellAnswered
from offchain.protocol.words.disputes import Proof, QuestionKind, Stage, proof_commitment
from offchain.protocol.words.transactions import Row
from scripts.support.worlds.product_world import ProductWorld
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World


@dataclass(frozen=True)
class Stated:
    """Rows that somebody states, and what that one can show for them.

    Attributes:
        rows: the statement's.
        table: what the points below make; other rows than its own were changed by hand.
        points: of row 0 and each model's, as they are said to be; None: of an empty row.
    """

    rows: tuple[Row, ...]
    table: Tabulated
    points: tuple[Points | None, ...]

    @property
    def packed(self) -> tuple[bytes, ...]:
        """What the rows' hashes are over."""
        return self.table.packed


class Disputes(World, ABC):
    """A world that makes what nodes send in disputes; its samples' records are another's part."""

    @abstractmethod
    def test_sample(self, place: int, sample: int) -> tuple[int, bytes, SamplePath]:
        """A test sample of the round in competition, by place in D and number.

        Returns:
            The number of its data transaction, its record, and the way to the samples root.
        """

    # ---- statements ------------------------------------------------------------------------------

    def truth(self) -> Stated:
        """What is true of the round in competition."""
        baseline, models = self.all_points()
        return self.stated((baseline, *models))

    def stated(self, points: Sequence[Points | None]) -> Stated:
        """What some points make, of row 0 and of each model."""
        baseline, *models = points
        table = self.tabulate(baseline, models)
        return Stated(table.rows, table, tuple(points))

    @property
    def counts(self) -> SampleCounts:
        """Test data of the round in competition."""
        parameters = self.parameters
        samples = parameters.test_parts * parameters.samples_per_part
        return SampleCounts(len(self.data_ids()), samples)

    # ---- questions and answers -------------------------------------------------------------------

    def asking(
        self, node: Node, stated: Stated, kind: QuestionKind, row: int
    ) -> dispute_actions.Ask:
        """A question about a row of a statement, with the bond that is due."""
        statement = self.statement(stated.rows)
        bond = self.bond(node, statement, Stage.QUESTIONS)
        return dispute_actions.Ask(statement, stated.rows, kind, row, bond)

    def bond(self, node: Node, statement: bytes, stage: Stage) -> int:
        """The bond of a node's next question, or cell."""
        return self.reference.disputes.bond_of(self.competing, statement, node.account, stage)

    def answering(
        self, number: int, stated: Stated
    ) -> dispute_actions.AnswerRow | dispute_actions.AnswerForm:
        """The answer to a question, by whoever stated these rows."""
        question = self.reference.disputes.question(self.competing, number)
        if question.kind is QuestionKind.FORM:
            revealed = self.reference.model_transactions.transactions(self.competing)
            file = self.models[revealed[question.row - 1].model_hash].file
            return dispute_actions.AnswerForm(number, file)
        behind, baseline = stated.table.behind[question.row], stated.table.behind[0]
        trim = self.rounds.closed_round(self.competing).trim
        edges = answers.edges(behind, baseline, trim) if behind.places else ()
        return dispute_actions.AnswerRow(
            number, stated.rows, behind.packed(), baseline.packed(), edges
        )

    def asking_cell(
        self, node: Node, number: int, place: int, voice: int
    ) -> dispute_actions.AskCell:
        """A question for a cell of an answer, with the bond that is due."""
        question = self.reference.disputes.question(self.competing, number)
        bond = self.bond(node, question.statement, Stage.CELLS)
        return dispute_actions.AskCell(number, place, voice, bond)

    def answering_cell(self, number: int, stated: Stated) -> dispute_actions.AnswerCell:
        """The answer to a cell, by whoever stated these rows."""
        cell = self.reference.disputes.cell(self.competing, number)
        row = self.reference.disputes.question(self.competing, cell.question).row
        compared = stated.table.compared[row]
        against = compared[cell.voice - 1] if 0 < cell.voice <= len(compared) else 0
        return dispute_actions.AnswerCell(
            number,
            stated.rows,
            of_first=stated.packed[row],
            of_second=stated.table.behind[against].shortened(),
            first=self.points_at(stated, row, cell.place),
            second=self.points_at(stated, against, cell.place),
        )

    def points_at(self, stated: Stated, row: int, place: int) -> bytes:
        """The points of a row at a place, as they are stated; none of an empty row."""
        points = stated.points[row]
        return b"" if points is None else self.counts.points_at(points, place)

    # ---- proofs ----------------------------------------------------------------------------------

    def proof(
        self, number: int, sample: int, *, second: bool, salt: bytes
    ) -> dispute_actions.Prove:
        """The proof that a sample of an answered cell is false; nothing says that it is."""
        cell = self.reference.disputes.cell(self.competing, number)
        answered = self.cell_points(number)[second]
        word = stated_points(answered, sample)
        index, record, path = self.test_sample(cell.place, sample)
        row = cell.second_row if second else cell.first_row
        proof = Proof(
            salt=salt,
            sample=sample,
            second=second,
            record=self.data_at(self.competing, index).transaction.record,
            sample_record=record,
            sample_path=path.in_part,
            part_path=path.in_transaction,
            word=word.word,
            word_path=word.path,
            model=self.model_of(row),
        )
        return dispute_actions.Prove(number, proof)

    def cell_points(self, number: int) -> tuple[bytes, bytes]:
        """The points of an answered cell as its event has them."""
        return next(
            (record.first, record.second)
            for record in reversed(self.reference.environment.records)
            if isinstance(record, CellAnswered)
            and (record.round, record.cell) == (self.competing, number)
        )

    def model_of(self, row: int) -> bytes:
        """The file of a row's model."""
        if row == 0:
            return self.models[self.rounds.head().model_hash].file
        revealed = self.reference.model_transactions.transactions(self.competing)
        return self.models[revealed[row - 1].model_hash].file

    def committing(
        self, node: Node, action: dispute_actions.Prove | dispute_actions.ProveForm
    ) -> dispute_actions.CommitProof:
        """The commitment that a proof needs."""
        match action:
            case dispute_actions.Prove(cell, proof):
                is_cell, number, sample, salt = True, cell, proof.sample, proof.salt
            case dispute_actions.ProveForm(question, salt, _):
                is_cell, number, sample = False, question, 0
        return dispute_actions.CommitProof(
            proof_commitment(
                self.domain,
                self.competing,
                node.account,
                is_cell=is_cell,
                number=number,
                sample=sample,
                salt=salt,
            )
        )


class DisputingWorld(ProductWorld, Disputes):
    """The same where the toy judge decides."""


class UnjudgedWorld(DisputingWorld):
    """The same where the contracts have no judge."""

    judge = None


def changed(stated: Stated, row: int, points: Points | None) -> tuple[Points | None, ...]:
    """The points of a statement with those of one row exchanged."""
    return (*stated.points[:row], points, *stated.points[row + 1 :])


def by_hand(stated: Stated, row: int, **fields: int | bytes) -> Stated:
    """A statement one of whose rows was changed by hand: nothing can be shown for that."""
    rows = list(stated.rows)
    rows[row] = replace(rows[row], **fields)  # type: ignore[arg-type]
    return replace(stated, rows=tuple(rows))


def with_points(points: Points, position: int, value: int) -> Points:
    """Points of which one was exchanged."""
    other = np.array(points)
    other[position] = value
    return other
