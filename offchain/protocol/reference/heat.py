"""Heat in plain Python: reputation by account that fades with every round that closes."""

from __future__ import annotations

from offchain.protocol.reference.environment import Environment
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import heat as rules
from offchain.protocol.words.reward_records import HeatGained


class ReferenceHeat:
    """See contracts/interfaces/IHeat.sol."""

    def __init__(self, environment: Environment, rounds: Rounds) -> None:
        self.environment = environment
        self.rounds = rounds
        # What an account had when this round collected.
        self.holdings: dict[str, tuple[int, int]] = {}

    def gain(self, account: str, amount: int, round_number: int) -> None:
        """Add what is left of an amount that a round earned: it has faded since."""
        collecting = self.rounds.collecting_round()
        heat = rules.gain(
            self.heat_of(account),
            amount,
            collecting - round_number,
            self.environment.parameters.heat_fade_basis_points,
        )
        self.holdings[account] = heat, collecting
        self.environment.emit(HeatGained, account, round_number, amount, heat)

    def heat_of(self, account: str) -> int:
        """An account's heat now."""
        heat, round_number = self.holdings.get(account, (0, 0))
        elapsed = self.rounds.collecting_round() - round_number
        return rules.fade(heat, elapsed, self.environment.parameters.heat_fade_basis_points)
