"""The interfaces that the package keeps: those of the compiled contracts, and all that is used."""

from dataclasses import dataclass, fields
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from offchain.chain.abi.calls import function_call
from offchain.chain.abi.decoding import record_class
from offchain.chain.abi.field_names import field_name, snake_case
from offchain.chain.abi.interfaces import (
    CONTRACTS,
    AbiValueError,
    Interface,
    all_interfaces,
    interface,
    plain,
)
from offchain.chain.deployment.abi_files import abi_files, differing_files, write_abi_files
from offchain.errors import ArtifactError
from offchain.protocol.words import dispute_records, records, reward_records
from offchain.protocol.words.actions import Action
from offchain.protocol.words.functions import FUNCTIONS
from offchain.protocol.words.orders import PAY, SignedOrder, TokenOrder
from offchain.protocol.words.records import Record
from offchain.protocol.words.transactions import Row
from scripts.support.chains.evm import compiled_artifacts

TOKEN_EVENTS = {
    *("Transfer", "Approval", "AuthorizationUsed", "AuthorizationCanceled", "EIP712DomainChanged")
}
"""Events of ERC-20, ERC-3009 and EIP-5267: wallets read them, the protocol does not."""


def test_kept_interfaces_equal_the_compilers():
    assert differing_files(abi_files(compiled_artifacts())) == []


def test_changed_missing_and_surplus_interfaces_are_found_and_mended(tmp_path):
    expected = abi_files(compiled_artifacts())
    assert sorted(write_abi_files(expected, tmp_path)) == sorted(expected)
    assert differing_files(expected, tmp_path) == []
    (tmp_path / "Heat.json").write_text("[]")
    (tmp_path / "ModelToken.json").unlink()
    (tmp_path / "Gone.json").write_text("[]")
    changed = ["Gone.json", "Heat.json", "ModelToken.json"]
    assert differing_files(expected, tmp_path) == changed
    assert write_abi_files(expected, tmp_path) == changed
    assert differing_files(expected, tmp_path) == []


def test_contract_that_is_not_compiled_is_named():
    artifacts = dict(compiled_artifacts())
    del artifacts["Heat"]
    with pytest.raises(ArtifactError, match="Heat"):
        abi_files(artifacts)


def test_unknown_interface_is_named():
    with pytest.raises(ArtifactError, match="Nothing"):
        interface("Nothing")


def test_every_event_has_a_record_with_its_fields():
    position = {field.name for field in fields(Record)}
    for known in all_interfaces():
        for event in known.events.values():
            kind = record_class(event.name)
            if kind is None:
                assert event.name in TOKEN_EVENTS
                continue
            names = [field.name for field in fields(kind) if field.name not in position]
            expected = [component["name"] for component in event.inputs]
            assert names == [snake_case(name) for name in expected], event.name


def test_every_record_has_an_event():
    kinds = {
        kind.__name__
        for module in (records, reward_records, dispute_records)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
    }
    events = {event.name for known in all_interfaces() for event in known.events.values()}
    assert kinds - events == set()
    assert events - kinds == TOKEN_EVENTS


def test_no_name_stands_for_two_functions_events_or_errors():
    for artifact in CONTRACTS:
        abi = compiled_artifacts()[artifact].abi
        for kind in ("function", "event", "error"):
            names = [entry["name"] for entry in abi if entry["type"] == kind]
            assert len(names) == len(set(names)), artifact


# ---- encoding against web3's own -----------------------------------------------------------------

ADDRESSES = st.binary(min_size=20, max_size=20).map(Web3.to_checksum_address)


def values_of(component: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of an ABI type as dataclass fields hold them."""
    kind = component["type"]
    if kind.endswith("]") and not kind.endswith("[]"):
        element, _, length = kind[:-1].rpartition("[")
        one = values_of({**component, "type": element})
        return st.lists(one, min_size=int(length), max_size=int(length))
    if kind.endswith("[]"):
        return st.lists(values_of({**component, "type": kind[:-2]}), max_size=3).map(tuple)
    if kind.endswith("]"):
        element, count = kind[:-1].rsplit("[", 1)
        return st.tuples(*[values_of({**component, "type": element})] * int(count))
    if kind == "tuple":
        return st.tuples(*(values_of(part) for part in component["components"]))
    if kind.startswith("uint"):
        return st.integers(0, 2 ** int(kind[4:]) - 1)
    if kind.startswith("int"):
        return st.integers(-(2 ** (int(kind[3:]) - 1)), 2 ** (int(kind[3:]) - 1) - 1)
    if kind == "bool":
        return st.booleans()
    if kind == "address":
        return ADDRESSES
    if kind == "bytes":
        return st.binary(max_size=100)
    assert kind.startswith("bytes"), kind
    return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))


CALLED = (*FUNCTIONS.values(), PAY)


@pytest.mark.parametrize("called", CALLED, ids=lambda called: f"{called.contract}.{called.name}")
@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_calls_are_encoded_as_web3_encodes_them(called, data):
    known = interface(called.contract)
    entry = known.functions[called.name]
    arguments = [data.draw(values_of(component)) for component in entry.inputs]
    other = Web3().eth.contract(abi=compiled_artifacts()[called.contract].abi)
    expected = other.encode_abi(called.name, args=arguments)
    assert "0x" + known.encode(called.name, *arguments).hex() == expected


OF_THE_CONTRACTS = {
    ("Membership", "start"),
    ("Membership", "openRound"),
    ("Membership", "act"),
    ("Membership", "burn"),
    ("Membership", "confiscate"),
    ("DataRegistry", "openRound"),
    ("ModelChain", "append"),
    ("ModelTransactions", "endReveal"),
    *(
        ("Attestations", name)
        for name in (
            *("enrol", "freeze", "countRound"),
            *("grantStanding", "keepStanding", "dropStanding", "fall"),
        )
    ),
    ("Disputes", "endPhase"),
    ("Heat", "gain"),
    ("ModelToken", "mint"),
}
"""Functions that only others of the contracts may call."""

OF_A_TOKEN = {
    ("ModelToken", name)
    for name in (
        *("transfer", "transferFrom", "approve", "transferWithAuthorization"),
        *("receiveWithAuthorization", "cancelAuthorization"),
    )
}
"""Functions of ERC-20 and ERC-3009, which no round depends on."""


def test_every_function_that_changes_state_is_an_action_and_every_action_is_one():
    changing = {
        (contract, entry["name"])
        for contract in CONTRACTS
        for entry in compiled_artifacts()[contract].abi
        if entry["type"] == "function" and entry["stateMutability"] in ("nonpayable", "payable")
    }
    actions_call = {(called.contract, called.name) for called in CALLED}
    assert actions_call == changing - OF_THE_CONTRACTS - OF_A_TOKEN


def test_every_action_is_in_the_table_and_says_what_it_calls():
    assert set(FUNCTIONS) == set(get_args(Action))
    for kind, called in {**FUNCTIONS, SignedOrder: PAY}.items():
        assert kind.__doc__.startswith(f"{called.contract}.{called.name}"), kind


def test_an_action_pays_where_its_function_takes_ether():
    for kind, called in FUNCTIONS.items():
        [entry] = [
            entry
            for entry in compiled_artifacts()[called.contract].abi
            if entry["type"] == "function" and entry["name"] == called.name
        ]
        pays = "value" in {field.name for field in fields(kind)}
        assert pays == (entry["stateMutability"] == "payable"), kind


def test_an_actions_fields_are_its_functions_arguments_by_name():
    for kind in (*get_args(Action), SignedOrder):
        names = {field.name for field in fields(kind)}
        call = function_call(kind(**{name: name for name in names}))
        inputs = interface(call.contract).functions[call.function].inputs
        assert list(call.arguments) == [field_name(kind, part["name"]) for part in inputs]
        assert names - {"value"} == set(call.arguments), kind


@pytest.mark.parametrize(
    ("contract", "function", "arguments"),
    [
        ("DataRegistry", "partition", (2**32, 0)),
        ("DataRegistry", "partition", (-1, 0)),
        ("DataRegistry", "partition", (1,)),
        ("DataRegistry", "partition", ("1", 0)),
        ("ModelTransactions", "commitModel", (b"\x00" * 33, b"\x00" * 32)),
        ("Rewards", "claimAttestation", (1, "0x12")),
        ("BlockProduction", "finalize", ([(bytes(32), 0, 2**63, 0, 0)],)),
    ],
)
def test_values_that_do_not_fit_are_refused(contract, function, arguments):
    with pytest.raises(AbiValueError):
        interface(contract).encode(function, *arguments)


@pytest.mark.parametrize("content", [b"", b"\x00" * 31, b"\xff" * 32 * 8, b"\x00" * 32 * 4])
def test_bytes_that_are_no_answer_are_refused(content):
    with pytest.raises(AbiValueError, match="no"):
        interface("ModelChain").decode("collection", content)


ROWS = interface("BlockProduction").functions["finalize"].inputs[0]


def test_dataclasses_become_tuples_all_the_way_down():
    assert plain(ROWS, [Row(b"a", 1, -2, 3, 0)]) == ((b"a", 1, -2, 3, 0),)


def test_a_structs_fields_are_put_in_by_their_names():
    @dataclass(frozen=True)
    class Turned:
        repeats: int
        spread: int
        net: int
        middle: int
        hash: bytes

    assert plain(ROWS, (Turned(0, 3, -2, 1, b"a"),)) == ((b"a", 1, -2, 3, 0),)


def test_a_dataclass_of_other_fields_is_no_struct():
    with pytest.raises(AbiValueError, match="TokenOrder has not the fields of the chain's"):
        plain(ROWS, (TokenOrder("", "", 0, 0, "", 0, b""),))


def test_entries_of_other_kinds_are_passed_over():
    assert Interface("X", [{"type": "fallback"}, {"type": "receive"}]).functions == {}
