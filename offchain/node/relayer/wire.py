"""What a worker and a relayer say to each other: JSON with a strict schema.

Hashes, keys and large integers are ``0x`` and lower-case hexadecimal of a fixed length, addresses
EIP-55, counters and times JSON integers, the sealed payload base64. Whatever does not fit exactly
is refused before anything is computed with it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from eth_utils.address import is_checksum_address

from offchain.errors import RelayerError
from offchain.protocol.words.actions import MAXIMUM_REVEALS, ForwardReward
from offchain.protocol.words.forwarding import ForwardOrder, RecoverableSignature
from offchain.protocol.words.parameters import LARGEST_RING
from offchain.protocol.words.transactions import ChainSignature, DataTransaction, Item, KeyReveal
from offchain.strangers.foreign_text import printable

ITEM_FIELDS = {
    "scope",
    "payloadHash",
    "keyCommitment",
    "timestamp",
    "rewardAddress",
    "nullifierX",
    "nullifierV",
}

ORDER_FIELDS = {"from", "to", "amount", "fee", "feeRecipient", "nonce", "deadline"}


class WireError(RelayerError):
    """A message does not have the form that was agreed on; names the field and what was wrong."""


def encode_item(item: Item) -> dict[str, object]:
    """An item as JSON."""
    return {
        "scope": item.scope,
        "payloadHash": _hex(item.payload_hash),
        "keyCommitment": _hex(item.key_commitment),
        "timestamp": item.timestamp,
        "rewardAddress": item.reward_address,
        "nullifierX": _hex(item.nullifier_x.to_bytes(32, "big")),
        "nullifierV": item.nullifier_v,
    }


def decode_item(message: object, where: str = "item") -> Item:
    """The inverse of `encode_item`; ``WireError`` if it is anything else."""
    fields = _object(message, where, ITEM_FIELDS)
    return Item(
        scope=_integer(fields["scope"], f"{where}.scope", 32),
        payload_hash=_bytes32(fields["payloadHash"], f"{where}.payloadHash"),
        key_commitment=_bytes32(fields["keyCommitment"], f"{where}.keyCommitment"),
        timestamp=_integer(fields["timestamp"], f"{where}.timestamp", 40),
        reward_address=_address(fields["rewardAddress"], f"{where}.rewardAddress"),
        nullifier_x=int.from_bytes(_bytes32(fields["nullifierX"], f"{where}.nullifierX"), "big"),
        nullifier_v=_integer(fields["nullifierV"], f"{where}.nullifierV", 8),
    )


def encode_transaction(transaction: DataTransaction) -> dict[str, object]:
    """A data transaction as JSON, without its payload."""
    signature = transaction.signature
    return {
        "item": encode_item(transaction.item),
        "signature": {
            "challenge": _hex(signature.challenge),
            "responses": [_hex(value.to_bytes(32, "big")) for value in signature.responses],
            "ring": _hex(signature.ring),
        },
    }


def decode_transaction(message: object, where: str = "transaction") -> DataTransaction:
    """The inverse of `encode_transaction`; ``WireError`` if it is anything else."""
    fields = _object(message, where, {"item", "signature"})
    item = decode_item(fields["item"])
    signature = _object(fields["signature"], "signature", {"challenge", "responses", "ring"})
    responses = _list(signature["responses"], "signature.responses", LARGEST_RING)
    ring = _bytes(signature["ring"], "signature.ring", 2 * LARGEST_RING)
    if len(ring) != 2 * len(responses):
        raise WireError(
            f"signature.ring names {len(ring) / 2:g} members for {len(responses)} responses"
        )
    return DataTransaction(
        item,
        ChainSignature(
            challenge=_bytes32(signature["challenge"], "signature.challenge"),
            responses=tuple(
                int.from_bytes(_bytes32(value, f"signature.responses[{i}]"), "big")
                for i, value in enumerate(responses)
            ),
            ring=ring,
        ),
    )


def encode_submission(transaction: DataTransaction, payload: bytes) -> dict[str, object]:
    """A data transaction with its sealed payload, as ``POST /transactions`` takes it."""
    return {
        **encode_transaction(transaction),
        "payload": base64.b64encode(payload).decode("ascii"),
    }


def decode_submission(message: object) -> tuple[DataTransaction, bytes]:
    """The inverse of `encode_submission`; ``WireError`` if it is anything else."""
    fields = _object(message, "request", {"item", "signature", "payload"})
    transaction = decode_transaction(
        {"item": fields["item"], "signature": fields["signature"]}, "request"
    )
    payload = fields["payload"]
    if not isinstance(payload, str):
        raise WireError("payload must be base64 text")
    try:
        content = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError(f"payload is not base64: {error}") from error
    return transaction, content


def encode_reveal(reveal: KeyReveal) -> dict[str, object]:
    """One key reveal as JSON."""
    return {"item": encode_item(reveal.item), "key": _hex(reveal.key)}


def decode_reveal(message: object, where: str = "reveal") -> KeyReveal:
    """The inverse of `encode_reveal`; ``WireError`` if it is anything else."""
    parts = _object(message, where, {"item", "key"})
    item = decode_item(parts["item"], f"{where}.item")
    return KeyReveal(item, _bytes32(parts["key"], f"{where}.key"))


def encode_reveals(reveals: tuple[KeyReveal, ...]) -> dict[str, object]:
    """Key reveals as ``POST /keys`` takes them."""
    return {"reveals": [encode_reveal(reveal) for reveal in reveals]}


def decode_reveals(message: object) -> tuple[KeyReveal, ...]:
    """The inverse of `encode_reveals`; ``WireError`` if it is anything else."""
    fields = _object(message, "request", {"reveals"})
    entries = _list(fields["reveals"], "reveals", MAXIMUM_REVEALS)
    if not entries:
        raise WireError("reveals must hold at least one key")
    return tuple(decode_reveal(entry, f"reveals[{i}]") for i, entry in enumerate(entries))


def encode_forward(forward: ForwardReward) -> dict[str, object]:
    """A signed order with its permit, as ``POST /permits`` takes it."""
    order = forward.order
    return {
        "order": {
            "from": order.holder,
            "to": order.receiver,
            "amount": _hex(order.amount.to_bytes(32, "big")),
            "fee": _hex(order.fee.to_bytes(32, "big")),
            "feeRecipient": order.fee_recipient,
            "nonce": order.nonce,
            "deadline": order.deadline,
        },
        "permit": _encode_signature(forward.permit),
        "signature": _encode_signature(forward.signature),
    }


def decode_forward(message: object) -> ForwardReward:
    """The inverse of `encode_forward`; ``WireError`` if it is anything else."""
    parts = _object(message, "request", {"order", "permit", "signature"})
    fields = _object(parts["order"], "order", ORDER_FIELDS)
    order = ForwardOrder(
        holder=_address(fields["from"], "order.from"),
        receiver=_address(fields["to"], "order.to"),
        amount=int.from_bytes(_bytes32(fields["amount"], "order.amount"), "big"),
        fee=int.from_bytes(_bytes32(fields["fee"], "order.fee"), "big"),
        fee_recipient=_address(fields["feeRecipient"], "order.feeRecipient"),
        nonce=_integer(fields["nonce"], "order.nonce", 32),
        deadline=_integer(fields["deadline"], "order.deadline", 40),
    )
    return ForwardReward(
        order,
        permit=_decode_signature(parts["permit"], "permit"),
        signature=_decode_signature(parts["signature"], "signature"),
    )


def _encode_signature(signature: RecoverableSignature) -> dict[str, object]:
    return {"v": signature.v, "r": _hex(signature.r), "s": _hex(signature.s)}


def _decode_signature(message: object, where: str) -> RecoverableSignature:
    fields = _object(message, where, {"v", "r", "s"})
    return RecoverableSignature(
        v=_integer(fields["v"], f"{where}.v", 8),
        r=_bytes32(fields["r"], f"{where}.r"),
        s=_bytes32(fields["s"], f"{where}.s"),
    )


def _hex(content: bytes) -> str:
    return "0x" + content.hex()


def _object(message: object, where: str, fields: set[str]) -> Mapping[str, Any]:
    if not isinstance(message, dict):
        raise WireError(f"{where} must be a JSON object")
    if missing := sorted(fields - message.keys()):
        raise WireError(f"{where} lacks {', '.join(missing)}")
    if unknown := sorted(printable(str(name), 40, "?") for name in message.keys() - fields):
        raise WireError(f"{where} has unknown fields: {', '.join(unknown[:4])}")
    return message


def _list(value: object, where: str, maximum: int) -> list[object]:
    if not isinstance(value, list):
        raise WireError(f"{where} must be a list")
    if len(value) > maximum:
        raise WireError(f"{where} has {len(value)} entries, at most {maximum} are allowed")
    return value


def _address(value: object, where: str) -> str:
    if not isinstance(value, str) or not is_checksum_address(value):
        raise WireError(f"{where} must be an EIP-55 address")
    return value


def _integer(value: object, where: str, bits: int) -> int:
    # bool is an int in Python and a type of its own in JSON.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise WireError(f"{where} must be an integer of {bits} bits")
    return value


def _bytes(value: object, where: str, maximum: int) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 2 + 2 * maximum:
        raise WireError(f"{where} must be 0x and at most {maximum} bytes in hexadecimal")
    digits = value[2:]
    if len(digits) % 2 or any(digit not in "0123456789abcdef" for digit in digits):
        raise WireError(f"{where} must be lower-case hexadecimal, two digits a byte")
    return bytes.fromhex(digits)


def _bytes32(value: object, where: str) -> bytes:
    content = _bytes(value, where, 32)
    if len(content) != 32:
        raise WireError(f"{where} must have 32 bytes, not {len(content)}")
    return content
