"""What differs between Bitcoin's networks, as far as headers show it."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.bitcoin.errors import BadPowLimit

MAXIMUM_POW_LIMIT = 2**254 - 1
"""Highest limit of a network that retargets: four times a target below it still fits 256 bits."""

MAXIMUM_REGTEST_POW_LIMIT = 2**255 - 1
"""Highest limit of a network that does not retarget: Bitcoin's regtest, the easiest one known."""

MINIMUM_VERSION = 4
"""Lowest block version since BIP 65 became a rule (mainnet 388,381; regtest from its start)."""

VERSION_HEIGHTS = ((388_381, MINIMUM_VERSION), (363_725, 3), (227_931, 2))
"""Mainnet heights from which a block's version must be at least so much: BIP 65, BIP 66, BIP 34."""

MAXIMUM_FUTURE_SECONDS = 7200
"""A header's time may lie at most this far ahead of the clock (MAX_FUTURE_BLOCK_TIME)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one Bitcoin network.

    Test networks that let a late block fall back to the lowest difficulty (testnet3, testnet4) are
    not supported. On regtest that rule changes nothing: every block has the lowest difficulty.

    Attributes:
        pow_limit: the highest target, at least 1.
        no_retargeting: every block keeps the first block's target.
    """

    pow_limit: int
    no_retargeting: bool

    def __post_init__(self) -> None:
        """Check the limit.

        Raises:
            BadPowLimit: the limit is zero, or so high that a retarget could overflow.
        """
        highest = MAXIMUM_REGTEST_POW_LIMIT if self.no_retargeting else MAXIMUM_POW_LIMIT
        if not 1 <= self.pow_limit <= highest:
            raise BadPowLimit(self.pow_limit, highest)


MAINNET = Rules(pow_limit=2**224 - 1, no_retargeting=False)
"""Bitcoin's main network."""

REGTEST = Rules(pow_limit=2**255 - 1, no_retargeting=True)
"""Bitcoin Core's regression-test network."""

NETWORKS = {"mainnet": MAINNET, "regtest": REGTEST}
"""The networks by the name that a configuration gives them."""


def minimum_version(height: int, rules: Rules) -> int:
    """The lowest version that a block at `height` may have, of the network's own history.

    A relay asks for `MINIMUM_VERSION` everywhere: it starts where all of mainnet has that.
    """
    if rules.no_retargeting:
        return MINIMUM_VERSION if height else 1
    return next((version for since, version in VERSION_HEIGHTS if height >= since), 1)
