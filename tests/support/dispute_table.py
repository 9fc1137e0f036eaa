"""A round in dispute whose records grow by the actions, as the contracts would log them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from offchain.crypto.hashing import Domain
from offchain.protocol.deciding.dispute_plan import Disputant, plan
from offchain.protocol.deciding.evidence import Evidence, Exhibit
from offchain.protocol.deciding.objections import Truth
from offchain.protocol.deciding.snapshot import DisputeFacts
from offchain.protocol.history.disputed import Cell, Question
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules.statements import Bounds, SampleCounts, Tabulated, tabulate
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words import dispute_records as disputes
from offchain.protocol.words.disputes import FallReason
from offchain.protocol.words.records import PhaseStarted, RoundOpened
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import DataRecord, statement

DOMAIN = Domain(31_337, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
ROUND = 7
DATA_ROOT = b"\x0d" * 32
COUNTS = SampleCounts(3, 40)
BOUNDS = Bounds(1, 300, 4_000)
ORDERS = (2, 1, 3)
BOND = 10**17
STAKE = 10**18
HONEST, OTHER, *LIARS = ("0x" + f"{number:02x}" * 20 for number in range(0x11, 0x16))
PLACE = {"block_number": 1, "log_index": 0, "timestamp": 1}
RECORD = DataRecord(ROUND, *(bytes(32),) * 3, 0, HONEST, 1, 27)


def points_of(seed: int, skill: float) -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(seed))
    return (random.random(COUNTS.transactions * COUNTS.samples) < skill).astype(np.uint8)


TRUE = (points_of(0, 0.5), points_of(1, 0.8), points_of(2, 0.9), None)
"""Of the baseline, of two models, and of one that is malformed."""


def with_lie(row: int, sample: int) -> tuple:
    points = list(TRUE)
    points[row] = points[row].copy()
    points[row][sample] ^= 1
    return tuple(points)


def evidence_of(points: Sequence, *, has_judge: bool = True) -> Evidence:
    table: Tabulated = tabulate(DOMAIN, ROUND, COUNTS, BOUNDS, points[0], points[1:], ORDERS)
    return Evidence(
        ROUND,
        statement(DOMAIN, ROUND, DATA_ROOT, table.rows),
        table,
        Truth(table.rows, ORDERS, BOUNDS.required),
        COUNTS,
        BOUNDS.trimmed,
        tuple(points),
        has_judge,
    )


class Shown:
    """What a node can lay before the judge: all of it, or models that it lacks."""

    def __init__(self, missing: Sequence[int] = ()) -> None:
        self.missing = missing

    def sample(self, place: int, sample: int) -> Exhibit | None:
        return Exhibit(RECORD, bytes([place, sample]), (b"\1" * 32,), (b"\2" * 32,))

    def model(self, row: int) -> bytes | None:
        return None if row in self.missing else f"model {row}".encode()

    def salt(self, *, is_cell: bool, number: int) -> bytes:
        return bytes([is_cell, number]) * 16


class Table:
    """A round in dispute, and who knows what of it."""

    def __init__(self, *statements: tuple[Evidence, Sequence[str]]) -> None:
        self.entry = RoundHistory(ROUND, RoundOpened(ROUND, 1, 4, 100, **PLACE))
        for known, supporters in statements:
            self.entry.statements[known.statement] = known.table.rows
            for account in supporters:
                self.entry.stated[account] = known.statement
        self.enter(Phase.CHALLENGE)

    def enter(self, phase: Phase) -> None:
        self.entry.phases.append(PhaseStarted(ROUND, phase, 100, **PLACE))

    def plan(self, known: Evidence, account: str = HONEST, **changes) -> DisputeFacts:
        values = {"is_attester": True, "shown": Shown(), **changes}
        who = Disputant(
            account,
            values["is_attester"],
            DOMAIN,
            BOND,
            dict.fromkeys((HONEST, OTHER, *LIARS), STAKE),
            values.get("refused", frozenset()),
        )
        return plan(self.entry, known, values["shown"], who)

    def act(self, action: actions.Action, account: str = HONEST) -> None:
        """Log what the contracts would."""
        entry, asked = self.entry, len(self.entry.questions)
        match action:
            case dispute_actions.Ask(stated, _, kind, row, value):
                record = disputes.QuestionAsked(
                    ROUND, stated, account, asked + 1, kind, row, value, **PLACE
                )
                entry.questions.append(Question(record))
            case dispute_actions.AnswerRow(number, _, of_row, of_baseline):
                answer = disputes.RowAnswered(ROUND, number, account, of_row, of_baseline, **PLACE)
                entry.questions[number - 1] = replace(entry.questions[number - 1], answer=answer)
            case dispute_actions.AskCell(number, place, voice, value):
                cell = len(entry.cells) + 1
                entry.cells.append(
                    Cell(
                        disputes.CellAsked(
                            ROUND, number, account, cell, place, voice, value, **PLACE
                        )
                    )
                )
            case dispute_actions.AnswerCell(number, _, _, _, first, second):
                given = disputes.CellAnswered(ROUND, number, account, first, second, **PLACE)
                entry.cells[number - 1] = replace(entry.cells[number - 1], answer=given)
            case dispute_actions.CommitProof(hash=committed):
                entry.proofs[account] = disputes.ProofCommitted(ROUND, account, committed, **PLACE)
            case dispute_actions.Prove(cell):
                of = entry.questions[entry.cells[cell - 1].asked.question - 1].asked.statement
                self.fall(of)
            case _:
                raise AssertionError(action)

    def fall(self, stated: bytes) -> None:
        fell = disputes.StatementFell(
            ROUND, stated, FallReason.POINTS, HONEST, 3 * STAKE, STAKE // 2, **PLACE
        )
        self.entry.fallen[stated] = fell


def actions_of(facts: DisputeFacts) -> list:
    return [one.action for one in (*facts.challenges, *facts.moves)]


TRUTH = evidence_of(TRUE)
LIE = evidence_of(with_lie(2, 50))
OTHER_LIE = evidence_of(with_lie(1, 3))


def disputed() -> Table:
    return Table((LIE, LIARS), (TRUTH, [HONEST]))
