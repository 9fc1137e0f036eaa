"""A signed order as a holder hands it to a relayer: JSON with a strict schema."""

from __future__ import annotations

from typing import Final

from offchain.node.relayer.wire_fields import (
    address,
    bytes32,
    hexadecimal,
    integer,
    json_object,
)
from offchain.protocol.words.orders import RecoverableSignature, SignedOrder, TokenOrder

ORDER_FIELDS: Final = {"from", "to", "amount", "fee", "relayer", "validBefore", "salt"}


def encode_order(signed: SignedOrder) -> dict[str, object]:
    """A signed order as ``POST /orders`` takes it."""
    order, authorization = signed.order, signed.authorization
    return {
        "order": {
            "from": order.holder,
            "to": order.receiver,
            "amount": hexadecimal(order.amount.to_bytes(32, "big")),
            "fee": hexadecimal(order.fee.to_bytes(32, "big")),
            "relayer": order.relayer,
            "validBefore": order.valid_before,
            "salt": hexadecimal(order.salt),
        },
        "authorization": {
            "v": authorization.v,
            "r": hexadecimal(authorization.r),
            "s": hexadecimal(authorization.s),
        },
    }


def decode_order(message: object) -> SignedOrder:
    """The inverse of `encode_order`; ``WireError`` if it is anything else."""
    parts = json_object(message, "request", {"order", "authorization"})
    fields = json_object(parts["order"], "order", ORDER_FIELDS)
    order = TokenOrder(
        holder=address(fields["from"], "order.from"),
        receiver=address(fields["to"], "order.to"),
        amount=int.from_bytes(bytes32(fields["amount"], "order.amount"), "big"),
        fee=int.from_bytes(bytes32(fields["fee"], "order.fee"), "big"),
        relayer=address(fields["relayer"], "order.relayer"),
        valid_before=integer(fields["validBefore"], "order.validBefore", 40),
        salt=bytes32(fields["salt"], "order.salt"),
    )
    signature = json_object(parts["authorization"], "authorization", {"v", "r", "s"})
    return SignedOrder(
        order,
        RecoverableSignature(
            v=integer(signature["v"], "authorization.v", 8),
            r=bytes32(signature["r"], "authorization.r"),
            s=bytes32(signature["s"], "authorization.s"),
        ),
    )
