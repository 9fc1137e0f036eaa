"""The compiled contracts as they are kept in this package, so that nobody has to compile to deploy.

``python -m offchain.toolchain.kept_contracts`` in the root of a compiled checkout writes them;
with ``--check`` it only compares. The file holds what is read of the compiler's output, and one
hash over all that decides that output. It is not used where a checkout has other sources or
settings.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from offchain.errors import ArtifactError
from offchain.programs.running import run_program
from offchain.toolchain.generator_options import CHECK, COMPILED_ROOT
from offchain.toolchain.node_runtime import LOCK
from offchain.whole_files import UnwritableFile, write_whole

KEPT_FILE: Final = Path(__file__).with_name("contracts.json.xz")
SOURCE_FOLDER: Final = Path("contracts")
BUILD_FOLDER: Final = Path("build/contracts")
COMPILER_SETTINGS: Final = Path("brownie-config.yaml")

FIELDS: Final = (
    "contractName", "abi", "bytecode", "deployedBytecode", "natspec", "sourcePath", "sha1",
)  # fmt: skip
"""What is read of the files that Brownie writes."""

_LOCKED: Final = ("node_modules/@openzeppelin/contracts", "node_modules/solc")
_LARGEST_BYTES: Final = 32 * 1024 * 1024
ADVICE: Final = "run `make build`"


@dataclass(frozen=True, slots=True)
class KeptContracts:
    """Compiled contracts and what they were compiled from.

    Attributes:
        sources: the fingerprint of those sources and settings; see `fingerprint`.
        contracts: `FIELDS` of each contract of `SOURCE_FOLDER`, by its name.
    """

    sources: str
    contracts: dict[str, dict[str, Any]]


def fingerprint(root: Path) -> str:
    """SHA-256 over all that decides the compiler's output, in hexadecimal.

    That is every source with its path, the compiler's settings, and the hashes of OpenZeppelin's
    contracts and of the compiler that the lock file names.

    Raises:
        ArtifactError: a file cannot be read.
    """
    try:
        locked = json.loads((root / LOCK).read_bytes())["packages"]
        parts = [json.dumps([locked[name]["integrity"] for name in _LOCKED]).encode()]
        for file in (root / COMPILER_SETTINGS, *sorted((root / SOURCE_FOLDER).rglob("*.sol"))):
            parts += [file.relative_to(root).as_posix().encode(), file.read_bytes()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"what the contracts are made of cannot be read: {error!r}") from error
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big") + part)
    return hashed.hexdigest()


def read_kept(file: Path = KEPT_FILE) -> KeptContracts:
    """Read what is kept.

    Raises:
        ArtifactError: it is not there, or damaged.
    """
    try:
        with lzma.open(file) as packed:
            content = json.loads(packed.read(_LARGEST_BYTES))
        return KeptContracts(content["sources"], dict(content["contracts"]))
    except (OSError, EOFError, lzma.LZMAError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{file} is not usable ({error!r}): {ADVICE}") from error


def compiled(root: Path) -> KeptContracts:
    """What the compiler gave for the checkout at ``root``, of the project's own sources.

    Raises:
        ArtifactError: nothing was compiled, or a file is malformed.
    """
    contracts = {}
    for file in sorted((root / BUILD_FOLDER).glob("*.json")):
        try:
            content = json.loads(file.read_bytes())
            if content["sourcePath"].startswith(f"{SOURCE_FOLDER}/"):
                contracts[file.stem] = {field: content[field] for field in FIELDS}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(f"{file} is malformed ({error!r}): delete it, {ADVICE}") from error
    if not contracts:
        raise ArtifactError(f"{root / BUILD_FOLDER} holds no contracts: {ADVICE}")
    return KeptContracts(fingerprint(root), contracts)


def write_kept(contracts: KeptContracts, file: Path = KEPT_FILE) -> None:
    """Write what is to be kept.

    Raises:
        ArtifactError: it cannot be written.
    """
    content = {"sources": contracts.sources, "contracts": contracts.contracts}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    try:
        write_whole(file, lzma.compress(text.encode(), preset=9))
    except UnwritableFile as error:
        raise ArtifactError(str(error)) from error


def is_kept(contracts: KeptContracts, file: Path = KEPT_FILE) -> bool:
    """Whether exactly this is kept."""
    try:
        return read_kept(file) == contracts
    except ArtifactError:
        return False


@click.command()
@CHECK
@COMPILED_ROOT
def keep_contracts(check: bool, root: Path) -> int:
    """Keep what the compiler gave in this package."""
    found = compiled(root)
    if is_kept(found):
        return 0
    if check:
        print(f"kept_contracts: {KEPT_FILE} is of other contracts: {ADVICE}", file=sys.stderr)
        return 1
    write_kept(found)
    print(f"compiled contracts kept: {KEPT_FILE.name}, commit it with the sources")
    return 0


if __name__ == "__main__":
    sys.exit(run_program(keep_contracts, "kept_contracts"))
