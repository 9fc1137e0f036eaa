"""What a row of a statement claims, as far as its rows alone show it.

A row that contradicts itself, or what everybody knows, is flawed: the statement falls as soon as
anybody asks about it. Any other row claims sums, or to repeat a better voice, or not to.

Source: docs/Protocol.md, "Disputes"; ``contracts/libraries/RowClaims.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from offchain.protocol.rules.judging import is_valid
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import EMPTY_ROW, Row


class Claim(Enum):
    """What a statement claims where a question asks."""

    SUMS = auto()
    VARIANT = auto()
    NO_VARIANT = auto()
    WELL_FORMED = auto()
    MALFORMED = auto()


@dataclass(frozen=True, slots=True)
class Table:
    """A statement's rows beside what is known on chain about the round.

    Attributes:
        rows: the baseline's, then each reveal's.
        orders: numbers of the reveals' commitments, in order of reveal.
        required: B of the round.
        has_best: whether the head has a best model.
    """

    rows: tuple[Row, ...]
    orders: tuple[int, ...]
    required: int
    has_best: bool

    @property
    def models(self) -> int:
        """Revealed models; also the last row's number."""
        return len(self.rows) - 1

    def is_valid(self, number: int) -> bool:
        """Whether the row makes its model a valid one."""
        row = self.rows[number]
        return row.hash != ZERO_HASH and is_valid(row.net, row.spread, self.required)

    def is_better(self, number: int, other: int) -> bool:
        """Whether a model's row ranks before another's: the larger net, then the earlier order."""
        own, others = self.rows[number], self.rows[other]
        if own.net != others.net:
            return own.net > others.net
        return self.orders[number - 1] < self.orders[other - 1]

    def may_repeat(self, number: int, other: int) -> bool:
        """Whether a row may repeat another: both valid, the other a better-ranked voice."""
        return (
            self.has_best
            and self.is_valid(number)
            and self.is_valid(other)
            and self.is_better(other, number)
            and self.rows[other].repeats == 0
        )

    def is_flawed(self, number: int) -> bool:
        """Whether a row contradicts itself, the other rows, or what is on chain.

        Row 0 has zeros only while there is no best model, and only then; its net is 0 and it
        repeats nothing. A row without a hash has zeros only; one that repeats another may do so.
        """
        row = self.rows[number]
        if row.hash == ZERO_HASH and row != EMPTY_ROW:
            return True
        if number == 0:
            is_empty = row.hash == ZERO_HASH
            return is_empty == self.has_best or row.net != 0 or row.repeats != 0
        if row.repeats == 0:
            return False
        return row.repeats > self.models or not self.may_repeat(number, row.repeats)

    def claim(self, kind: QuestionKind, number: int, other: int) -> Claim | None:
        """What rows without a flaw claim where a question asks; None: nothing.

        Args:
            kind: of the question; a form is asked about only where the model is not missing.
            number: the row asked about.
            other: in a question about a pair the row that it repeats, or should.
        """
        row = self.rows[number]
        is_empty = row.hash == ZERO_HASH
        if kind is QuestionKind.ROW:
            return None if is_empty else Claim.SUMS
        if kind is QuestionKind.FORM:
            return Claim.MALFORMED if is_empty else Claim.WELL_FORMED
        if row.repeats == other:
            return Claim.VARIANT
        if not self.may_repeat(number, other):
            return None
        is_missed = row.repeats == 0 or self.is_better(other, row.repeats)
        return Claim.NO_VARIANT if is_missed else None
