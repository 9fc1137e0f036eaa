"""Orders to move tokens of an account that has no ether (contracts/interfaces/IRewardForwarder).

They are no part of a round: rewards for data lie at fresh addresses, and these messages bring them
away without ether being sent there, which would show whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForwardOrder:
    """What a holder of tokens wants (IRewardForwarder.Order, fields in its order).

    ``holder`` is the struct's ``from``, ``receiver`` its ``to``; ``amount`` leaves the holder,
    ``fee`` of it for ``fee_recipient``, all in units of 10^-18 tokens. ``nonce`` counts the
    holder's orders that were carried out, ``deadline`` is the last second of the order and of its
    permit.
    """

    holder: str
    receiver: str
    amount: int
    fee: int
    fee_recipient: str
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class RecoverableSignature:
    """An ECDSA signature over secp256k1 (IRewardForwarder.Signature).

    ``v`` is 27 or 28; ``r`` and ``s`` have 32 bytes, s is in the lower half of the order.
    """

    v: int
    r: bytes
    s: bytes
