"""ModelToken in plain Python, as far as the protocol needs it: what rewards were minted."""

from __future__ import annotations


class ReferenceModelToken:
    """See contracts/interfaces/IModelToken.sol. Nothing is transferred here."""

    def __init__(self) -> None:
        self.balances: dict[str, int] = {}

    def mint(self, account: str, amount: int) -> None:
        """Create tokens, in units of 10^-18."""
        self.balances[account] = self.balances.get(account, 0) + amount

    @property
    def total_supply(self) -> int:
        """All that was minted."""
        return sum(self.balances.values())
