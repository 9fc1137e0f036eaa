"""Every part of the contracts' interfaces says what it is, as NatSpec that the compiler reads.

The pinned compiler refuses a text for a parameter that a function, event or error does not have. It
says nothing where a text is missing, and checks nothing of a struct: that is what is done here, on
the syntax trees that it makes of the sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from offchain.toolchain.artifacts import load_artifacts, verify_current
from offchain.toolchain.kept_contracts import BUILD_FOLDER, SOURCE_FOLDER
from scripts.support.contract_coverage.compiling import SETTINGS, compile_sources

INTERFACES = "contracts/interfaces/"
TEST_CONTRACTS = "contracts/test/"

SAMPLE = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice What an account has.
/// @param amount wei
/// @param round when it got it
struct Holding {
    uint256 amount;
    uint32 round;
}

/// @title A bank.
interface IBank {
    /// @notice How it is.
    enum State {
        /// @notice Shut.
        Closed,
        /// @notice Not shut.
        Open
    }

    /// @notice It is shut.
    /// @param state how it is
    error NotOpen(State state);

    /// @notice Somebody paid.
    /// @param account who
    /// @param amount wei
    event Paid(address indexed account, uint256 amount);

    /// @notice Pays.
    /// @param account who
    /// @return paid wei
    /// @return round when
    function pay(address account) external returns (uint256 paid, uint32 round);

    /// @notice Looks.
    /// @return what there is,
    /// in two lines
    function look() external view returns (Holding memory);
}
"""

LIBRARY = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

library Rates {
    uint256 public constant WHOLE = 100;
    /// @dev Half of it.
    uint256 public constant HALF = 50;
    uint256 internal constant QUARTER = 25;

    /// @notice It is over the whole.
    error TooMuch(uint256 rate);

    function check(uint256 rate) internal pure {
        if (rate > WHOLE) revert TooMuch(rate);
    }

    function _part(uint256 rate) private pure returns (uint256) {
        return rate / QUARTER;
    }
}
"""

# What is taken from the sample, what stands in its place, and what must be found.
GAPS = [
    ("/// @notice What an account has.\n", "", "Holding: no @notice"),
    ("/// @param round when it got it\n", "", "Holding: no @param round"),
    ("@param round when it got it", "@param rounds when", "Holding: no @param round"),
    ("@param round when it got it", "@param round", "Holding: no @param round"),
    ("uint32 round;\n", "", "Holding: @param round of nothing"),
    ("/// @title A bank.\n", "", "IBank: no @title"),
    ("    /// @notice How it is.\n", "", "IBank.State: no @notice"),
    ("        /// @notice Not shut.\n", "", "IBank.State.Open: no @notice"),
    ("    /// @notice It is shut.\n", "    /// @dev It is shut.\n", "IBank.NotOpen: no @notice"),
    ("    /// @param state how it is\n", "", "IBank.NotOpen: no @param state"),
    ("    /// @notice Somebody paid.\n", "", "IBank.Paid: no @notice"),
    (
        "    /// @param account who\n    /// @param",
        "    /// @param",
        "IBank.Paid: no @param account",
    ),
    ("    /// @notice Pays.\n", "", "IBank.pay: no @notice"),
    (
        "    /// @param account who\n    /// @return",
        "    /// @return",
        "IBank.pay: no @param account",
    ),
    ("    /// @return round when\n", "", "IBank.pay: no @return round"),
    ("@return round when", "@return round", "IBank.pay: no @return round"),
    ("    /// @return what there is,\n    /// in two lines\n", "", "IBank.look: no @return 1"),
]


@pytest.fixture(scope="module")
def trees(root: Path) -> dict[str, Any]:
    """The syntax tree that the compiler made of each source, by the source's path."""
    artifacts = load_artifacts(root)
    verify_current(root, artifacts.values())
    names = {artifact.source_path: name for name, artifact in artifacts.items()}
    kept = {
        path: json.loads((root / BUILD_FOLDER / f"{name}.json").read_bytes())["ast"]
        for path, name in names.items()
        if path.startswith(f"{SOURCE_FOLDER}/")
    }
    # Nothing is kept of a file that has structs only.
    others = {
        path: file.read_text(encoding="utf-8")
        for file in (root / INTERFACES).glob("*.sol")
        for path in [file.relative_to(root).as_posix()]
        if path not in kept
    }
    settings = {
        "remappings": SETTINGS["remappings"],
        "outputSelection": {path: {"": ["ast"]} for path in others},
    }
    compiled = compile_sources(others, settings, root)["sources"] if others else {}
    return {**kept, **{path: compiled[path]["ast"] for path in others}}


@pytest.fixture(scope="module")
def samples(root: Path) -> dict[str, Any]:
    """Syntax trees of the sample, by their numbers of the sample with each gap, of the library."""
    sources = {"sample": SAMPLE, "library": LIBRARY}
    for number, (taken, put, _) in enumerate(GAPS):
        assert SAMPLE.count(taken) == 1, taken
        sources[str(number)] = SAMPLE.replace(taken, put)
    output = compile_sources(sources, {"outputSelection": {"*": {"": ["ast"]}}}, root)
    return {name: source["ast"] for name, source in output["sources"].items()}


def test_every_part_of_the_interfaces_is_documented(root: Path, trees: Mapping[str, Any]) -> None:
    files = [file.relative_to(root).as_posix() for file in (root / INTERFACES).glob("*.sol")]
    assert files
    found = [f"{file}: {gap}" for file in files for gap in gaps(trees[file]["nodes"])]
    assert not found, "\n".join(found)


def test_what_is_documented_in_full_has_no_gap(samples: Mapping[str, Any]) -> None:
    assert list(gaps(samples["sample"]["nodes"])) == []


@pytest.mark.parametrize("number", range(len(GAPS)), ids=[gap for _, _, gap in GAPS])
def test_a_gap_is_found(samples: Mapping[str, Any], number: int) -> None:
    assert GAPS[number][2] in list(gaps(samples[str(number)]["nodes"]))


def test_what_others_use_of_contracts_and_libraries_is_documented(trees: Mapping[str, Any]) -> None:
    contracts = [
        (f"{file}: {contract['name']}.", contract["nodes"])
        for file, tree in trees.items()
        if not file.startswith((INTERFACES, TEST_CONTRACTS))
        for contract in tree["nodes"]
        if contract["nodeType"] == "ContractDefinition"
    ]
    assert contracts
    found = [gap for name, nodes in contracts for gap in gaps_of_a_contract(nodes, name)]
    assert not found, "\n".join(found)


def test_gaps_of_a_library_are_found(samples: Mapping[str, Any]) -> None:
    library = samples["library"]["nodes"][-1]
    assert list(gaps_of_a_contract(library["nodes"], "Rates.")) == [
        "Rates.WHOLE",
        "Rates.TooMuch: no @param rate",
        "Rates.check",
    ]


def gaps_of_a_contract(nodes: Sequence[Mapping[str, Any]], within: str) -> Iterator[str]:
    """Errors and events that are not documented in full, functions and variables not at all.

    Private ones, internal variables and constructors are the contract's own affair.
    """
    for node in nodes:
        match node["nodeType"]:
            case "ErrorDefinition" | "EventDefinition":
                yield from gaps([node], within)
            case "FunctionDefinition":
                is_private = node["visibility"] == "private" or node["kind"] == "constructor"
                if not is_private and not tags(node):
                    yield f"{within}{node['name']}"
            case "VariableDeclaration":
                if node["visibility"] == "public" and not tags(node):
                    yield f"{within}{node['name']}"


def gaps(nodes: Sequence[Mapping[str, Any]], within: str = "") -> Iterator[str]:
    """What is not documented of a list of definitions, by name."""
    for node in nodes:
        kind = node["nodeType"]
        if kind in ("PragmaDirective", "ImportDirective"):
            continue
        name = within + node["name"]
        required = "title" if kind == "ContractDefinition" else "notice"
        if not any(text for tag, text in tags(node) if tag == required):
            yield f"{name}: no @{required}"
        match kind:
            case "ContractDefinition":
                yield from gaps(node["nodes"], f"{name}.")
            case "EnumDefinition":
                yield from gaps(node["members"], f"{name}.")
            case "EnumValue":
                pass
            case "StructDefinition":
                yield from undocumented_parameters(node, node["members"], name)
            case "ErrorDefinition" | "EventDefinition":
                yield from undocumented_parameters(node, node["parameters"]["parameters"], name)
            case "FunctionDefinition":
                yield from undocumented_parameters(node, node["parameters"]["parameters"], name)
                yield from undocumented_returns(node, name)
            case _:
                yield f"{name}: {kind} is not known to this check"


def undocumented_parameters(
    node: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]], name: str
) -> Iterator[str]:
    """Parameters or members without a text, and texts without a parameter or member."""
    texts = [text.partition(" ") for tag, text in tags(node) if tag == "param"]
    documented = {parameter for parameter, _, text in texts if text}
    names = [parameter["name"] for parameter in parameters]
    for place, parameter in enumerate(names, start=1):
        if parameter not in documented:
            yield f"{name}: no @param {parameter or place}"
    for parameter in sorted(documented - set(names)):
        yield f"{name}: @param {parameter} of nothing"


def undocumented_returns(node: Mapping[str, Any], name: str) -> Iterator[str]:
    """Return values without a text; those without a name have theirs by their place."""
    texts = [text for tag, text in tags(node) if tag == "return"]
    values = node["returnParameters"]["parameters"]
    for place, value in enumerate(values):
        text = texts[place] if place < len(texts) else ""
        if value["name"]:
            first, _, text = text.partition(" ")
            text = text if first == value["name"] else ""
        if not text:
            yield f"{name}: no @return {value['name'] or place + 1}"


def tags(node: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tags of a definition's documentation with their texts, in order."""
    comment = node.get("documentation") or {"text": ""}
    lines = re.split(r"(?:^|\n)\s*@(\w+)", comment["text"])
    return [
        (tag, " ".join(text.split())) for tag, text in zip(lines[1::2], lines[2::2], strict=True)
    ]
