"""What a worker and a relayer say to each other: JSON with a strict schema.

The values are those of `wire_fields`, the sealed payload is base64. Whatever does not fit exactly
is refused before anything is computed with it.
"""

from __future__ import annotations

import base64
import binascii

from offchain.node.relayer.wire_fields import (
    WireError,
    address,
    byte_string,
    bytes32,
    hexadecimal,
    integer,
    json_list,
    json_object,
)
from offchain.protocol.words.actions import MAXIMUM_REVEALS
from offchain.protocol.words.parameters import LARGEST_RING
from offchain.protocol.words.transactions import ChainSignature, DataTransaction, Item, KeyReveal

ITEM_FIELDS = {
    "scope",
    "payloadHash",
    "keyCommitment",
    "timestamp",
    "rewardAddress",
    "nullifierX",
    "nullifierV",
}


def encode_item(item: Item) -> dict[str, object]:
    """An item as JSON."""
    return {
        "scope": item.scope,
        "payloadHash": hexadecimal(item.payload_hash),
        "keyCommitment": hexadecimal(item.key_commitment),
        "timestamp": item.timestamp,
        "rewardAddress": item.reward_address,
        "nullifierX": hexadecimal(item.nullifier_x.to_bytes(32, "big")),
        "nullifierV": item.nullifier_v,
    }


def decode_item(message: object, where: str = "item") -> Item:
    """The inverse of `encode_item`; ``WireError`` if it is anything else."""
    fields = json_object(message, where, ITEM_FIELDS)
    return Item(
        scope=integer(fields["scope"], f"{where}.scope", 32),
        payload_hash=bytes32(fields["payloadHash"], f"{where}.payloadHash"),
        key_commitment=bytes32(fields["keyCommitment"], f"{where}.keyCommitment"),
        timestamp=integer(fields["timestamp"], f"{where}.timestamp", 40),
        reward_address=address(fields["rewardAddress"], f"{where}.rewardAddress"),
        nullifier_x=int.from_bytes(bytes32(fields["nullifierX"], f"{where}.nullifierX"), "big"),
        nullifier_v=integer(fields["nullifierV"], f"{where}.nullifierV", 8),
    )


def encode_transaction(transaction: DataTransaction) -> dict[str, object]:
    """A data transaction as JSON, without its payload."""
    signature = transaction.signature
    return {
        "item": encode_item(transaction.item),
        "signature": {
            "challenge": hexadecimal(signature.challenge),
            "responses": [hexadecimal(value.to_bytes(32, "big")) for value in signature.responses],
            "ring": hexadecimal(signature.ring),
        },
    }


def decode_transaction(message: object, where: str = "transaction") -> DataTransaction:
    """The inverse of `encode_transaction`; ``WireError`` if it is anything else."""
    fields = json_object(message, where, {"item", "signature"})
    item = decode_item(fields["item"])
    signature = json_object(fields["signature"], "signature", {"challenge", "responses", "ring"})
    responses = json_list(signature["responses"], "signature.responses", LARGEST_RING)
    ring = byte_string(signature["ring"], "signature.ring", 2 * LARGEST_RING)
    if len(ring) != 2 * len(responses):
        raise WireError(
            f"signature.ring names {len(ring) / 2:g} members for {len(responses)} responses"
        )
    return DataTransaction(
        item,
        ChainSignature(
            challenge=bytes32(signature["challenge"], "signature.challenge"),
            responses=tuple(
                int.from_bytes(bytes32(value, f"signature.responses[{i}]"), "big")
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
    fields = json_object(message, "request", {"item", "signature", "payload"})
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
    return {"item": encode_item(reveal.item), "key": hexadecimal(reveal.key)}


def decode_reveal(message: object, where: str = "reveal") -> KeyReveal:
    """The inverse of `encode_reveal`; ``WireError`` if it is anything else."""
    parts = json_object(message, where, {"item", "key"})
    item = decode_item(parts["item"], f"{where}.item")
    return KeyReveal(item, bytes32(parts["key"], f"{where}.key"))


def encode_reveals(reveals: tuple[KeyReveal, ...]) -> dict[str, object]:
    """Key reveals as ``POST /keys`` takes them."""
    return {"reveals": [encode_reveal(reveal) for reveal in reveals]}


def decode_reveals(message: object) -> tuple[KeyReveal, ...]:
    """The inverse of `encode_reveals`; ``WireError`` if it is anything else."""
    fields = json_object(message, "request", {"reveals"})
    entries = json_list(fields["reveals"], "reveals", MAXIMUM_REVEALS)
    if not entries:
        raise WireError("reveals must hold at least one key")
    return tuple(decode_reveal(entry, f"reveals[{i}]") for i, entry in enumerate(entries))
