"""Compiler output: linking puts the right address in the right place, and stale output is seen."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from offchain.errors import ArtifactError
from offchain.toolchain.artifacts import (
    Artifact,
    load_artifacts,
    verify_current,
)
from offchain.toolchain.kept_contracts import COMPILER_SETTINGS

ADDRESS_A = "0x" + "aB" * 20
ADDRESS_B = "0x" + "12" * 20
SOURCE = "pragma solidity 0.8.30;\ncontract Sample {}\n"


def placeholder(name: str) -> str:
    """What Brownie writes in an address's place."""
    return f"__{name[:36]:_<36}__"


def artifact(code: str) -> Artifact:
    return Artifact("Sample", (), code, 0, "contracts/Sample.sol", "")


def write_checkout(root: Path, **changes: Any) -> None:
    """Write a source and its artifact."""
    (root / "contracts").mkdir(parents=True, exist_ok=True)
    (root / "build/contracts").mkdir(parents=True, exist_ok=True)
    (root / "contracts/Sample.sol").write_text(SOURCE)
    (root / COMPILER_SETTINGS).touch()
    content = {
        "contractName": "Sample",
        "abi": [],
        "bytecode": "60016002",
        "deployedBytecode": "6002",
        "natspec": {},
        "sourcePath": "contracts/Sample.sol",
        "sha1": hashlib.sha1(SOURCE.encode(), usedforsecurity=False).hexdigest(),
    }
    (root / "build/contracts/Sample.json").write_text(json.dumps(content | changes))


def test_code_without_libraries_is_its_bytes():
    assert artifact("600160ff").linked() == bytes.fromhex("600160ff")
    assert artifact("600160ff").libraries == ()


def test_each_library_gets_its_own_address_at_every_place():
    long_name = "ALibraryWhoseNameIsLongerThanThirtySixCharacters"
    code = f"73{placeholder('Ring_')}5b73{placeholder(long_name)}5b73{placeholder('Ring_')}"
    sample = artifact(code)
    assert sample.libraries == (long_name[:36], "Ring")
    linked = sample.linked({"Ring": ADDRESS_A, long_name: ADDRESS_B})
    assert linked.hex() == f"73{'ab' * 20}5b73{'12' * 20}5b73{'ab' * 20}"


@pytest.mark.parametrize(
    "libraries",
    [{}, {"Other": ADDRESS_A}, {"Ring": ADDRESS_A, "Other": ADDRESS_B}],
    ids=["missing", "wrong", "too many"],
)
def test_other_libraries_than_those_needed_are_refused(libraries: dict[str, str]):
    with pytest.raises(ArtifactError, match="is linked with the libraries Ring"):
        artifact(f"73{placeholder('Ring')}").linked(libraries)


@pytest.mark.parametrize("address", ["", "0x12", ADDRESS_A[2:], ADDRESS_A + "00", "0x" + "zz" * 20])
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(ArtifactError, match="is no address"):
        artifact(f"73{placeholder('Ring')}").linked({"Ring": address})


def test_an_interface_has_no_code_to_link():
    with pytest.raises(ArtifactError, match="interface or abstract"):
        artifact("").linked()


@pytest.mark.parametrize("code", ["6", "60zz", "73__Ring__"])
def test_damaged_code_is_refused(code: str):
    with pytest.raises(ArtifactError, match="not hexadecimal"):
        artifact(code).linked()


def test_output_of_the_present_sources_is_current(tmp_path: Path):
    write_checkout(tmp_path)
    artifacts = load_artifacts(tmp_path)
    assert artifacts["Sample"].deployed_size == 2
    verify_current(tmp_path, artifacts.values())


def test_a_changed_source_is_seen_even_when_its_time_is_old(tmp_path: Path):
    write_checkout(tmp_path)
    source = tmp_path / "contracts/Sample.sol"
    source.write_text(SOURCE.replace("{}", "{ }"))
    os.utime(source, (0, 0))
    with pytest.raises(ArtifactError, match="has changed since it was compiled"):
        verify_current(tmp_path, load_artifacts(tmp_path).values())


def test_a_new_source_is_seen_but_a_file_of_errors_alone_is_none(tmp_path: Path):
    write_checkout(tmp_path)
    (tmp_path / "contracts/Errors.sol").write_text("// no contract here\nerror TooLate(uint256);\n")
    verify_current(tmp_path, load_artifacts(tmp_path).values())
    (tmp_path / "contracts/More.sol").write_text("abstract contract More {}\n")
    with pytest.raises(ArtifactError, match=r"More\.sol has not been compiled"):
        verify_current(tmp_path, load_artifacts(tmp_path).values())


def test_a_removed_source_is_seen(tmp_path: Path):
    write_checkout(tmp_path)
    artifacts = load_artifacts(tmp_path)
    (tmp_path / "contracts/Sample.sol").unlink()
    with pytest.raises(ArtifactError, match="is gone"):
        verify_current(tmp_path, artifacts.values())


def test_a_checkout_that_was_never_compiled_says_what_to_do(tmp_path: Path):
    (tmp_path / COMPILER_SETTINGS).touch()
    with pytest.raises(ArtifactError, match="make build"):
        load_artifacts(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff"])
def test_a_malformed_file_is_named(tmp_path: Path, content: bytes):
    write_checkout(tmp_path)
    (tmp_path / "build/contracts/Sample.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"Sample\.json is malformed"):
        load_artifacts(tmp_path)
