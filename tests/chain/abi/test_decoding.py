"""Logs that are not what they should be."""

from typing import Any

import pytest
from eth_abi import encode
from web3 import Web3

from offchain.chain.abi.decoding import (
    decode_record,
    event_named,
    event_topics,
    struct,
)
from offchain.chain.abi.interfaces import AbiValueError
from offchain.chain.rpc.replies import Log
from offchain.errors import ArtifactError
from offchain.protocol.words.records import ModelCommitted, PhaseStarted
from offchain.protocol.words.status import Head, Phase

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TOPIC = bytes(Web3.keccak(text="PhaseStarted(uint32,uint8,uint32)"))


def log(**changes: Any) -> Log:
    values: dict[str, Any] = {
        "address": ADDRESS,
        "topics": (TOPIC, encode(["uint32"], [7])),
        "data": encode(["uint8", "uint32"], [3, 800_000]),
        "block_number": 12,
        "log_index": 1,
        "timestamp": None,
    }
    return Log(**{**values, **changes})


def test_log_becomes_its_record():
    assert decode_record("ModelChain", log(), 99) == PhaseStarted(
        7, Phase.UNSEAL, 800_000, block_number=12, log_index=1, timestamp=99
    )


@pytest.mark.parametrize(
    "topics",
    [(), (bytes(32),), (bytes(Web3.keccak(text="Transfer(address,address,uint256)")), bytes(32))],
)
def test_log_of_no_protocol_event_is_passed_over(topics):
    assert decode_record("ModelChain", log(topics=topics), 99) is None
    assert decode_record("ModelToken", log(topics=topics), 99) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"topics": (TOPIC,)},
        {"topics": (TOPIC, bytes(32), bytes(32))},
        {"topics": (TOPIC, b"\xff" * 32)},  # no uint32
        {"data": b""},
        {"data": bytes(63)},
        {"data": encode(["uint8", "uint32"], [len(Phase), 1])},  # no such phase
        {"data": encode(["uint256", "uint32"], [256, 1])},
    ],
)
def test_log_that_is_not_what_its_event_says_is_refused(changes):
    with pytest.raises(AbiValueError):
        decode_record("ModelChain", log(**changes), 99)


NUMBER, BLOCK_HASH, MODEL_HASH = (
    {"name": "number", "type": "uint32"},
    {"name": "blockHash", "type": "bytes32"},
    {"name": "modelHash", "type": "bytes32"},
)


def test_a_structs_values_go_to_the_fields_of_their_names():
    components, values = [MODEL_HASH, NUMBER, BLOCK_HASH], (b"model", 3, b"block")
    assert struct(Head, components, values) == Head(number=3, hash=b"block", model_hash=b"model")


def test_struct_of_other_fields_is_refused():
    with pytest.raises(AbiValueError, match="hash, model_hash differ"):
        struct(Head, [NUMBER], (1,))
    with pytest.raises(AbiValueError, match="3 are due"):
        struct(Head, [NUMBER, BLOCK_HASH, MODEL_HASH], (1,))


def test_topics_name_the_values_that_are_asked_for():
    event = event_named("ModelTransactions", "ModelCommitted")
    account = encode(["address"], [ADDRESS])
    assert event_topics(event, ModelCommitted, {}) == [event.identifier]
    assert event_topics(event, ModelCommitted, {"account": ADDRESS}) == [
        event.identifier,
        None,
        account,
    ]
    assert event_topics(event, ModelCommitted, {"round": 3}) == [
        event.identifier,
        encode(["uint32"], [3]),
    ]


@pytest.mark.parametrize("name", ["order", "nothing"])
def test_topics_of_a_field_that_is_not_indexed_are_refused(name):
    with pytest.raises(ArtifactError, match=name):
        event_topics(event_named("ModelTransactions", "ModelCommitted"), ModelCommitted, {name: 1})


def test_event_that_a_contract_has_not_is_named():
    with pytest.raises(ArtifactError, match="Nothing"):
        event_named("ModelChain", "Nothing")
