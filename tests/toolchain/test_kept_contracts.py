"""The contracts that are kept are the compiler's, and are used for their own sources alone."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.errors import ArtifactError
from offchain.toolchain.artifacts import load_artifacts, verify_current
from offchain.toolchain.kept_contracts import (
    COMPILER_SETTINGS,
    KEPT_FILE,
    SOURCE_FOLDER,
    KeptContracts,
    compiled,
    fingerprint,
    is_kept,
    read_kept,
    write_kept,
)
from offchain.toolchain.node_runtime import LOCK


@pytest.fixture
def sources(root: Path, tmp_path: Path) -> Path:
    """A checkout that was never compiled."""
    shutil.copytree(root / SOURCE_FOLDER, tmp_path / SOURCE_FOLDER)
    for name in (COMPILER_SETTINGS, LOCK):
        shutil.copy(root / name, tmp_path / name)
    return tmp_path


def test_what_is_kept_is_what_the_compiler_gives_for_the_present_sources(root: Path):
    found = compiled(root)
    assert found.contracts.keys() >= set(CONTRACTS)
    for contract in found.contracts.values():  # what lies in build/ is of these sources
        text = (root / contract["sourcePath"]).read_bytes()
        assert hashlib.sha1(text, usedforsecurity=False).hexdigest() == contract["sha1"]
    assert is_kept(found), "run `make build` and commit what it writes"


def test_it_is_small_enough_for_a_repository():
    assert KEPT_FILE.stat().st_size < 300_000


def test_a_checkout_that_was_never_compiled_has_all_contracts(sources: Path):
    artifacts = load_artifacts(sources)
    assert artifacts.keys() >= set(CONTRACTS)
    assert artifacts["ModelToken"].creation_code
    verify_current(sources, artifacts.values())


@pytest.mark.parametrize("changed", ["source", "struct", "new", "settings", "compiler"])
def test_nothing_kept_is_used_for_other_sources_or_settings(sources: Path, changed: str):
    before = fingerprint(sources)
    if changed == "compiler":
        lock = json.loads((sources / LOCK).read_text())
        lock["packages"]["node_modules/solc"]["integrity"] = "another"
        (sources / LOCK).write_text(json.dumps(lock))
    else:
        file = {
            "source": SOURCE_FOLDER / "Heat.sol",
            "struct": SOURCE_FOLDER / "interfaces" / "Contracts.sol",
            "new": SOURCE_FOLDER / "libraries" / "New.sol",
            "settings": COMPILER_SETTINGS,
        }[changed]
        with (sources / file).open("a") as text:
            text.write("\n")
    assert fingerprint(sources) != before
    with pytest.raises(ArtifactError, match="make build"):
        load_artifacts(sources)


def test_what_is_written_is_read_again_and_damage_is_seen(tmp_path: Path):
    file = tmp_path / "kept.xz"
    contracts = KeptContracts("00", {"A": {"abi": []}})
    assert not is_kept(contracts, file)
    write_kept(contracts, file)
    assert read_kept(file) == contracts
    assert is_kept(contracts, file)
    content = file.read_bytes()
    for damaged in (b"", content[:-20], content[:40] + b"\x00" + content[41:], b"[]"):
        file.write_bytes(damaged)
        with pytest.raises(ArtifactError, match="make build"):
            read_kept(file)
