"""The words are the contracts': structs, enums, events, functions and errors of the interfaces."""

from __future__ import annotations

import re
from dataclasses import fields
from enum import IntEnum
from pathlib import Path

import pytest

from offchain.protocol.words import (
    actions,
    dispute_records,
    disputes,
    parameters,
    records,
    reward_records,
    status,
    transactions,
)
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.functions import FUNCTIONS

CONTRACTS = Path(__file__).parents[3] / "contracts"
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
WORD = re.compile(r"(?<!^)(?=[A-Z])")

STRUCTS = {
    "IMembership": {
        "Possession": actions.Possession,
        "Application": status.Application,
        "Epoch": status.Epoch,
    },
    "IStakes": {"Stake": status.Stake},
    "IDataRegistry": {
        "DataTransaction": transactions.DataTransaction,
        "DataRecord": transactions.DataRecord,
        "Partition": status.PartitionRecord,
        "Collected": status.Collected,
    },
    "IModelChain": {
        "Collection": status.Collection,
        "Competition": status.Competition,
        "ClosedRound": status.ClosedRound,
        "Block": transactions.Block,
    },
    "IModelTransactions": {
        "ModelTransaction": transactions.ModelTransaction,
        "Commitment": status.Commitment,
        "Reveal": status.Reveal,
    },
    "IAttestations": {"Row": transactions.Row, "Attestation": status.Attestation},
    "IDisputeLedger": {
        "Question": disputes.AskedQuestion,
        "Cell": disputes.AskedCell,
        "Counts": disputes.DisputeCounts,
    },
    "IDisputes": {"Commitment": disputes.CommittedProof, "Proof": disputes.Proof},
    "IProtocolParameters": {"Parameters": parameters.Parameters},
}
RECORDS = (records, reward_records, dispute_records)
BETWEEN_CONTRACTS = {"Payout"}
"""What only contracts read."""

INTERFACES = [*STRUCTS, "IBitcoinRelay", "IBlockProduction", "IRewards", "IHeat"]


def source(name: str) -> str:
    """An interface's code without its comments."""
    return COMMENT.sub("", (CONTRACTS / "interfaces" / f"{name}.sol").read_text())


def whole(name: str) -> str:
    """The same with the interfaces that it inherits from."""
    text = source(name)
    bases = re.findall(rf"\binterface {name} is (\w+) {{", text)
    return text + "".join(map(whole, bases))


def snake(name: str) -> str:
    """``dataRoot`` as ``data_root``, ``AttestReveal`` as ``attest_reveal``."""
    return WORD.sub("_", name).lower()


def names(declarations: str, separator: str) -> list[str]:
    """Names of what a struct or a parameter list declares, in order, in snake_case."""
    return [snake(entry.split()[-1]) for entry in declarations.split(separator) if entry.strip()]


def declared(kind: str, interface: str) -> dict[str, list[str]]:
    """Events or functions of an interface with the names of their parameters."""
    text = source(interface) if kind == "event" else whole(interface)
    found = re.findall(rf"\b{kind} (\w+)\(([^)]*)\)", text)
    return {name: names(arguments, ",") for name, arguments in found}


def own_fields(record: type) -> list[str]:
    """Fields of a record without those that say where it stands."""
    placed = {field.name for field in fields(records.Record)}
    return [field.name for field in fields(record) if field.name not in placed]


@pytest.mark.parametrize(
    ("interface", "name", "word"),
    [
        (interface, name, word)
        for interface, words in STRUCTS.items()
        for name, word in words.items()
    ],
)
def test_structs_have_the_fields_of_the_interfaces_in_order(interface, name, word):
    (body,) = re.findall(rf"\bstruct {name} {{([^}}]*)}}", source(interface))
    assert [field.name for field in fields(word)] == names(body, ";")


@pytest.mark.parametrize("interface", STRUCTS)
def test_no_struct_of_the_interfaces_is_left_out(interface):
    declared = set(re.findall(r"\bstruct (\w+) {", source(interface)))
    assert declared - BETWEEN_CONTRACTS == set(STRUCTS[interface])


@pytest.mark.parametrize(
    ("enum", "interface", "name"),
    [
        (status.Phase, "IModelChain", "Phase"),
        (status.VoidReason, "IModelChain", "VoidReason"),
        (disputes.QuestionKind, "IDisputeLedger", "Kind"),
        (disputes.Stage, "IDisputeLedger", "Stage"),
        (disputes.FallReason, "IDisputeLedger", "Reason"),
    ],
)
def test_enums_have_the_members_of_the_interfaces_in_order(
    enum: type[IntEnum], interface: str, name: str
):
    (body,) = re.findall(rf"\benum {name} {{([^}}]*)}}", source(interface))
    assert [member.name.lower() for member in enum] == names(body, ",")
    assert [member.value for member in enum] == list(range(len(enum)))


def test_records_are_the_events_of_the_interfaces_with_their_fields():
    events = {
        name: arguments
        for interface in INTERFACES
        for name, arguments in declared("event", interface).items()
    }
    # A wallet has a record of its own, for any token's transfers.
    own = [
        record
        for record in records.Record.__subclasses__()
        if record.__module__ in {module.__name__ for module in RECORDS}
    ]
    assert {record.__name__: own_fields(record) for record in own} == events


@pytest.mark.parametrize("action", FUNCTIONS, ids=lambda action: action.__name__)
def test_actions_are_functions_of_the_interfaces_with_their_arguments(action):
    called = FUNCTIONS[action]
    interface = f"I{called.contract}"
    given = [field.name for field in fields(action) if field.name != "value"]
    assert given == declared("function", interface)[called.name]
    declaration = rf"function {called.name}\([^)]*\)[^;]*\bpayable\b"
    is_payable = re.search(declaration, whole(interface)) is not None
    assert is_payable == any(field.name == "value" for field in fields(action))


def test_every_error_that_programs_act_upon_is_a_contract_s():
    libraries = re.compile(r"\berror (\w+)\(")
    known = {
        name
        for folder in ("interfaces", "libraries")
        for file in (CONTRACTS / folder).glob("*.sol")
        for name in libraries.findall(COMMENT.sub("", file.read_text()))
    }
    own = {error for error in ContractError if not error.startswith("ERC")}
    assert own - known == set()
