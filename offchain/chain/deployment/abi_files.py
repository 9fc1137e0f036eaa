"""Writes the contracts' interfaces from the compiler's output into this package.

``python -m offchain.chain.deployment.abi_files`` in the root of a compiled checkout; with
``--check`` it only compares. One file for each deployed contract, one line for each entry, so that
changes are easy to read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from offchain.chain.abi.interfaces import ABI_FOLDER, INTERFACES
from offchain.errors import ArtifactError
from offchain.programs.running import run_program
from offchain.toolchain.artifacts import Artifact, load_artifacts
from offchain.toolchain.generator_options import CHECK, COMPILED_ROOT

_KEPT_KINDS: Final = ("constructor", "function", "event", "error")


def abi_files(artifacts: Mapping[str, Artifact]) -> dict[str, str]:
    """What every file must hold, by its name.

    Raises:
        ArtifactError: a contract is not compiled.
    """
    missing = [name for name in INTERFACES if name not in artifacts]
    if missing:
        raise ArtifactError(f"{', '.join(missing)} not compiled: run `make build`")
    return {f"{name}.json": abi_text(artifacts[name].abi) for name in INTERFACES}


def abi_text(abi: Sequence[Mapping[str, Any]]) -> str:
    """An interface as JSON, one entry a line, ordered by kind and name."""
    entries = sorted(
        (entry for entry in abi if entry["type"] in _KEPT_KINDS),
        key=lambda entry: (_KEPT_KINDS.index(entry["type"]), entry.get("name", "")),
    )
    lines = [json.dumps(entry, sort_keys=True, separators=(", ", ": ")) for entry in entries]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def differing_files(expected: Mapping[str, str], folder: Path = ABI_FOLDER) -> list[str]:
    """Names of files that are missing, differ, or should not be there."""
    present = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")}
    names = sorted({*expected, *present})
    return [name for name in names if expected.get(name) != present.get(name)]


def write_abi_files(expected: Mapping[str, str], folder: Path = ABI_FOLDER) -> list[str]:
    """Bring a folder to what it must hold; returns the names that changed."""
    changed = differing_files(expected, folder)
    folder.mkdir(exist_ok=True)
    for name in changed:
        if name in expected:
            (folder / name).write_text(expected[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


@click.command()
@CHECK
@COMPILED_ROOT
def write_interfaces(check: bool, root: Path) -> int:
    """Write the contracts' interfaces from the compiler's output into this package."""
    expected = abi_files(load_artifacts(root))
    if check:
        differing = differing_files(expected)
        if differing:
            print(f"abi_files: run `make build`: {', '.join(differing)} differ", file=sys.stderr)
        return 1 if differing else 0
    for name in write_abi_files(expected):
        print(f"interface written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(write_interfaces, "abi_files"))
