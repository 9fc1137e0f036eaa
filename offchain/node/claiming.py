"""Rewards that are due, without those that the contracts said are not."""

from __future__ import annotations

from offchain.protocol.deciding import facts
from offchain.protocol.deciding.snapshot import Claim
from offchain.protocol.history.fold import History


class Claiming:
    """What is due to one account, and the data rewards that are due to all.

    Args:
        account: the node's.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._refused: set[str] = set()
        self._history: History | None = None

    def claims(self, history: History) -> tuple[Claim, ...]:
        """What can be claimed now."""
        if history is not self._history:
            # The chain was read anew: blocks may pay others.
            self._history, self._refused = history, set()
        due = facts.claims(history, self._account)
        self._refused &= {claim.duty for claim in due}
        return tuple(claim for claim in due if claim.duty not in self._refused)

    def refuse(self, duty: str) -> None:
        """Do not claim this again: the contract says that nothing is due."""
        self._refused.add(duty)
