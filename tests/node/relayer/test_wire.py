"""Messages between workers and relayers: what goes in comes out, and nothing else is let in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.node.relayer.app import MAXIMUM_BODY
from offchain.node.relayer.wire import (
    LARGEST_PARTS,
    decode_missing,
    decode_publication,
    decode_share,
    encode_missing,
    encode_publication,
    encode_share,
)
from offchain.node.relayer.wire_fields import WireError
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.parameters import LARGEST_RING, LIVE, limits
from offchain.protocol.words.transactions import DataTransaction
from tests.support.tampering.hostile_files import altered_json, read_or_refused

TRANSACTION = DataTransaction(
    round=3,
    payload_hashes=(b"\x01" * 32, b"\x02" * 32),
    key_commitments=(b"\x03" * 32, b"\x04" * 32),
    samples_root=b"\x05" * 32,
    timestamp=1_703_000_000,
    reward_address="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    nullifier_x=2**255 + 19,
    nullifier_v=28,
)
SHARE = Share(TRANSACTION, b"\x06" * 32, (1, 2**256 - 1, 7, 0))
TRAINING = PublishTrainingKeys(TRANSACTION.record, 5, 1, (b"\x07" * 32, b"\x08" * 32))
TEST = PublishTestKeys(3, 2**32 - 1, TRAINING.words)


def through_json(message):
    return json.loads(json.dumps(message))


def share(**changes):
    return {**through_json(encode_share(SHARE)), **changes}


def transaction(**changes):
    return share(transaction={**share()["transaction"], **changes})


def keys(**changes):
    return {**through_json(encode_publication(TRAINING)), **changes}


def without(message, name):
    return {key: value for key, value in message.items() if key != name}


def test_a_data_transaction_comes_out_as_it_went_in():
    assert decode_share(share()) == SHARE


@pytest.mark.parametrize("published", [TRAINING, TEST], ids=["training", "test"])
def test_keys_come_out_as_they_went_in(published):
    assert decode_publication(through_json(encode_publication(published))) == published


def test_hashes_of_missing_files_come_out_as_they_went_in():
    answer = {"state": "new", "missing": encode_missing(TRANSACTION.payload_hashes)}
    assert decode_missing(through_json(answer)) == TRANSACTION.payload_hashes


def test_the_largest_messages_keep_to_the_bound():
    words = tuple(bytes([part]) * 32 for part in range(LARGEST_PARTS))
    largest = replace(
        SHARE,
        transaction=replace(TRANSACTION, payload_hashes=words, key_commitments=words),
        responses=tuple(2**256 - 1 - number for number in range(LARGEST_RING)),
    )
    for message in (
        encode_share(largest),
        encode_publication(replace(TRAINING, words=words)),
        encode_publication(replace(TEST, keys=words)),
    ):
        assert len(json.dumps(message)) < MAXIMUM_BODY
    assert limits(LIVE)["parts"][1] == LARGEST_PARTS


def test_messages_of_one_kind_differ_in_their_values_alone():
    other = replace(
        TRANSACTION, timestamp=TRANSACTION.timestamp + 600, nullifier_x=1, samples_root=bytes(32)
    )
    messages = [encode_share(SHARE), encode_share(replace(SHARE, transaction=other))]
    assert len({len(json.dumps(message)) for message in messages}) == 1


MALFORMED = {
    "no object": ([], "request must be a JSON object"),
    "a field is missing": (without(share(), "challenge"), "request lacks challenge"),
    "a field too many": (share(node=1), "request has unknown fields: node"),
    "the transaction is none": (share(transaction=7), "transaction must be a JSON object"),
    "the transaction lacks its round": (
        share(transaction=without(share()["transaction"], "round")),
        "transaction lacks round",
    ),
    "the round is text": (transaction(round="3"), "transaction.round must be an integer"),
    "the round is a truth value": (transaction(round=True), "transaction.round must be"),
    "the round is negative": (transaction(round=-1), "transaction.round must be"),
    "the round is no uint32": (transaction(round=2**32), "of 32 bits"),
    "the timestamp is a fraction": (transaction(timestamp=1.5), "transaction.timestamp"),
    "the root is short": (transaction(samplesRoot="0x01"), "must have 32 bytes, not 1"),
    "the root has capitals": (
        transaction(samplesRoot="0x" + "AB" * 32),
        "lower-case hexadecimal",
    ),
    "the root has no 0x": (transaction(samplesRoot="01" * 32), "must be 0x"),
    "the root has an odd digit": (transaction(samplesRoot="0x" + "0" * 63), "two digits a byte"),
    "the address has a wrong checksum": (
        transaction(rewardAddress=TRANSACTION.reward_address.lower()),
        "EIP-55",
    ),
    "the nullifier is too long": (transaction(nullifierX="0x" + "01" * 33), "at most 32"),
    "the hashes are no list": (transaction(payloadHashes="0x00"), "payloadHashes must be a list"),
    "too many hashes": (
        transaction(payloadHashes=["0x" + "00" * 32] * 33),
        "33 entries, at most 32",
    ),
    "a commitment is short": (
        transaction(keyCommitments=["0x00"]),
        r"transaction.keyCommitments\[0\] must have 32 bytes",
    ),
    "too many responses": (share(responses=["0x" + "00" * 32] * 129), "129 entries, at most 128"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_data_transaction_is_refused_by_name(name):
    message, reason = MALFORMED[name]
    with pytest.raises(WireError, match=reason):
        decode_share(message)


MALFORMED_KEYS = {
    "no kind": (keys(kind=None), "kind must be training or test"),
    "a made-up kind": (keys(kind="both"), "kind must be training or test"),
    "a kind that is a list": (keys(kind=[]), "kind must be training or test"),
    "too many": (keys(words=["0x" + "00" * 32] * 33), "33 entries, at most 32"),
    "a short key": (keys(words=["0x00"]), r"words\[0\] must have 32 bytes"),
    "a malformed record": (
        keys(record={**keys()["record"], "round": None}),
        "record.round must be an integer",
    ),
    "a transaction for its record": (keys(record=share()["transaction"]), "record lacks keysHash"),
    "a record for test keys": (keys(kind="test"), "request lacks keys, round"),
    "too many test keys": (
        {"kind": "test", "round": 1, "index": 0, "keys": ["0x" + "00" * 32] * 33},
        "33 entries, at most 32",
    ),
    "a number": (7, "kind must be training or test"),
    "a negative number": (keys(index=-1), "index must be an integer"),
    "a partition that is none": (keys(partition="0"), "partition must be an integer"),
}


@pytest.mark.parametrize("name", MALFORMED_KEYS)
def test_malformed_keys_are_refused_by_name(name):
    message, reason = MALFORMED_KEYS[name]
    with pytest.raises(WireError, match=reason):
        decode_publication(message)


MESSAGES = {
    "share": (encode_share(SHARE), decode_share),
    "training keys": (encode_publication(TRAINING), decode_publication),
    "test keys": (encode_publication(TEST), decode_publication),
    "missing": ({"state": "new", "missing": ["0x" + "00" * 32]}, decode_missing),
}


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_a_hostile_message_is_taken_or_refused_in_a_few_words(name, data):
    message, decode = MESSAGES[name]
    text = data.draw(altered_json(message))
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        return
    with read_or_refused(WireError):
        decode(decoded)
