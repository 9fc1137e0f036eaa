"""What the demo says of disputes as they happen: who asks, who answers, what falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from offchain.amounts import format_decimal
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.words import dispute_records as disputes
from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.records import PhaseStarted, Record
from offchain.protocol.words.status import ZERO_ADDRESS, Phase

SHOWN = 8
"""Characters that are shown of a hash."""


FUNCTIONS = {
    "QuestionAsked": "ask",
    "RowAnswered": "answerRow",
    "FormAnswered": "answerForm",
    "CellAsked": "askCell",
    "CellAnswered": "answerCell",
    "ProofCommitted": "commitProof",
    "StatementFell": "prove",
}
"""What logs each record, but for falls by silence and by a model's form."""


@dataclass(frozen=True, slots=True)
class DisputeEvent:
    """One thing that happened in a round's dispute: by which node, and in words.

    ``node`` is None where nobody did it, or somebody who is no node of the demo; ``kind`` is the
    record's name, ``evm_block`` where it stands, ``gas`` what the transaction cost (None: there is
    no telling, or it was for something else).
    """

    round: int
    kind: str
    node: int | None
    text: str
    evm_block: int
    gas: int | None = None

    def as_json(self) -> dict[str, object]:
        """It as it goes into the demo's file."""
        return asdict(self)


class DisputeTeller:
    """Puts a network's dispute records into words.

    Args:
        accounts: of the nodes, by number.
    """

    def __init__(self, accounts: Sequence[str]) -> None:
        self._numbers = {account: number for number, account in enumerate(accounts)}

    def tell(self, record: Record, history: History) -> DisputeEvent | None:
        """What a record says; None: it has nothing to do with a dispute.

        Args:
            record: the latest one.
            history: of all records with it.
        """
        told = self._told(record, history)
        if told is None:
            return None
        by, text = told
        competing = history.competing.number if history.competing else 0
        return DisputeEvent(
            getattr(record, "round", competing),
            type(record).__name__,
            self._numbers.get(by),
            text,
            record.block_number,
        )

    def _told(self, record: Record, history: History) -> tuple[str, str] | None:
        """Who did it, and what."""
        match record:
            case PhaseStarted(phase=Phase.CHALLENGE, round=number):
                return self._statements(history, number)
            case disputes.QuestionAsked(asker=asker, statement=statement, bond=bond):
                asked = f"questions statement {_short(statement)}: {_question(record)}"
                return asker, f"{asked}, with {format_decimal(bond)} ETH"
            case disputes.RowAnswered(answerer=answerer, question=number, of_row=numbers):
                text = f"{len(numbers)} bytes of numbers, which add up"
                return answerer, f"answers question {number}: {text}"
            case disputes.FormAnswered(answerer=answerer, question=number):
                return (
                    answerer,
                    f"answers question {number}: the model's file, which is well formed",
                )
            case disputes.CellAsked(asker=asker, question=number, place=place, bond=bond):
                text = (
                    f"asks for the points behind answer {number} on data transaction {place} of D"
                )
                return asker, f"{text}, with {format_decimal(bond)} ETH"
            case disputes.CellAnswered(answerer=answerer, cell=number, first=points):
                text = f"points on {len(points)} test samples, which add up"
                return answerer, f"answers cell {number}: {text}"
            case disputes.ProofCommitted(account=account):
                return account, "commits to a proof"
            case disputes.StatementFell():
                return record.by, self._fall(record, history)
            case disputes.QuestionSettled(receiver=receiver, question=number, paid=paid):
                return receiver, f"gets {format_decimal(paid)} ETH for question {number}"
            case disputes.CellSettled(receiver=receiver, cell=number, paid=paid):
                return receiver, f"gets {format_decimal(paid)} ETH for cell {number}"
            case _:
                return None

    def _statements(self, history: History, number: int) -> tuple[str, str] | None:
        """The statements that were opened, if they are more than one."""
        entry = history.round(number)
        if len(entry.statements) < 2:
            return None
        told = [
            f"{_short(statement)} of {self._supporters(entry, statement)}"
            for statement in entry.statements
        ]
        return ZERO_ADDRESS, f"{len(told)} statements: {'; '.join(told)}"

    def _supporters(self, entry: RoundHistory, statement: bytes) -> str:
        nodes = sorted(
            str(self._numbers.get(account, account))
            for account, stated in entry.stated.items()
            if stated == statement
        )
        return f"node{'s' if len(nodes) > 1 else ''} {', '.join(nodes)}"

    def _fall(self, record: disputes.StatementFell, history: History) -> str:
        reasons = {
            FallReason.SILENCE: "nobody answered",
            FallReason.POINTS: "proves before the judge that a sample has other points",
            FallReason.FORM: "proves before the judge whether a model is well formed",
        }
        losers = self._supporters(history.round(record.round), record.statement)
        return (
            f"{reasons[record.reason]}: statement {_short(record.statement)} falls, "
            f"{losers} lose{'' if 's ' in losers else 's'} {format_decimal(record.taken)} ETH, "
            f"{format_decimal(record.reward)} ETH of it are the reward"
        )


def _question(record: disputes.QuestionAsked) -> str:
    match record.kind:
        case QuestionKind.ROW:
            return f"what stands behind row {record.row}"
        case QuestionKind.FORM:
            return f"whether model {record.row} is well formed"


def _short(digest: bytes) -> str:
    return digest.hex()[:SHOWN]
