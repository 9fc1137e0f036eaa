"""What disputes cost: a made-up row that all others are voices before, asked for to its last sample.

Of the rows only what is asked for has anything behind it: the baseline's, the last model's, and
that of the voice that ranks just before it. The proof is a real one, of the real judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from functools import cached_property

import numpy as np
from scripts.support.judging.gas import USUAL, model_and_record
from web3.types import TxReceipt

from offchain.chain.deployment.file import DeployedTask
from offchain.learning.samples_root import part_root, sample_path, samples_root
from offchain.protocol.rules import answers
from offchain.protocol.rules.bindings import Behind, Place, points_root, stated_points
from offchain.protocol.words.disputes import QuestionKind, proof_commitment
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row, row_hash
from scripts.support.chains.evm import Evm
from scripts.support.chains.rounds import Rounds, label, row

DIGITS = DeployedTask("digits", b'{"points":"judged"}', "ImageJudge")
"""What is learned where the judge of images decides."""

TEST_SAMPLES = {"parts": 20, "test_parts": 3, "samples_per_part": 2_750}
"""Of the experiment: 8,250 test samples a data transaction."""

MODELS = 10
SALT = bytes(31) + b"s"


def measure_disputes(evm: Evm) -> dict[str, int]:
    """Gas of each step of a dispute about one of ten models, ten data transactions, judged."""
    rounds = Rounds.deploy(evm, MODELS + 1, MODELS + 1, task=DIGITS, **TEST_SAMPLES)
    return {name: receipt["gasUsed"] for name, receipt in Dispute(rounds, MODELS).play().items()}


@dataclass
class Dispute:
    """A dispute about the last model of the second round of a chain that has not started.

    Attributes:
        rounds: on contracts with the judge of images; one account more than models, or as many.
        size: models and data transactions.
    """

    rounds: Rounds
    size: int

    def play(self) -> Mapping[str, TxReceipt]:
        """Play it to the end: the statement falls."""
        chain, rounds = self.rounds.chain, self.rounds
        rounds.start()
        accounts = rounds.accounts
        self._first_block()
        self._compete(accounts[-self.size :])
        rows = self._rows()
        self._state(rows)
        stated = rounds.statement(rows)
        found: dict[str, TxReceipt] = {}
        bond = chain.parameters.question_bond
        for name, kind in (("question", QuestionKind.ROW), ("", QuestionKind.FORM)):
            asker = accounts[0] if name else accounts[1]
            ask = (stated, rows, kind, self.size)
            found[name] = chain.send("Disputes", "ask", *ask, sender=asker, value=bond)
        chain.advance()
        last, baseline, voice = self.behind
        edges = [list(pair) for pair in answers.edges(last, baseline, self.trimmed)]
        packed = last.packed(), baseline.packed()
        found["answer_row"] = chain.send("Disputes", "answerRow", 1, rows, *packed, edges)
        found["answer_form"] = chain.send("Disputes", "answerForm", 2, self.model)
        chain.advance()
        found["cell"] = chain.send(
            *("Disputes", "askCell", 1, 0, self.size - 1), sender=accounts[0], value=bond
        )
        chain.advance()
        found["answer_cell"] = chain.send(
            *("Disputes", "answerCell", 1, rows, last.packed(), voice.packed(), *self.points)
        )
        commitment = proof_commitment(
            rounds.chain.domain,
            rounds.competing,
            accounts[0],
            is_cell=True,
            number=1,
            sample=0,
            salt=SALT,
        )
        found["prove_commit"] = chain.send(
            "Disputes", "commitProof", commitment, sender=accounts[0]
        )
        chain.advance()
        found["prove"] = chain.send("Disputes", "prove", 1, self._proof(), sender=accounts[0])
        [fell] = chain.events(found["prove"], "Disputes", "StatementFell")
        assert fell["taken"] == chain.parameters.stake * len(self._attesters)
        return {name: receipt for name, receipt in found.items() if name}

    # ---- rounds ----------------------------------------------------------------------------------

    @property
    def _attesters(self) -> list[str]:
        rounds = self.rounds
        view, competing = rounds.chain.view, rounds.competing
        return [a for a in rounds.accounts if view("Attestations", "isAttester", competing, a)]

    def _first_block(self) -> None:
        accounts, few = self.rounds.accounts, self.rounds.chain.parameters.minimum_data
        self.rounds.make_block({accounts[0]: row(5)}, accounts, accounts[:few])

    def _compete(self, accounts: list[str]) -> None:
        rounds = self.rounds
        for number, account in enumerate(accounts):
            root = self._samples_root if number == 0 else label("samples", account)
            rounds.share(account, samples_root=root)
        rounds.partition_all()
        rounds.close()
        rounds.files[accounts[-1]] = self.model
        rounds.compete(accounts)

    def _state(self, rows: list[Row]) -> None:
        self.rounds.state(rows, self._attesters, Phase.CHALLENGE)

    # ---- what is stated --------------------------------------------------------------------------

    @property
    def trimmed(self) -> int:
        """K of the round."""
        return self.size // 3

    @cached_property
    def points(self) -> tuple[bytes, bytes]:
        """The last model's points at place 0, and the voice's; the first of the former is false."""
        parameters = self.rounds.chain.parameters
        samples = parameters.test_parts * parameters.samples_per_part
        random = np.random.default_rng(1)
        first, second = (random.integers(0, 2, samples, np.uint8) for _ in range(2))
        judge = self.rounds.chain.by_name["ImageJudge"]
        first[0] = 1 - judge.functions.points(self.model, self._record).call()
        return first.tobytes(), second.tobytes()

    @cached_property
    def behind(self) -> tuple[Behind, Behind, Behind]:
        """What lies behind the last model's row, the baseline's, and that of the voice before."""
        random = np.random.default_rng(2)

        def numbers(low: int, high: int) -> list[int]:
            return [int(number) for number in random.integers(low, high, self.size)]

        def places(low: int, root: bytes) -> tuple[Place, ...]:
            roots = [root, *(random.bytes(32) for _ in range(self.size - 1))]
            values = zip(numbers(low, low + 99_999), numbers(1_000, 99_999), roots, strict=True)
            return tuple(Place(*value) for value in values)

        def distances(count: int) -> list[tuple[int, ...]]:
            return [tuple(numbers(2**31, 2**32)) for _ in range(count)]

        first, second = self.points
        squares = answers.cell_sums(first, second).squares
        nearest = (squares, *distances(1)[0][1:])
        last = Behind(places(900_000, points_root(first)), (*distances(self.size - 2), nearest))
        baseline = Behind(places(100_000, random.bytes(32)))
        voice = Behind(places(910_000, points_root(second)), tuple(distances(self.size - 2)))
        return last, baseline, voice

    def _rows(self) -> list[Row]:
        """The baseline's row, then models by rank: valid, and none a variant of another."""
        last, baseline, voice = self.behind
        best = [
            Row(label("row", number), 900_000, 10**9 - number, 1, 0)
            for number in range(self.size - 1)
        ]
        best[-1] = replace(best[-1], hash=self._hash(voice))
        sums = answers.row_sums(last, baseline, self.trimmed)
        own = Row(self._hash(last), sums.middle, sums.net, sums.spread, 0)
        return [replace(EMPTY_ROW, hash=self._hash(baseline), middle=1), *best, own]

    def _hash(self, behind: Behind) -> bytes:
        return row_hash(self.rounds.chain.domain, self.rounds.competing, behind.packed())

    # ---- the proof -------------------------------------------------------------------------------

    @cached_property
    def _judged(self) -> tuple[bytes, bytes]:
        return model_and_record(USUAL)

    @property
    def model(self) -> bytes:
        """The last model's file."""
        return self._judged[0]

    @property
    def _record(self) -> bytes:
        return self._judged[1]

    @cached_property
    def _records(self) -> list[list[bytes]]:
        """Records of all parts of the first data transaction: each begins with the one judged."""
        parameters = self.rounds.chain.parameters
        others = [
            hashlib.sha512(b"%d" % number).digest()
            for number in range(parameters.samples_per_part - 1)
        ]
        return [[self._record, *others]] * parameters.parts

    @cached_property
    def _roots(self) -> list[bytes]:
        return [part_root(self._records[0])] * len(self._records)

    @property
    def _samples_root(self) -> bytes:
        return samples_root(self._roots)

    def _proof(self) -> tuple[object, ...]:
        chain, competing = self.rounds.chain, self.rounds.competing
        test_parts = chain.view("DataRegistry", "testParts", competing, 0)
        part = (test_parts & -test_parts).bit_length() - 1
        path = sample_path(self._records[part], 0, self._roots, part)
        word = stated_points(self.points[0], 0)
        return (
            *(SALT, 0, False, astuple(self.rounds.shared[competing][0].transaction.record)),
            *(self._record, list(path.in_part), list(path.in_transaction)),
            *(word.word, list(word.path), self.model),
        )
