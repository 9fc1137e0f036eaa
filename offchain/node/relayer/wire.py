"""What a worker and a relayer say to each other: JSON with a strict schema.

The values are those of `wire_fields`. Sealed parts go as they are, each in a request of its own.
Whatever does not fit exactly is refused before anything is computed with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from offchain.node.relayer.wire_fields import (
    WireError,
    address,
    bytes32,
    hexadecimal,
    integer,
    json_list,
    json_object,
)
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.parameters import LARGEST_RING
from offchain.protocol.words.transactions import DataRecord, DataTransaction

Publication = PublishTrainingKeys | PublishTestKeys
"""All keys of one kind of a data transaction."""

LARGEST_PARTS: Final = 32
"""Parts of a data transaction, in any deployment."""

_STATED: Final = {"round", "samplesRoot", "timestamp", "rewardAddress", "nullifierX", "nullifierV"}
"""Fields that a data transaction and its record have in common."""


def encode_share(share: Share) -> dict[str, object]:
    """A signed data transaction as ``POST /transactions`` takes it."""
    transaction = share.transaction
    return {
        "transaction": {
            **_stated(transaction),
            "payloadHashes": _words(transaction.payload_hashes),
            "keyCommitments": _words(transaction.key_commitments),
        },
        "challenge": hexadecimal(share.challenge),
        "responses": [_number(response) for response in share.responses],
    }


def decode_share(message: object) -> Share:
    """The inverse of `encode_share`; ``WireError`` if it is anything else."""
    parts = json_object(message, "request", {"transaction", "challenge", "responses"})
    where = "transaction"
    fields = json_object(parts[where], where, _STATED | {"payloadHashes", "keyCommitments"})
    round_number, root, timestamp, reward, x, v = _read_stated(fields, where)
    transaction = DataTransaction(
        round_number,
        _read_words(fields["payloadHashes"], f"{where}.payloadHashes", LARGEST_PARTS),
        _read_words(fields["keyCommitments"], f"{where}.keyCommitments", LARGEST_PARTS),
        root,
        timestamp,
        reward,
        x,
        v,
    )
    responses = _read_words(parts["responses"], "responses", LARGEST_RING)
    return Share(
        transaction,
        bytes32(parts["challenge"], "challenge"),
        tuple(int.from_bytes(response, "big") for response in responses),
    )


def encode_publication(keys: Publication) -> dict[str, object]:
    """Keys as ``POST /keys`` takes them."""
    if isinstance(keys, PublishTestKeys):
        return {
            "kind": kind_of(keys),
            "round": keys.round,
            "index": keys.index,
            "keys": _words(keys.keys),
        }
    return {
        "kind": kind_of(keys),
        "record": {
            **_stated(keys.record),
            "payloadsHash": hexadecimal(keys.record.payloads_hash),
            "keysHash": hexadecimal(keys.record.keys_hash),
        },
        "index": keys.index,
        "partition": keys.partition_number,
        "words": _words(keys.words),
    }


def decode_publication(message: object) -> Publication:
    """The inverse of `encode_publication`; ``WireError`` if it is anything else."""
    kind = message.get("kind") if isinstance(message, dict) else None
    if kind == "test":
        parts = json_object(message, "request", {"kind", "round", "index", "keys"})
        return PublishTestKeys(
            integer(parts["round"], "round", 32),
            integer(parts["index"], "index", 32),
            _read_words(parts["keys"], "keys", LARGEST_PARTS),
        )
    if kind != "training":
        raise WireError("kind must be training or test")
    parts = json_object(message, "request", {"kind", "record", "index", "partition", "words"})
    where = "record"
    fields = json_object(parts[where], where, _STATED | {"payloadsHash", "keysHash"})
    round_number, root, timestamp, reward, x, v = _read_stated(fields, where)
    record = DataRecord(
        round_number,
        bytes32(fields["payloadsHash"], f"{where}.payloadsHash"),
        bytes32(fields["keysHash"], f"{where}.keysHash"),
        root,
        timestamp,
        reward,
        x,
        v,
    )
    return PublishTrainingKeys(
        record,
        integer(parts["index"], "index", 32),
        integer(parts["partition"], "partition", 32),
        _read_words(parts["words"], "words", LARGEST_PARTS),
    )


def kind_of(keys: Publication) -> str:
    """A word for the kind of keys."""
    return "test" if isinstance(keys, PublishTestKeys) else "training"


def round_of(keys: Publication) -> int:
    """The round of the data transaction that keys are for."""
    return keys.round if isinstance(keys, PublishTestKeys) else keys.record.round


def encode_missing(digests: Sequence[bytes]) -> list[str]:
    """Hashes of files that a relayer lacks, as its answer names them."""
    return _words(digests)


def decode_missing(answer: object) -> tuple[bytes, ...]:
    """Hashes of files that a relayer lacks, from its answer; ``WireError`` if there are none."""
    fields = json_object(answer, "answer", {"state", "missing"})
    return _read_words(fields["missing"], "missing", LARGEST_PARTS)


def _stated(stated: DataTransaction | DataRecord) -> dict[str, object]:
    return {
        "round": stated.round,
        "samplesRoot": hexadecimal(stated.samples_root),
        "timestamp": stated.timestamp,
        "rewardAddress": stated.reward_address,
        "nullifierX": _number(stated.nullifier_x),
        "nullifierV": stated.nullifier_v,
    }


def _read_stated(fields: Mapping[str, Any], where: str) -> tuple[int, bytes, int, str, int, int]:
    return (
        integer(fields["round"], f"{where}.round", 32),
        bytes32(fields["samplesRoot"], f"{where}.samplesRoot"),
        integer(fields["timestamp"], f"{where}.timestamp", 40),
        address(fields["rewardAddress"], f"{where}.rewardAddress"),
        int.from_bytes(bytes32(fields["nullifierX"], f"{where}.nullifierX"), "big"),
        integer(fields["nullifierV"], f"{where}.nullifierV", 8),
    )


def _number(value: int) -> str:
    return hexadecimal(value.to_bytes(32, "big"))


def _words(words: Sequence[bytes]) -> list[str]:
    return [hexadecimal(word) for word in words]


def _read_words(value: object, where: str, maximum: int) -> tuple[bytes, ...]:
    entries = json_list(value, where, maximum)
    return tuple(bytes32(entry, f"{where}[{i}]") for i, entry in enumerate(entries))
