"""Call data becomes the action that it was made from."""

from dataclasses import fields
from random import Random

import pytest

from offchain.chain.abi.calls import decode_action, function_call
from offchain.chain.abi.interfaces import interface
from offchain.crypto.secp256k1 import PossessionProof
from offchain.protocol.words import actions
from offchain.protocol.words.transactions import (
    ChainSignature,
    DataTransaction,
    Item,
    KeyReveal,
    ModelTransaction,
    Scores,
)
from tests.support.tampering.loose_call_data import loosened

ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
HASH = bytes(range(32))
ITEM = Item(3, HASH, bytes(32), 1_700_000_000, OTHER, 2**255 + 7, 28)
SIGNATURE = ChainSignature(HASH, (1, 2**256 - 1), b"\x00\x01\x00\x02")
SHARED = DataTransaction(ITEM, SIGNATURE)
MODEL = ModelTransaction(ACCOUNT, HASH, bytes(32), 12, HASH, HASH)
SCORES = Scores(HASH, 3, 2, 400, 17, (12, 0, 399))

ACTIONS = [
    actions.SubmitHeaders(bytes(160)),
    actions.Start(),
    actions.Partition(822_600, 7),
    actions.Advance(),
    actions.RegisterKeys((5, 6), (PossessionProof(HASH, HASH, 27),) * 2, 10**17),
    actions.WritePage(4),
    actions.Share((SHARED,)),
    actions.Share((SHARED, SHARED)),
    actions.PublishKeys((KeyReveal(ITEM, HASH),)),
    actions.CommitModel(HASH, HASH, 10**17),
    actions.RevealModel(MODEL, HASH),
    actions.ReportMissingItems((1, 2**64 - 1)),
    actions.ReportMissingModels((0, 3)),
    actions.CommitAttestation(HASH),
    actions.RevealAttestation(HASH, HASH),
    actions.Finalize(SCORES, (MODEL, MODEL), (1, 0)),
    actions.ClaimModel(2, ACCOUNT),
    actions.ClaimAttestation(2, ACCOUNT),
    actions.ClaimData(1, ITEM, 3, True, (HASH, HASH)),
    actions.WithdrawBond(2, ACCOUNT),
    actions.WithdrawKeyBond(9),
]


def call_data(action: actions.Action) -> tuple[str, bytes, int]:
    """Contract, data and value of an action's call."""
    call = function_call(action)
    data = interface(call.contract).encode(call.function, *call.arguments)
    return call.contract, data, call.value


def test_every_action_is_here():
    assert {type(action) for action in ACTIONS} == set(actions.Action.__args__)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_an_action_comes_back_from_its_call(action: actions.Action):
    contract, data, value = call_data(action)
    decoded = decode_action(contract, data, value)
    assert decoded == action
    assert decoded is not None
    for item in fields(action):
        assert type(getattr(decoded, item.name)) is type(getattr(action, item.name))


@pytest.mark.parametrize(
    ("contract", "data"),
    [
        ("ModelToken", interface("ModelToken").encode("transfer", ACCOUNT, 1)),
        ("ModelChain", interface("ModelChain").encode("head")),
        ("KeyRegistry", interface("KeyRegistry").encode("openRound", 1)),
        ("ModelChain", b""),
        ("ModelChain", b"\x00\x01"),
        ("ModelChain", b"\xff\xff\xff\xff" + bytes(64)),
    ],
)
def test_what_is_no_action_is_none(contract: str, data: bytes):
    assert decode_action(contract, data, 0) is None


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_an_action_comes_back_from_other_call_data_that_contracts_take(action: actions.Action):
    contract, data, value = call_data(action)
    assert decode_action(contract, loosened(contract, data), value) == action
    assert decode_action(contract, data + b"\xff", value) == action


def test_bytes_need_no_padding():
    contract, data, _ = call_data(actions.SubmitHeaders(b"\x07" * 80))
    for loose in (data[:-16], data[:-16] + b"\xff" * 16):
        assert decode_action(contract, loose, 0) == actions.SubmitHeaders(b"\x07" * 80)


def test_what_a_contract_does_not_look_at_may_be_anything():
    """Of an item whose nullifier is used, a batch has only scope and nullifier read."""
    contract, data, _ = call_data(actions.Share((SHARED, SHARED)))
    offset = 4 + 2 * 32 + int.from_bytes(data[4 + 3 * 32 :][:32], "big") + 7 * 32
    wild = data[:offset] + b"\xff" * 32 + data[offset + 32 :]
    decoded = decode_action(contract, wild, 0)
    assert isinstance(decoded, actions.Share)
    first, second = decoded.transactions
    assert first == SHARED
    assert second.item == ITEM
    assert second.signature.responses == ()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_every_call_data_stands_for_an_action(action: actions.Action):
    contract, data, value = call_data(action)
    random = Random(7)
    for length in range(4, len(data)):
        assert decode_action(contract, data[:length], value) is not None
    for size in range(0, 2048, 31):
        assert decode_action(contract, data[:4] + random.randbytes(size), value) is not None
