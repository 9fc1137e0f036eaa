"""Orders to pay tokens of an account that has no ether (contracts/interfaces/ITokenOrders).

They are no part of a round: rewards for data lie at fresh addresses, and these messages bring them
away without ether being sent there, which would show whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from offchain.crypto.hashing import Domain
from offchain.protocol.words.functions import ContractFunction
from offchain.protocol.words.parameters import DAY_SECONDS

PAY: Final = ContractFunction("TokenOrders", "pay")
"""What a `SignedOrder` is handed in to."""

_TYPES: Final = ("address", "address", "uint256", "uint256", "address", "uint256", "bytes32")
"""Solidity types of an order's fields."""


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """What a holder of tokens wants (ITokenOrders.Order, fields in its order).

    ``holder`` is the struct's ``from``, ``receiver`` its ``to``. ``amount`` is for the receiver and
    ``fee`` for ``relayer`` beside it, in units of 10^-18 tokens. The relayer alone may hand the
    order in; it is the zero address where there is no fee and anybody may. ``valid_before`` is a
    midnight (UTC) in seconds, ``salt`` has 32 random bytes.
    """

    holder: str
    receiver: str
    amount: int
    fee: int
    relayer: str
    valid_before: int
    salt: bytes

    def nonce(self, domain: Domain) -> bytes:
        """The nonce of the authorization that the order needs (ITokenOrders.nonceOf); 32 bytes.

        Args:
            domain: the model chain's.
        """
        values = [getattr(self, field.name) for field in fields(self)]
        return domain.hash("order", _TYPES, values)


@dataclass(frozen=True, slots=True)
class RecoverableSignature:
    """An ECDSA signature over secp256k1 (ITokenOrders.Signature).

    ``v`` is 27 or 28; ``r`` and ``s`` have 32 bytes, s is in the lower half of the order.
    """

    v: int
    r: bytes
    s: bytes


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """TokenOrders.pay: an order, and its holder's signature of the authorization that it needs."""

    order: TokenOrder
    authorization: RecoverableSignature


def order_end(now: int) -> int:
    """The midnight before which an order of this moment is good: after one day, or up to two.

    The same for everybody who signs on one day, so that it marks nobody.
    """
    return (now // DAY_SECONDS + 2) * DAY_SECONDS
