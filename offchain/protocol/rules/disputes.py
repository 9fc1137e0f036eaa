"""Disputes: which statement stands, what a question costs, and who is paid.

Source: docs/Protocol.md, "Disputes"; ``contracts/Disputes.sol``, ``contracts/Attestations.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.errors import ProtocolError
from offchain.protocol.rules.standing import is_majority
from offchain.protocol.words.disputes import MAXIMUM_OTHER_QUESTIONS
from offchain.protocol.words.status import ZERO_HASH


class TooManyQuestions(ProtocolError):
    """So many questions at a doubled bond are open against a statement that none more is taken."""

    def __init__(self, asked: int) -> None:
        super().__init__(
            f"{asked} other questions are open against the statement: no more is taken"
        )
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Backed:
    """A statement that was opened, how many attesters opened it, and whether it has fallen."""

    statement: bytes
    supporters: int
    has_fallen: bool = False


def standing_statement(opened: Sequence[Backed], attesters: int, *, has_judge: bool) -> bytes:
    """The statement that stands: of those that have not fallen the one with most supporters.

    Of equally many the one that was opened first. Without a judge a false one need not fall: it
    stands only with more than half of the frozen attesters behind it.

    Args:
        opened: in order of first opening.
        attesters: frozen for the round.
        has_judge: whether the task has one.

    Returns:
        The statement; zeros if none stands.
    """
    left = [backed for backed in opened if not backed.has_fallen and backed.supporters]
    if not left:
        return ZERO_HASH
    best = max(left, key=lambda backed: backed.supporters)
    stands = has_judge or is_majority(best.supporters, attesters)
    return best.statement if stands else ZERO_HASH


def bond(question_bond: int, *, is_first_of_attester: bool, others: int) -> int:
    """What has to lie beside a question against a statement, or beside a cell; in wei.

    questionBond for each attester's first one; questionBond * 2^(1 + others) for any other, so
    that delaying a round costs twice as much each time, and asking once never more.

    Args:
        question_bond: the parameter.
        is_first_of_attester: whether who asks attests in the round and has asked none yet against
            this statement; questions and cells are counted apart.
        others: questions of the other kind so far against this statement.

    Raises:
        TooManyQuestions: 16 others are open.
    """
    if is_first_of_attester:
        return question_bond
    if others >= MAXIMUM_OTHER_QUESTIONS:
        raise TooManyQuestions(others)
    return question_bond << 1 + others


def reward(challenge_reward: int, taken: int) -> int:
    """What the fall of a statement pays: challengeReward, at most half of its supporters' stakes.

    At least half burns: a liar who disproves itself saves less than half of its stake.
    """
    return min(challenge_reward, taken // 2)


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where a bond goes: ``paid`` wei, to who asked or else to who answered; the rest burns."""

    to_asker: bool
    paid: int


def settlement(bond: int, *, has_fallen: bool, is_answered: bool) -> Settlement:
    """Where the bond of a question or cell goes once the dispute is over.

    The whole of it back to who asked if the statement fell; else half of it to who answered.

    Args:
        bond: as it was put in, in wei.
        has_fallen: whether the statement that it was against has.
        is_answered: whether anybody answered; a question about a form is not answered.
    """
    if has_fallen:
        return Settlement(to_asker=True, paid=bond)
    return Settlement(to_asker=False, paid=bond // 2 if is_answered else 0)
