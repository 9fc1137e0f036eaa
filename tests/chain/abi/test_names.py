"""Names of contracts' functions, events and errors that stand in the code are those of the ABIs."""

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from offchain.bitcoin import errors as bitcoin_errors
from offchain.chain.abi.interfaces import CONTRACTS, errors_by_selector, interface
from offchain.crypto import ring_errors
from offchain.protocol.words.contract_errors import ContractError
from scripts.support.chains.evm import compiled_artifacts

ROOT = Path(__file__).parents[3]
ERRORS = {(entry.name, len(entry.inputs)) for entry in errors_by_selector().values()}
ERROR_NAMES = {name for name, _ in ERRORS}
OWN_NAMES = {
    bitcoin_errors: {"BadHeaderSize", "WrongGenesis", "RelayRuleError"},
    ring_errors: {"RingSignatureError", "NotSignable"},
}
"""Errors that no contract has."""


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Every syntax node of the code in some folders, with its place."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def texts(parts: list[ast.expr]) -> Iterator[tuple[str, str]]:
    """Pairs of literal texts that stand side by side."""
    for first, second in pairwise(parts):
        if isinstance(first, ast.Constant) and isinstance(second, ast.Constant):
            yield first.value, second.value


def test_every_name_beside_a_contracts_is_a_function_or_an_event_of_it():
    """As in ``View("Heat", "heatOf", ...)`` and ``("ModelToken", "Transfer")``."""
    found = [
        (place, contract, name)
        for place, node in nodes("offchain", "scripts")
        if isinstance(node, ast.Call) or (isinstance(node, ast.Tuple) and len(node.elts) == 2)
        for contract, name in texts(node.args if isinstance(node, ast.Call) else node.elts)
        if contract in CONTRACTS and name not in CONTRACTS and str(name).isidentifier()
    ]
    unknown = [
        (place, contract, name)
        for place, contract, name in found
        if name not in interface(contract).functions
        and name not in {event.name for event in interface(contract).events.values()}
    ]
    assert len(found) > 80
    assert unknown == []


def test_every_error_that_programs_act_upon_is_a_contracts():
    assert set(ContractError) - ERROR_NAMES == set()


def test_every_revert_of_the_reference_is_an_error_of_the_contracts_with_its_arguments():
    found = 0
    for place, node in nodes("offchain/protocol"):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Revert":
            name, *arguments = node.args
            if not isinstance(name, ast.Constant):
                continue  # of an error's class: see the next test
            assert name.value in ERROR_NAMES, place
            if not any(isinstance(argument, ast.Starred) for argument in arguments):
                assert (name.value, len(arguments)) in ERRORS, place
            found += 1
    assert found > 60


@pytest.mark.parametrize("module", OWN_NAMES, ids=lambda module: module.__name__)
def test_errors_in_the_contracts_words_bear_their_names(module):
    classes = {
        name
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
    }
    assert classes - ERROR_NAMES == OWN_NAMES[module]


def test_every_error_of_the_contracts_and_their_libraries_is_in_the_kept_interfaces():
    """What an internal library reverts with stands in the interface of who uses it."""
    errors = {
        (artifact.name, entry["name"]): bytes(keccak(text=abi_to_signature(entry)))[:4]
        for artifact in compiled_artifacts().values()
        if re.fullmatch(r"contracts/(libraries/)?\w+\.sol", artifact.source_path)
        for entry in artifact.abi
        if entry["type"] == "error"
    }
    assert ("RingSignatures", "RingNotClosed") in errors
    assert [name for name, selector in errors.items() if selector not in errors_by_selector()] == []
