"""Heat in plain Python: reputation by account that fades with every block of the model chain."""

from __future__ import annotations

from collections.abc import Callable

from offchain.protocol.reference.environment import Environment
from offchain.protocol.rules import heat as rules
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import HeatGained


class ReferenceHeat:
    """See contracts/interfaces/IHeat.sol. ``head_number`` is the model chain's last block's."""

    def __init__(
        self, environment: Environment, parameters: Parameters, head_number: Callable[[], int]
    ) -> None:
        self.environment = environment
        self.parameters = parameters
        self.head_number = head_number
        self.holdings: dict[str, tuple[int, int]] = {}

    def gain(self, account: str, amount: int) -> None:
        """Add heat to an account after fading what it had."""
        heat = self.heat_of(account) + amount
        self.holdings[account] = heat, self.head_number()
        self.environment.emit(HeatGained, account, amount, heat)

    def heat_of(self, account: str) -> int:
        """An account's heat now."""
        heat, number = self.holdings.get(account, (0, 0))
        blocks = self.head_number() - number
        return rules.fade(heat, blocks, self.parameters.heat_fade_basis_points)

    def key_quota(self, account: str) -> int:
        """Share keys that an account may hold active at once."""
        return rules.key_quota(self.parameters, self.heat_of(account))
