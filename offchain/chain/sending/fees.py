"""What an account pays for gas: the market's price, never above a cap, raised while it waits.

Fees are those of EIP-1559: the most that is paid for one gas in all, and what of it goes to
whoever makes the block. On chains without a base fee there is one price.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Final

from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import FeeCapError

REPLACE_AFTER_SECONDS: Final = 60.0
"""How long a transaction waits before it is sent again for more: five blocks of Ethereum."""

_MARKS: Final = 1 << 20
"""Wei, about a thousandth of a gwei for each gas."""

HIGHEST_MULTIPLE: Final = 4
"""A transaction that pays this many times the market's price does not wait for its price."""


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """What an account is ready to pay.

    Attributes:
        maximum: wei for one gas that are never exceeded; None: whatever the market asks.
        claims: the same for what can wait, the claims of rewards, where it is lower.
        replace_after_seconds: how long a transaction waits before one that pays an eighth more
            takes its place.
    """

    maximum: int | None = None
    claims: int | None = None
    replace_after_seconds: float = REPLACE_AFTER_SECONDS

    def of_claims(self) -> FeePolicy:
        """What is paid for what can wait."""
        caps = [cap for cap in (self.maximum, self.claims) if cap is not None]
        return replace(self, maximum=min(caps, default=None))


@dataclass(frozen=True, slots=True)
class Fees:
    """The price of one gas in wei: ``limit`` in all, ``priority`` of it for the block's maker.

    On a chain without a base fee ``priority`` is None and ``limit`` is the gas price.
    """

    limit: int
    priority: int | None

    def fields(self) -> dict[str, int]:
        """The fields of a transaction."""
        if self.priority is None:
            return {"gasPrice": self.limit}
        return {"maxFeePerGas": self.limit, "maxPriorityFeePerGas": self.priority}

    def marked(self, wei: int) -> Fees:
        """A few wei more for the block's maker, so that no other transaction has the same bytes."""
        if self.priority is None:
            return Fees(self.limit + wei, None)
        priority = self.priority + wei
        return Fees(max(self.limit, priority), priority)

    def raised(self) -> Fees:
        """An eighth more: nodes take a replacement for a tenth more at least, in both prices."""
        priority = None if self.priority is None else _eighth_more(self.priority)
        return Fees(_eighth_more(self.limit), priority)

    def at_least(self, other: Fees) -> Fees:
        """The higher one of each price."""
        if self.priority is None or other.priority is None:
            return replace(self, limit=max(self.limit, other.limit))
        return Fees(max(self.limit, other.limit), max(self.priority, other.priority))

    def capped(self, maximum: int | None) -> Fees:
        """At most ``maximum`` in all, and no higher priority than that."""
        if maximum is None or self.limit <= maximum:
            return self
        return Fees(maximum, None if self.priority is None else min(self.priority, maximum))


def market_fees(ethereum: Ethereum) -> tuple[Fees, int]:
    """Fees that get a transaction mined soon, and the lowest price that the next block may take."""
    base_fee = ethereum.block().base_fee
    if base_fee is None:
        price = ethereum.gas_price()
        return Fees(price, None), price
    priority = ethereum.priority_fee()
    # EIP-1559: the base fee rises by an eighth a block at most, so twice lasts for six blocks.
    return Fees(2 * base_fee + priority, priority), base_fee


def first_fees(ethereum: Ethereum, policy: FeePolicy) -> Fees:
    """Fees of a new transaction, with a few wei at random.

    So two programs of one account do not sign the same bytes, even for the same thing: a hash that
    a node knows is the hash of what this one signed.

    Raises:
        FeeCapError: the next block asks for more than the policy allows.
    """
    market, lowest = market_fees(ethereum)
    if policy.maximum is not None and lowest > policy.maximum:
        raise FeeCapError(lowest, policy.maximum)
    return market.marked(secrets.randbelow(_MARKS)).capped(policy.maximum)


def replacement_fees(ethereum: Ethereum, policy: FeePolicy, paid: Fees) -> Fees | None:
    """Fees of a transaction that takes the place of one that waits.

    None if it pays several times the market's price already: then something else holds it up, and
    raising it on and on would only make it dear.

    Raises:
        FeeCapError: what a replacement must pay at least is more than the policy allows.
    """
    market, _ = market_fees(ethereum)
    if paid.limit >= HIGHEST_MULTIPLE * market.limit > 0:
        return None
    least = paid.raised()
    if policy.maximum is not None and least.limit > policy.maximum:
        raise FeeCapError(least.limit, policy.maximum)
    return least.at_least(market).capped(policy.maximum)


def check_cap(policy: FeePolicy, paid: Fees, transaction_hash: bytes) -> None:
    """``FeeCapError`` if the cap is why a transaction was not replaced by a dearer one."""
    maximum, needed = policy.maximum, paid.raised().limit
    if maximum is not None and needed > maximum:
        raise FeeCapError(needed, maximum, transaction_hash)


def _eighth_more(price: int) -> int:
    return price + max(1, -(-price // 8))
