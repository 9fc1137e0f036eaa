"""What block explorers want to know to show a deployment's sources: the compiler's standard JSON.

Explorers compile it and compare the result with the chain (docs.soliditylang.org, "Compiler Input
and Output JSON Description"). Beside it stand each contract's address, name and constructor
arguments, which their forms ask for.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from offchain.chain.deployment.deployer import compiled, constructor_data
from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.plan import DeploymentPlan, constructor_arguments
from offchain.errors import ArtifactError
from offchain.toolchain.artifacts import Artifact
from offchain.toolchain.solc_binary import SOLC_LONG_VERSION
from offchain.whole_files import write_whole

STANDARD_INPUT: Final = "standard-input.json"
CONTRACTS_FILE: Final = "contracts.json"

_IMPORT: Final = re.compile(r'^\s*(?:import|}\s*from)\b[^;"]*"([^"]+)"\s*;', re.MULTILINE)


def explorer_folder(file: Path) -> Path:
    """Where the files for explorers are, beside a deployment file."""
    return file.with_name(f"{file.stem}-explorer")


def write_for_explorers(
    deployment: Deployment,
    artifacts: Mapping[str, Artifact],
    settings: Mapping[str, object],
    root: Path,
    file: Path,
) -> Path:
    """Write both files beside a deployment file; returns their folder.

    Args:
        deployment: what was deployed.
        artifacts: what it was deployed from.
        settings: the compiler's, as its standard JSON has them.
        root: the checkout.
        file: the deployment file.

    Raises:
        ArtifactError: a source that was compiled cannot be read.
        UnwritableFile: the folder cannot be written.
    """
    folder = explorer_folder(file)
    roots = [compiled(artifacts, name).source_path for name in deployment.contracts]
    remappings = settings.get("remappings", [])
    sources = reachable_sources(root, roots, remappings if isinstance(remappings, list) else [])
    standard = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": settings,
    }
    _write(folder / STANDARD_INPUT, standard)
    plan = DeploymentPlan(
        deployment.genesis_accounts,
        deployment.checkpoint,
        deployment.task,
        deployment.rules,
        deployment.parameters,
        deployment.relay,
    )
    addresses = {name: contract.address for name, contract in deployment.contracts.items()}
    contracts = {
        name: {
            "address": addresses[name],
            "contract": f"{compiled(artifacts, name).source_path}:{name}",
            "constructor_arguments": constructor_data(compiled(artifacts, name), arguments).hex(),
        }
        for name, arguments in constructor_arguments(plan, addresses).items()
    }
    _write(folder / CONTRACTS_FILE, {"compiler": f"v{SOLC_LONG_VERSION}", "contracts": contracts})
    return folder


def reachable_sources(
    root: Path, first: Iterable[str], remappings: Iterable[str]
) -> dict[str, str]:
    """The texts of some sources and of all that they import, by the compiler's name for each.

    Args:
        root: what the names are relative to.
        first: the sources to begin with.
        remappings: ``prefix=target``, of imports that are not relative.

    Raises:
        ArtifactError: one cannot be read.
    """
    pairs = [(prefix, target) for prefix, _, target in (one.partition("=") for one in remappings)]
    waiting, found = sorted(set(first)), dict[str, str]()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = (root / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{root / name} cannot be read: run `make build`") from error
        for imported in _IMPORT.findall(found[name]):
            waiting.append(_resolved(imported, name, pairs))
    return dict(sorted(found.items()))


def _resolved(imported: str, importer: str, remappings: Iterable[tuple[str, str]]) -> str:
    """The name of a source as the compiler resolves an import of it."""
    if imported.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), imported))
    for prefix, target in remappings:
        if imported.startswith(prefix):
            return target + imported.removeprefix(prefix)
    return imported


def _write(file: Path, content: object) -> None:
    write_whole(file, (json.dumps(content, indent=1) + "\n").encode(), mode=0o644)
