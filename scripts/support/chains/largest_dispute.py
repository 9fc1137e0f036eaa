"""The largest legal dispute: what its transactions cost, and how long they are.

128 models on 128 data transactions with 16,000 test samples each, all of them voices. Asked is
about the last in rank, which is compared with all others. Numbers and points are made up, with
hardly a byte of zero, as zeros are cheaper in call data; they add up where the contracts look.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from offchain.crypto.hashing import Domain
from offchain.learning.exact.integer_network import encode_model
from offchain.learning.exact.worst_case import worst_case
from offchain.protocol.rules import answers, judging
from offchain.protocol.rules.bindings import Behind, Place, points_root
from offchain.protocol.words import dispute_actions
from offchain.protocol.words.disputes import QuestionKind, Stage
from offchain.protocol.words.parameters import LARGEST_RING, LARGEST_TEST_SET
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Row
from scripts.support.chains.made_up import label
from scripts.support.chains.rounds import Rounds

LONGEST: Final = (15, 42, 38, 157)
"""Channels of a network whose file is as long as a model's may be."""

LARGEST_SUM: Final = 255 * LARGEST_TEST_SET
LARGEST_SQUARES: Final = 255**2 * LARGEST_TEST_SET


@dataclass(frozen=True)
class LargestDispute:
    """A statement about such a round, and what its supporters show for its last row.

    Attributes:
        rows: the baseline's, then each model's.
        last: what lies behind the last row.
        voice: behind the row before it, the last voice that the model is compared with.
        baseline: behind row 0.
        points: of the last model on the first data transaction's test samples, and of that voice.
    """

    rows: tuple[Row, ...]
    last: Behind
    voice: Behind
    baseline: Behind
    points: tuple[bytes, bytes]

    @classmethod
    def made_up(cls, domain: Domain, round_number: int, size: int = LARGEST_RING) -> LargestDispute:
        """The same for a deployment's round every time, of so many models and data transactions."""
        dice = random.Random(13)
        first, second = (bytes(dice.choices(range(1, 256), k=LARGEST_TEST_SET)) for _ in range(2))
        apart = answers.cell_sums(first, second).squares

        def numbers(low: int, high: int) -> tuple[int, ...]:
            return tuple(dice.randint(low, high) for _ in range(size))

        def behind(points: tuple[int, ...], compared: int, own: bytes) -> Behind:
            places = [
                Place(earned, squares, label("root", own, place))
                for place, (earned, squares) in enumerate(
                    zip(points, numbers(LARGEST_SQUARES // 4, LARGEST_SQUARES // 2), strict=True)
                )
            ]
            places[0] = Place(sum(own), places[0].squares, points_root(own))
            distances = [
                list(numbers(LARGEST_SQUARES // 4, LARGEST_SQUARES // 2)) for _ in range(compared)
            ]
            if own is first:
                distances[-1][0] = apart
            return Behind(tuple(places), tuple(map(tuple, distances)))

        higher = numbers(LARGEST_SUM // 2, LARGEST_SUM)
        baseline = Behind(
            tuple(
                Place(earned, 0, label("baseline", place))
                for place, earned in enumerate(numbers(LARGEST_SUM // 8, LARGEST_SUM // 4))
            )
        )
        last, voice = behind(higher, size - 1, first), behind(higher, size - 2, second)
        trimmed = judging.trimmed(size)
        sums = answers.row_sums(last, baseline, trimmed)
        rows = [Row(baseline.hash(domain, round_number), sums.middle - sums.net, 0, 0, 0)]
        rows += [
            Row(label("row", number), sums.middle, sums.net + size - number, sums.spread, 0)
            for number in range(1, size - 1)
        ]
        for row, net in ((voice, sums.net + 1), (last, sums.net)):
            rows.append(Row(row.hash(domain, round_number), sums.middle, net, sums.spread, 0))
        return cls(tuple(rows), last, voice, baseline, (first, second))

    def answer_row(self) -> dispute_actions.AnswerRow:
        """The answer to question 1."""
        edges = answers.edges(self.last, self.baseline, judging.trimmed(len(self.last.places)))
        return dispute_actions.AnswerRow(
            1, self.rows, self.last.packed(), self.baseline.packed(), edges
        )

    def answer_cell(self) -> dispute_actions.AnswerCell:
        """The answer to cell 1, which is against the voice."""
        packed = self.last.packed(), self.voice.shortened()
        return dispute_actions.AnswerCell(1, self.rows, *packed, *self.points)


def longest_model() -> bytes:
    """A model's file of 120,000 bytes."""
    network, _ = worst_case(LONGEST)
    return encode_model(network)


def measure_largest_dispute(rounds: Rounds, size: int) -> dict[str, int]:
    """Gas of its steps, by the contracts' functions.

    Args:
        rounds: with `LARGEST_TEST_SET` test samples and a judge; the next one is played here, and
            a best model is there already.
        size: so many of the accounts share and have models.
    """
    chain, accounts, file = rounds.chain, rounds.accounts[-size:], longest_model()
    rounds.files[accounts[-1]] = file
    rounds.collect(accounts)
    rounds.compete(accounts)
    competing = rounds.competing
    attesters = [
        account
        for account in rounds.accounts
        if chain.view("Attestations", "isAttester", competing, account)
    ]
    dispute, asker = LargestDispute.made_up(chain.domain, competing, size), attesters[0]
    rounds.state(dispute.rows, attesters, until=Phase.CHALLENGE)
    stated = rounds.statement(dispute.rows)

    def bond(stage: Stage) -> int:
        return int(chain.view("Disputes", "bondOf", competing, stated, asker, stage))

    for kind in QuestionKind:
        chain.send(
            "Disputes",
            "ask",
            *(stated, dispute.rows, kind, size),
            sender=asker,
            value=bond(Stage.QUESTIONS),
        )
    rounds.advance_to(Phase.ANSWER)
    of_row = dispute.answer_row()
    chain.send(
        "Disputes",
        "answerRow",
        *(1, of_row.rows, of_row.of_row, of_row.of_baseline, of_row.edges),
    )
    chain.send("Disputes", "answerForm", 2, file)
    rounds.advance_to(Phase.SECOND_CHALLENGE)
    voice, value = size - 1, bond(Stage.CELLS)
    chain.send("Disputes", "askCell", 1, 0, voice, sender=asker, value=value)
    rounds.advance_to(Phase.SECOND_ANSWER)
    cell = dispute.answer_cell()
    chain.send(
        "Disputes",
        "answerCell",
        *(1, cell.rows, cell.of_first, cell.of_second, cell.first, cell.second),
    )
    steps = ("ask", "answerRow", "answerForm", "answerCell")
    return {step: chain.gas[step][0] for step in steps}
