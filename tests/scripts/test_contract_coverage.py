"""The coverage of contracts says what was reached, and no more: measured on a small contract."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from offchain.errors import RevertedError
from scripts.support.contract_coverage import compiling
from scripts.support.contract_coverage.places import FIRST_ADDRESS, LAST_ADDRESS, Kind, place_of
from scripts.support.contract_coverage.report import Count, Coverage, read_coverage
from scripts.support.contract_coverage.tracing import traced_evm

SAMPLE = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

contract Sample {
    error Odd(uint256 number);

    uint256 public sum;

    function add(uint256 number) external returns (uint256) {
        if (number % 2 == 1) revert Odd(number);
        for (uint256 i = 0; i < number; ++i) sum += sign(i, true);
        return sum;
    }

    function sign(uint256 number, bool isUsed) public pure returns (uint256) {
        if (number > 2 && isUsed) {
            return 2;
        } else if (number == 1)
            return number == 1 ? 1 : 0;
        unchecked {
            number += 1;
        }
        return number;
    }

    function never() external pure {}
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    (root / "contracts").mkdir()
    (root / "contracts" / "Sample.sol").write_text(SAMPLE)
    compiling.prepare(root, root / "coverage")
    return root / "coverage"


def reached(folder: Path, *numbers: int) -> Coverage:
    """What calls of add() reach, sent one after the other, reverting ones too."""
    for file in folder.glob("hits/*"):
        file.unlink()
    with traced_evm(folder) as evm:
        sample = evm.deploy("Sample")
        for number in numbers:
            refusal = pytest.raises(RevertedError) if number % 2 else nullcontext()
            with refusal:
                evm.send(sample.functions.add(number))
    return read_coverage(folder)


def missed(coverage: Coverage, kind: Kind) -> set[tuple[str, bool | None]]:
    return {(place.text, place.outcome) for place in coverage.missed if place.kind is kind}


def test_calls_that_are_not_sent_count_too(folder: Path):
    for file in folder.glob("hits/*"):
        file.unlink()
    with traced_evm(folder) as evm:
        evm.deploy("Sample").functions.never().call()
    assert read_coverage(folder).total("function") == Count(1, 3)


def test_nothing_is_reached_by_deploying(folder: Path):
    coverage = reached(folder)
    assert coverage.total("line") == Count(0, 9)
    assert coverage.total("branch") == Count(0, 10)
    assert coverage.total("operand") == Count(0, 4)
    assert coverage.total("function") == Count(0, 3)


def test_what_a_reverted_transaction_reached_counts(folder: Path):
    coverage = reached(folder, 1)
    assert coverage.total("line") == Count(1, 9)
    assert ("revert Odd(number)", None) not in missed(coverage, Kind.STATEMENT)
    assert ("sum += sign(i, true)", None) in missed(coverage, Kind.STATEMENT)
    assert coverage.total("branch") == Count(1, 10)
    assert ("number % 2 == 1", False) in missed(coverage, Kind.BRANCH)


def test_each_outcome_of_each_condition_counts(folder: Path):
    coverage = reached(folder, 2)
    assert missed(coverage, Kind.BRANCH) == {
        ("number % 2 == 1", True),
        ("number > 2 && isUsed", True),
        ("number == 1", False),  # of ? :
    }
    assert missed(coverage, Kind.OPERAND) == {
        ("number > 2", True),
        ("isUsed", True),
        ("isUsed", False),
    }
    coverage = reached(folder, 1, 4)
    assert missed(coverage, Kind.BRANCH) == {("number == 1", False)}
    assert missed(coverage, Kind.OPERAND) == {("isUsed", False)}
    assert missed(coverage, Kind.STATEMENT) == set()
    assert {text for text, _ in missed(coverage, Kind.FUNCTION)} == {
        "function never() external pure {}"
    }
    assert coverage.total("line").percent == 100


def test_places_say_where_they_are(folder: Path):
    [place] = [p for p in reached(folder, 2).missed if p.text == "revert Odd(number)"]
    assert (place.file, place.line) == ("contracts/Sample.sol", 10)


def test_marked_sources_keep_their_lines(tmp_path: Path):
    marked, places = compiling.instrument({"contracts/Sample.sol": SAMPLE}, tmp_path)
    original = SAMPLE.split("\n")
    lines = marked["contracts/Sample.sol"].split("\n")
    assert len(lines) == len(original)
    for place in places:
        assert place.text.split("{")[0].strip() in original[place.line - 1]


def test_harnesses_and_interfaces_are_not_counted(tmp_path: Path):
    names = ("contracts/test/Sample.sol", "contracts/interfaces/Sample.sol")
    marked, places = compiling.instrument(dict.fromkeys(names, SAMPLE), tmp_path)
    assert set(marked.values()) == {SAMPLE}
    assert places == []


def test_a_source_that_does_not_compile_is_named(tmp_path: Path):
    with pytest.raises(compiling.CompilationFailed, match=r"Broken\.sol"):
        compiling.instrument({"contracts/Broken.sol": "contract {"}, tmp_path)


def test_only_the_marks_addresses_are_places():
    assert place_of(hex(FIRST_ADDRESS)) == 0
    assert place_of(hex(LAST_ADDRESS - 1)) == 2**32 - 1
    assert place_of(hex(LAST_ADDRESS)) is None
    assert place_of("0x" + "00" * 19 + "01") is None
