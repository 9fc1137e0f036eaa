"""Orders as they are handed to a relayer: what goes in comes out, and nothing else is let in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.node.relayer.order_routes import MAXIMUM_ORDER_BODY
from offchain.node.relayer.order_wire import decode_order, encode_order
from offchain.node.relayer.wire_fields import WireError
from offchain.protocol.words.orders import RecoverableSignature, SignedOrder, TokenOrder
from tests.support.tampering.hostile_files import altered_json, read_or_refused

SIGNED = SignedOrder(
    TokenOrder(
        holder="0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        receiver="0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        amount=2**256 - 1,
        fee=0,
        relayer="0x0000000000000000000000000000000000000000",
        valid_before=2**40 - 1,
        salt=b"\x05" * 32,
    ),
    RecoverableSignature(28, b"\x03" * 32, b"\x04" * 32),
)


def message(**changes):
    return {**json.loads(json.dumps(encode_order(SIGNED))), **changes}


def order(**changes):
    return message(order={**message()["order"], **changes})


def authorization(**changes):
    return message(authorization={**message()["authorization"], **changes})


def test_an_order_comes_out_as_it_went_in_and_keeps_to_the_bound():
    assert decode_order(message()) == SIGNED
    assert len(json.dumps(message())) < MAXIMUM_ORDER_BODY / 4


def without(content, name):
    return {key: value for key, value in content.items() if key != name}


MALFORMED = {
    "no object": ([], "request must be a JSON object"),
    "no authorization": (without(message(), "authorization"), "request lacks authorization"),
    "more fields": (message(extra=1), "unknown fields: extra"),
    "no fee": (message(order=without(message()["order"], "fee")), "order lacks fee"),
    "an address without checksum": (
        order(to=SIGNED.order.receiver.lower()),
        r"order\.to must be an EIP-55 address",
    ),
    "an amount as a number": (order(amount=5), r"order\.amount"),
    "a short amount": (order(amount="0x05"), "32 bytes, not 1"),
    "a short salt": (order(salt="0x" + "05" * 31), "32 bytes, not 31"),
    "an end that is true": (order(validBefore=True), r"order\.validBefore"),
    "an end as text": (order(validBefore="1"), r"order\.validBefore"),
    "a negative end": (order(validBefore=-1), r"order\.validBefore"),
    "an end of 41 bits": (order(validBefore=2**40), "40 bits"),
    "a signature as bytes": (
        message(authorization="0x" + "00" * 65),
        "authorization must be a JSON",
    ),
    "a long r": (
        authorization(r="0x" + "00" * 33),
        r"authorization\.r must be 0x and at most 32 bytes",
    ),
    "a large v": (authorization(v=256), r"authorization\.v"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_orders_are_refused_with_the_field(name):
    content, reason = MALFORMED[name]
    with pytest.raises(WireError, match=reason):
        decode_order(content)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_a_hostile_order_is_taken_or_refused_in_a_few_words(data):
    text = data.draw(altered_json(encode_order(SIGNED)))
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        return
    with read_or_refused(WireError):
        decode_order(decoded)
