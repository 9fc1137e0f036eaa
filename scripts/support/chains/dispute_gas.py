"""What a dispute costs: played on the real contracts with the real judge, at the paper's size.

Ten models on ten data transactions with 8,250 test samples each. Most attesters state one point
that the last model did not earn; one asks, is answered, and proves it, as nodes do. Points are made
up, but for that one: it is what the judge says of a network on an image that it reaches the ends of
its ranges on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from web3.types import TxReceipt

from offchain.chain.deployment.file import DeployedTask
from offchain.learning.exact.integer_network import parse_model, reference_classes
from offchain.learning.samples_root import SamplePath, part_root, sample_path, samples_root
from offchain.protocol.rules import answers, judging
from offchain.protocol.rules.bindings import stated_points
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.statements import Bounds, Points, SampleCounts, Tabulated, tabulate
from offchain.protocol.words.disputes import Proof, QuestionKind, Stage, proof_commitment
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import Evm
from scripts.support.chains.judging_gas import USUAL, model_and_record
from scripts.support.chains.made_up import label, row, salt
from scripts.support.chains.rounds import Rounds

JUDGED_BY_IMAGES: Final = DeployedTask("made up", b'{"points":"made up"}', "ImageJudge")

MODELS: Final = 10
SAMPLES_PER_PART: Final = 2_750
"""Of the paper's experiment: 550,000 samples from ten sharers in 20 parts, of which 3 test."""

RIGHT_OF_BEST: Final = 0.9
RIGHT_OF_FIRST, RIGHT_OF_LAST = 0.97, 0.96
"""Shares of the samples that earn a point: independent models so good are all voices."""

PLACE, SAMPLE = 0, 0
"""Of the false point."""


def measure_dispute(evm: Evm) -> dict[str, int]:
    """Gas of each step of a dispute."""
    accounts = MODELS + 1
    parameters = replace(DEMO, samples_per_part=SAMPLES_PER_PART)
    rounds = Rounds.deploy(evm, accounts, accounts, parameters, JUDGED_BY_IMAGES)
    return _played(Dispute.prepare(rounds, MODELS, USUAL))


def _played(dispute: Dispute) -> dict[str, int]:
    dispute.ask()
    dispute.answer()
    dispute.ask_cell()
    dispute.answer_cell()
    dispute.prove()
    gas = dispute.rounds.chain.gas
    return {
        "question": gas["ask"][0],
        "question_cell": gas["askCell"][0],
        "answer_row": gas["answerRow"][0],
        "answer_form": gas["answerForm"][0],
        "answer_cell": gas["answerCell"][0],
        "prove_commit": gas["commitProof"][0],
        "prove": gas["prove"][0],
    }


@dataclass(frozen=True)
class Dispute:
    """Round 2 in Challenge, with what was stated, and who asks.

    Attributes:
        rounds: the contracts and who acts.
        table: what most attesters stated.
        counts: of data transactions and samples.
        points: of row 0 and each model, uint8 [data transactions * samples].
        row: of the model with the false point, the last in rank.
        file: of that model.
        record: of the sample.
        path: from it up to the samples root.
        asker: an attester that stated nothing.
    """

    rounds: Rounds
    table: Tabulated
    counts: SampleCounts
    points: tuple[Points, ...]
    row: int
    file: bytes
    record: bytes
    path: SamplePath
    asker: str

    @classmethod
    def prepare(cls, rounds: Rounds, size: int, channels: Sequence[int]) -> Dispute:
        """Play a round for a best model, and the next one up to Challenge.

        Args:
            rounds: deployed for at least as many accounts.
            size: of the round: data transactions and models.
            channels: of the network that the last model is.
        """
        accounts = rounds.accounts
        majority = accounts[: len(accounts) // 2 + 1]
        rounds.start()
        few = accounts[: rounds.chain.parameters.minimum_data]
        rounds.make_block({accounts[0]: row(5)}, majority, few)
        return cls.stated(rounds, accounts[-size:], majority, channels)

    @classmethod
    def stated(
        cls,
        rounds: Rounds,
        models: Sequence[str],
        liars: Sequence[str],
        channels: Sequence[int],
    ) -> Dispute:
        """Play a round up to Challenge: there is a best model.

        Args:
            rounds: with the round in Collect.
            models: accounts that share and have a model; the last one asks.
            liars: attesters that state the false point.
            channels: of the network that the last model is.
        """
        chain, size = rounds.chain, len(models)
        file, record = model_and_record(channels)
        rounds.files[models[-1]] = file

        # The sample is the first of every part: whichever part tests, it is in it.
        others = [label("record", number) for number in range(1, chain.parameters.samples_per_part)]
        records = [record, *others]
        roots = [part_root(records)] * chain.parameters.parts
        rounds.share(models[0], samples_root=samples_root(roots))
        rounds.collect(models[1:])
        rounds.compete(models)
        test = chain.view("DataRegistry", "testParts", rounds.competing, PLACE)
        path = sample_path(records, 0, roots, positions(test)[0])

        counts = SampleCounts(size, chain.parameters.test_parts * chain.parameters.samples_per_part)
        points = _points(counts, size)
        points[-1][SAMPLE] = 1 - _earned(file, record)
        table = _tabulated(rounds, counts, points)
        rounds.state(table.rows, liars, until=Phase.CHALLENGE)
        # Rows bind the voices that a model was compared with in their order: the last in rank has
        # all others before it.
        last = max(range(1, 1 + size), key=lambda number: len(table.compared[number]))
        assert last == size, "the false point is the last model's"
        return cls(rounds, table, counts, points, size, file, record, path, models[-1])

    def ask(self) -> None:
        """What lies behind the last row, and is its model well formed?"""
        for kind in QuestionKind:
            stated = self.rounds.statement(self.table.rows)
            bond = self._bond(stated, Stage.QUESTIONS)
            self._send("ask", stated, self.table.rows, kind, self.row, value=bond)

    def answer(self) -> None:
        """Both questions."""
        self.rounds.advance_to(Phase.ANSWER)
        behind, baseline = self.table.behind[self.row], self.table.behind[0]
        edges = answers.edges(behind, baseline, judging.trimmed(len(behind.places)))
        packed = behind.packed(), baseline.packed()
        self._send("answerRow", 1, self.table.rows, *packed, edges)
        self._send("answerForm", 2, self.file)

    def ask_cell(self) -> None:
        """What did the model earn where the false point is, and the voice just before it?"""
        self.rounds.advance_to(Phase.SECOND_CHALLENGE)
        bond = self._bond(self.rounds.statement(self.table.rows), Stage.CELLS)
        self._send("askCell", 1, PLACE, self._voice, value=bond)

    def answer_cell(self) -> None:
        """The points of both."""
        self.rounds.advance_to(Phase.SECOND_ANSWER)
        against = self.table.compared[self.row][self._voice - 1]
        packed = self.table.behind[self.row].packed(), self.table.behind[against].shortened()
        points = self._stated(self.row), self._stated(against)
        self._send("answerCell", 1, self.table.rows, *packed, *points)

    def prove(self) -> None:
        """That the point was not earned."""
        chain, competing = self.rounds.chain, self.rounds.competing
        commitment = proof_commitment(
            chain.domain,
            competing,
            self.asker,
            is_cell=True,
            number=1,
            sample=SAMPLE,
            salt=salt(self.asker),
        )
        self._send("commitProof", commitment)
        self.rounds.advance_to(Phase.PROVE)
        word = stated_points(self._stated(self.row), SAMPLE)
        proof = Proof(
            salt=salt(self.asker),
            sample=SAMPLE,
            second=False,
            record=self.rounds.shared[competing][PLACE].transaction.record,
            sample_record=self.record,
            sample_path=self.path.in_part,
            part_path=self.path.in_transaction,
            word=word.word,
            word_path=word.path,
            model=self.file,
        )
        receipt = self._send("prove", 1, proof)
        assert chain.events(receipt, "Disputes", "StatementFell")

    @property
    def _voice(self) -> int:
        """The last of the voices that the row was compared with, from 1."""
        return len(self.table.compared[self.row])

    def _stated(self, row_number: int) -> bytes:
        return self.counts.points_at(self.points[row_number], PLACE)

    def _bond(self, stated: bytes, stage: Stage) -> int:
        competing = self.rounds.competing
        bond = self.rounds.chain.view("Disputes", "bondOf", competing, stated, self.asker, stage)
        return int(bond)

    def _send(self, function: str, *arguments: object, value: int = 0) -> TxReceipt:
        return self.rounds.chain.send(
            "Disputes", function, *arguments, sender=self.asker, value=value
        )


def _points(counts: SampleCounts, models: int) -> tuple[Points, ...]:
    """Points of the best model so far, and of models each of which is better than the next."""
    random = np.random.Generator(np.random.PCG64(13))
    samples = counts.transactions * counts.samples
    shares = [RIGHT_OF_BEST, *np.linspace(RIGHT_OF_FIRST, RIGHT_OF_LAST, models)]
    return tuple((random.random(samples) < share).astype(np.uint8) for share in shares)


def _earned(file: bytes, record: bytes) -> int:
    """What a network earns on an image."""
    image = np.frombuffer(record[:-1], np.uint8).reshape(1, 28, 28)
    return int(reference_classes(parse_model(file), image)[0] == record[-1])


def _tabulated(rounds: Rounds, counts: SampleCounts, points: Sequence[Points]) -> Tabulated:
    """What somebody states who has these points."""
    chain = rounds.chain
    closed = chain.view("ModelChain", "closedRound", rounds.competing)
    parameters, models = chain.parameters, len(points) - 1
    required = judging.required(
        parameters.significance,
        parameters.hostile_allowance,
        parameters.tries_allowance,
        counts.transactions,
        closed.trim,
        models,
    )
    baseline, *others = points
    return tabulate(
        chain.domain,
        rounds.competing,
        counts,
        Bounds(closed.trim, required, parameters.voice_basis_points),
        baseline,
        others,
        range(1, 1 + models),
    )
