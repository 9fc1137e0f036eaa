"""Heat in plain Python: reputation by account that fades with every round that closes."""

from __future__ import annotations

from offchain.protocol.reference.environment import Environment
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules.heat import fade
from offchain.protocol.words.records import HeatGained


class ReferenceHeat:
    """See contracts/interfaces/IHeat.sol."""

    def __init__(self, environment: Environment, rounds: Rounds) -> None:
        self.environment = environment
        self.rounds = rounds
        # What an account had when this round collected.
        self.holdings: dict[str, tuple[int, int]] = {}

    def gain(self, account: str, amount: int, round_number: int) -> None:
        """Add what is left of an amount that a round earned: it has faded since."""
        heat = self.heat_of(account) + self._faded(amount, round_number)
        self.holdings[account] = heat, self.rounds.collecting_round()
        self.environment.emit(HeatGained, account, round_number, amount, heat)

    def heat_of(self, account: str) -> int:
        """An account's heat now."""
        return self._faded(*self.holdings.get(account, (0, 0)))

    def _faded(self, heat: int, round_number: int) -> int:
        elapsed = self.rounds.collecting_round() - round_number
        return fade(heat, elapsed, self.environment.parameters.heat_fade_basis_points)
