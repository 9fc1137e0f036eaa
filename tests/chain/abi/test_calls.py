"""Call data becomes the action that it was made from."""

from dataclasses import fields
from random import Random

import pytest

from offchain.chain.abi.calls import decode_action, function_call
from offchain.chain.abi.interfaces import AbiValueError, interface
from offchain.crypto.possession import PossessionProof
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import Proof, QuestionKind
from offchain.protocol.words.transactions import DataRecord, DataTransaction, ModelTransaction, Row
from tests.support.tampering.loose_call_data import loosened

ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
HASH = bytes(range(32))
NUMBERS = (1_700_000_000, OTHER, 2**255 + 7, 28)
SHARED = DataTransaction(3, (HASH, bytes(32)), (bytes(32), HASH), HASH, *NUMBERS)
RECORD = DataRecord(3, HASH, bytes(32), HASH, *NUMBERS)
MODEL = ModelTransaction(ACCOUNT, HASH, bytes(32), 12, HASH, HASH)
ROWS = (Row(HASH, 7, 0, 0, 0), Row(HASH, 2**64 - 1, -(2**63), 3, 0), Row(HASH, 9, 2, 3, 1))
PROOF = Proof(HASH, 7, True, RECORD, bytes(4), (HASH,), (), bytes(32), (HASH, HASH), b"a model")

ACTIONS = [
    actions.SubmitHeaders(bytes(160)),
    actions.Start((ACCOUNT, OTHER)),
    actions.Advance(),
    actions.ApplyFor(2, 5, PossessionProof(HASH, 2**255 + 1), 10**17),
    actions.AddStake(3),
    actions.WithdrawStake(),
    actions.SeedDraw(822_600),
    actions.RenewDraw(),
    actions.WriteMembers((OTHER,)),
    actions.Share(SHARED, HASH, (1, 2**256 - 1)),
    actions.Partition(822_600, 7),
    actions.PublishTrainingKeys(RECORD, 4, 1, (HASH, bytes(32))),
    actions.PublishTestKeys(3, 4, (bytes(32), HASH)),
    actions.CommitModel(HASH, HASH),
    actions.RevealModel(MODEL, HASH),
    actions.BringModel(3, b"some file"),
    actions.ReportData(2**255 + 1),
    actions.ReportModels(0),
    actions.CommitAttestation(HASH),
    actions.OpenStatement(ROWS, HASH),
    actions.OpenAttestation(HASH, HASH),
    dispute_actions.Ask(HASH, ROWS, QuestionKind.FORM, 2, 10**18),
    dispute_actions.AnswerRow(1, ROWS, bytes(80), bytes(41), ((-(2**63), 2**63 - 1), (3, 4))),
    dispute_actions.AnswerForm(2, b"a model"),
    dispute_actions.AskCell(1, 3, 2, 5),
    dispute_actions.AnswerCell(4, ROWS, bytes(44), b"", bytes(range(33)), bytes(1)),
    dispute_actions.CommitProof(HASH),
    dispute_actions.Prove(4, PROOF),
    dispute_actions.ProveForm(2, HASH, b"a model"),
    dispute_actions.Settle(3, 2),
    dispute_actions.SettleCell(3, 4),
    actions.Finalize(ROWS),
    actions.ClaimBest(2),
    actions.ClaimVoice(2, 1),
    actions.ClaimAttestation(2, ACCOUNT),
    actions.ClaimRounds(ACCOUNT, (actions.RoundClaim(2, 1), actions.RoundClaim(3, 2**32 - 1))),
    actions.ClaimData(RECORD, 4),
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
        ("Membership", interface("Membership").encode("openRound", 1)),
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


def test_bits_that_do_not_belong_to_a_value_are_left_out():
    """A contract refuses them where it looks, and where it does not they may be anything."""
    contract, data, _ = call_data(actions.Partition(1, 7))
    dirty = data[:4] + b"\xff" * 28 + data[32:]
    assert decode_action(contract, dirty, 0) == actions.Partition(1, 7)


def test_what_is_not_all_there_is_read_as_nothing():
    contract, data, _ = call_data(actions.Share(SHARED, HASH, (5, 6)))
    [offset] = [at for at in range(4, len(data), 32) if data[at:][:96] == words(2, 5, 6)]
    many = data[:offset] + words(3) + data[offset + 32 :]
    decoded = decode_action(contract, many, 0)
    assert decoded == actions.Share(SHARED, HASH, ())


def words(*values: int) -> bytes:
    """Values as words."""
    return b"".join(value.to_bytes(32, "big") for value in values)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_every_call_data_stands_for_an_action(action: actions.Action):
    contract, data, value = call_data(action)
    random = Random(7)
    for length in range(4, len(data)):
        assert decode_action(contract, data[:length], value) is not None
    for size in range(0, 2048, 31):
        try:
            assert decode_action(contract, data[:4] + random.randbytes(size), value) is not None
        except AbiValueError as error:
            # Contracts refuse numbers that no word of an enumeration stands for.
            if not isinstance(action, dispute_actions.Ask) or "is no QuestionKind" not in str(
                error
            ):
                raise
