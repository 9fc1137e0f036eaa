"""Compiles the contracts with marks in them, as Brownie compiles them without."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offchain.errors import ModelChainError
from offchain.toolchain.artifacts import Artifact
from offchain.toolchain.solc_binary import solc_executable
from scripts.support.contract_coverage.instrument import Instrumented
from scripts.support.contract_coverage.places import Place, write_places

ARTIFACTS = "artifacts.json"
PLACES = "places.json"

MARKS = "Coverage.sol"
NOT_COUNTED = ("contracts/interfaces/", "contracts/test/")

# As in brownie-config.yaml.
SETTINGS: Mapping[str, Any] = {
    "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
    "optimizer": {"enabled": True, "runs": 1000},
    "viaIR": True,
    "evmVersion": "cancun",
}


class CompilationFailed(ModelChainError):
    """The compiler refused a source, for a reason that it gave."""


def prepare(root: Path, folder: Path) -> None:
    """Instrument and compile all contracts; write artifacts and places into a folder.

    Nothing is done where that folder holds the result for the same sources.

    Raises:
        CompilationFailed: the compiler refuses a source.
    """
    sources = {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted((root / "contracts").rglob("*.sol"))
    }
    marks = Path(__file__).with_name(MARKS).read_text(encoding="utf-8")
    tools = [file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.iterdir())
             if file.is_file()]  # fmt: skip
    stamp = hashlib.sha256(json.dumps([sources, tools]).encode()).hexdigest()
    if (folder / "stamp").is_file() and (folder / "stamp").read_text() == stamp:
        return
    marked, places = instrument(sources, root)
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    compiled = compile_sources(
        {**marked, MARKS: marks}, {**SETTINGS, "outputSelection": {"*": {"*": outputs}}}, root
    )
    artifacts = [
        {
            "name": name,
            "abi": contract["abi"],
            "creation_code": contract["evm"]["bytecode"]["object"],
            "deployed_size": len(contract["evm"]["deployedBytecode"]["object"]) // 2,
            "source_path": path,
            "source_sha1": "",
        }
        for path, contracts in compiled["contracts"].items()
        if path in sources
        for name, contract in contracts.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARTIFACTS).write_text(json.dumps(artifacts), encoding="utf-8")
    write_places(folder / PLACES, places)
    (folder / "stamp").write_text(stamp, encoding="utf-8")


def read_artifacts(folder: Path) -> dict[str, Artifact]:
    """The artifacts that `prepare` wrote, by name."""
    entries = json.loads((folder / ARTIFACTS).read_text(encoding="utf-8"))
    return {entry["name"]: Artifact(**{**entry, "abi": tuple(entry["abi"])}) for entry in entries}


def instrument(sources: Mapping[str, str], root: Path) -> tuple[dict[str, str], list[Place]]:
    """Put marks into sources, but for those that do not count; returns them and all places."""
    settings = {
        "remappings": SETTINGS["remappings"],
        "stopAfter": "parsing",
        "outputSelection": {"*": {"": ["ast"]}},
    }
    trees = compile_sources(sources, settings, root)["sources"]
    places: list[Place] = []
    marked = {}
    for name, text in sources.items():
        if name.startswith(NOT_COUNTED):
            marked[name] = text
        else:
            instrumented = Instrumented(name, text.encode(), places)
            marked[name] = instrumented.mark(trees[name]["ast"]).decode()
    return marked, places


def compile_sources(
    sources: Mapping[str, str], settings: Mapping[str, Any], root: Path
) -> dict[str, Any]:
    """Run the Solidity compiler in the checkout; raises CompilationFailed."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": settings,
    }
    process = subprocess.run(
        [
            *(str(solc_executable()), "--standard-json"),
            *("--allow-paths", str((root / "node_modules").resolve())),
        ],
        input=json.dumps(request),
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    output: dict[str, Any] = json.loads(process.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise CompilationFailed("\n".join(errors))
    return output
