"""What a node still needs of the chain's past, and for how long: all else is forgotten.

Rules look at the round that collects and the one that competes, at the last block, and at who is a
member now and next. Training looks further back, at the data of some rounds before, and so do
claims: everybody's at the last blocks, an account's own at every round that owes it something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.protocol.deciding.facts import REMEMBERED_BLOCKS, has_claims, paying_rounds
from offchain.protocol.history.fold import History

LEAST_ROUNDS: Final = 3
"""The one that collects, the one that competes, and the one before, whose data train too."""

EARLIER_ROUNDS: Final = 7
"""How many rounds before the one that competes give training data too, where all are small."""

OWING_ROUNDS: Final = 64
"""Older rounds that owe an account something, of which this is remembered; what older ones owe
`modelchain wallet claim` finds."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What is remembered.

    Attributes:
        account: whose claims.
        rounds: the last rounds, as they were.
        rewards: whether it is remembered which addresses ever had a reward: they are more with
            every round, and only who carries out orders asks for them.
    """

    account: str
    rounds: int = 2 + EARLIER_ROUNDS
    rewards: bool = False

    def apply(self, history: History) -> None:
        """Let a history forget all else."""
        oldest = history.opened - max(LEAST_ROUNDS, self.rounds)
        recent = [number for number in history.rounds if number > oldest]
        # Rounds without a block may lie between those that pay.
        keep = {*recent, *paying_rounds(history)}
        owing = [
            number
            for number, entry in history.rounds.items()
            if number not in keep and has_claims(history, entry, self.account)
        ]
        history.forget(keep, owing[-OWING_ROUNDS:], 1 + REMEMBERED_BLOCKS, rewards=not self.rewards)
