"""Messages between workers and relayers: what goes in comes out, and nothing else is let in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.node.relayer.wire import (
    decode_reveals,
    decode_submission,
    encode_reveals,
    encode_submission,
)
from offchain.node.relayer.wire_fields import WireError
from offchain.protocol.words.transactions import ChainSignature, DataTransaction, Item, KeyReveal
from tests.support.tampering.hostile_files import altered_json, read_or_refused

ITEM = Item(
    scope=3,
    payload_hash=b"\x01" * 32,
    key_commitment=b"\x02" * 32,
    timestamp=1_703_000_000,
    reward_address="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    nullifier_x=2**255 + 19,
    nullifier_v=28,
)
TRANSACTION = DataTransaction(
    ITEM, ChainSignature(b"\x03" * 32, (1, 2**256 - 1, 7, 0), b"\x00\x01\x00\x07\x00\x03\xff\xff")
)
REVEALS = (KeyReveal(ITEM, b"\x04" * 32), KeyReveal(ITEM, b"\x05" * 32))


def through_json(message):
    return json.loads(json.dumps(message))


def submission(**changes):
    return {**through_json(encode_submission(TRANSACTION, b"sealed")), **changes}


def item(**changes):
    return {**submission()["item"], **changes}


def signature(**changes):
    return {**submission()["signature"], **changes}


def test_a_data_transaction_comes_out_as_it_went_in():
    message = through_json(encode_submission(TRANSACTION, b"\x00\xff" * 500))
    assert decode_submission(message) == (TRANSACTION, b"\x00\xff" * 500)


def test_key_reveals_come_out_as_they_went_in():
    assert decode_reveals(through_json(encode_reveals(REVEALS))) == REVEALS


def without(message, name):
    return {key: value for key, value in message.items() if key != name}


MALFORMED = {
    "no object": ([], "request must be a JSON object"),
    "a field is missing": (without(submission(), "item"), "request lacks item"),
    "a field too many": (submission(extra=1), "request has unknown fields: extra"),
    "the item is none": (submission(item=7), "item must be a JSON object"),
    "the item lacks its scope": (submission(item=without(item(), "scope")), "item lacks scope"),
    "the scope is text": (submission(item=item(scope="3")), "item.scope must be an integer"),
    "the scope is a truth value": (submission(item=item(scope=True)), "item.scope must be"),
    "the scope is negative": (submission(item=item(scope=-1)), "item.scope must be"),
    "the scope is no uint32": (submission(item=item(scope=2**32)), "of 32 bits"),
    "the timestamp is a fraction": (submission(item=item(timestamp=1.5)), "item.timestamp"),
    "the hash is short": (submission(item=item(payloadHash="0x01")), "must have 32 bytes, not 1"),
    "the hash has capitals": (
        submission(item=item(payloadHash="0x" + "AB" * 32)),
        "lower-case hexadecimal",
    ),
    "the hash has no 0x": (submission(item=item(payloadHash="01" * 32)), "must be 0x"),
    "the hash has an odd digit": (
        submission(item=item(payloadHash="0x" + "0" * 63)),
        "two digits a byte",
    ),
    "the address has a wrong checksum": (
        submission(item=item(rewardAddress=ITEM.reward_address.lower())),
        "EIP-55",
    ),
    "the nullifier is too long": (submission(item=item(nullifierX="0x" + "01" * 33)), "at most 32"),
    "the responses are no list": (
        submission(signature=signature(responses="0x00")),
        "signature.responses must be a list",
    ),
    "too many responses": (
        submission(signature=signature(responses=["0x" + "00" * 32] * 65)),
        "65 entries, at most 64",
    ),
    "a response is short": (
        submission(signature=signature(responses=["0x00"] * 4)),
        r"signature.responses\[0\] must have 32 bytes",
    ),
    "the ring has another size": (
        submission(signature=signature(ring="0x00010002")),
        "names 2 members for 4 responses",
    ),
    "the ring ends in half a member": (
        submission(signature=signature(ring="0x000100")),
        "names 1.5 members",
    ),
    "the payload is no text": (submission(payload=5), "payload must be base64"),
    "the payload is no base64": (submission(payload="$$$"), "payload is not base64"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_data_transaction_is_refused_by_name(name):
    message, reason = MALFORMED[name]
    with pytest.raises(WireError, match=reason):
        decode_submission(message)


MALFORMED_REVEALS = {
    "no keys": ({"reveals": []}, "at least one key"),
    "no list": ({"reveals": {}}, "reveals must be a list"),
    "too many": ({"reveals": [{}] * 65}, "65 entries, at most 64"),
    "a short key": (
        {"reveals": [{"item": submission()["item"], "key": "0x00"}]},
        r"reveals\[0\].key must have 32 bytes",
    ),
    "a malformed item": (
        {"reveals": [{"item": item(scope=None), "key": "0x" + "00" * 32}]},
        r"reveals\[0\].item.scope",
    ),
}


@pytest.mark.parametrize("name", MALFORMED_REVEALS)
def test_malformed_key_reveals_are_refused_by_name(name):
    message, reason = MALFORMED_REVEALS[name]
    with pytest.raises(WireError, match=reason):
        decode_reveals(message)


MESSAGES = {
    "submission": (encode_submission(TRANSACTION, b"sealed"), decode_submission),
    "reveals": (encode_reveals(REVEALS), decode_reveals),
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
