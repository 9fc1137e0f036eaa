"""Contracts as Brownie's compiler output holds them: ABI and code, libraries linked on request.

Brownie writes one JSON file per contract to ``build/contracts``. What is read of them is kept in
this package too (`offchain.toolchain.kept_contracts`), and taken from there while the sources are
the same. Where the creation code calls a library by its address, Brownie puts 40 characters in the
address's place: two underscores, the library's name padded with underscores to 36 (and cut there),
two underscores.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offchain.config import is_checkout
from offchain.errors import ArtifactError
from offchain.toolchain.kept_contracts import (
    ADVICE,
    BUILD_FOLDER,
    SOURCE_FOLDER,
    KeptContracts,
    fingerprint,
    read_kept,
)

_PLACEHOLDER = re.compile(r"__[A-Za-z$_][A-Za-z0-9$_]{35}__")
_PLACEHOLDER_NAME_LENGTH = 36
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2})*")
_DEFINITION = re.compile(r"^\s*(?:abstract\s+)?(?:contract|library|interface)\s+\w", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract, library or interface.

    Attributes:
        name: the contract's name.
        abi: its interface as the compiler describes it.
        creation_code: hexadecimal without prefix, with placeholders for libraries; empty for
            interfaces and abstract contracts.
        deployed_size: bytes of the code on chain (EIP-170 allows 24,576).
        source_path: the source file, relative to the root of the checkout.
        source_sha1: SHA-1 of that file's text when it was compiled, in hexadecimal.
        documentation: its NatSpec comments, what is for users and for developers together.
    """

    name: str
    abi: tuple[Mapping[str, Any], ...]
    creation_code: str
    deployed_size: int
    source_path: str
    source_sha1: str
    documentation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def libraries(self) -> tuple[str, ...]:
        """The names of the libraries that must be linked (cut at 36 characters), sorted."""
        return tuple(sorted({_library_of(p) for p in _PLACEHOLDER.findall(self.creation_code)}))

    def linked(self, libraries: Mapping[str, str] | None = None) -> bytes:
        """Return the creation code with the libraries' addresses put in.

        Args:
            libraries: address (``0x`` and 40 digits) by library name; exactly those needed.

        Raises:
            ArtifactError: if there is no code, or a library is missing, too many or no address.
        """
        if not self.creation_code:
            raise ArtifactError(f"{self.name} has no code: it is an interface or abstract")
        given = {name[:_PLACEHOLDER_NAME_LENGTH]: at for name, at in (libraries or {}).items()}
        if set(given) != set(self.libraries):
            raise ArtifactError(
                f"{self.name} is linked with the libraries {', '.join(self.libraries) or 'none'}, "
                f"given were {', '.join(sorted(given)) or 'none'}"
            )
        for name, address in given.items():
            if not _ADDRESS.fullmatch(address):
                raise ArtifactError(f"{address!r} is no address for library {name}")
        code = _PLACEHOLDER.sub(lambda match: given[_library_of(match[0])][2:], self.creation_code)
        if not _HEXADECIMAL.fullmatch(code):
            raise ArtifactError(f"the code of {self.name} is not hexadecimal: {ADVICE}")
        return bytes.fromhex(code)


def load_artifacts(root: Path) -> dict[str, Artifact]:
    """Load all contracts of the checkout at ``root``, by name.

    Those that are kept in this package, if they are of the sources at ``root``, or if there are
    none; else what was compiled there.

    Raises:
        ArtifactError: if nothing was compiled, or a file is malformed.
    """
    if not is_checkout(root):
        return _artifacts(read_kept())
    try:
        kept = read_kept()
        if kept.sources == fingerprint(root):
            return _artifacts(kept)
    except ArtifactError:
        pass  # as good as none: what was compiled here counts
    files = sorted((root / BUILD_FOLDER).glob("*.json"))
    if not files:
        raise ArtifactError(f"{root / BUILD_FOLDER} holds no contracts: {ADVICE}")
    artifacts = (_read(file) for file in files)
    return {artifact.name: artifact for artifact in artifacts}


def verify_current(root: Path, artifacts: Iterable[Artifact]) -> None:
    """Check that the artifacts were compiled from the sources that are there now.

    Contents are compared, not times, so a fresh checkout or a switched branch does not matter.

    Raises:
        ArtifactError: naming the first source that changed, appeared or went.
    """
    compiled: set[str] = set()
    for artifact in artifacts:
        source = root / artifact.source_path
        compiled.add(artifact.source_path)
        if not source.is_file():
            raise ArtifactError(f"{source} of {artifact.name} is gone: {ADVICE}")
        if _sha1(source.read_bytes()) != artifact.source_sha1:
            raise ArtifactError(f"{source} has changed since it was compiled: {ADVICE}")
    for source in sorted((root / SOURCE_FOLDER).rglob("*.sol")):
        relative = source.relative_to(root).as_posix()
        # A file of errors, structs or functions alone leaves no artifact of its own.
        if relative not in compiled and _DEFINITION.search(source.read_text(encoding="utf-8")):
            raise ArtifactError(f"{source} has not been compiled: {ADVICE}")


def _read(file: Path) -> Artifact:
    try:
        return _artifact(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError(f"{file} is malformed ({error!r}): delete it and {ADVICE}") from error


def _artifacts(kept: KeptContracts) -> dict[str, Artifact]:
    return {name: _artifact(content) for name, content in kept.contracts.items()}


def _artifact(content: Mapping[str, Any]) -> Artifact:
    return Artifact(
        name=content["contractName"],
        abi=tuple(content["abi"]),
        creation_code=content["bytecode"],
        deployed_size=len(content["deployedBytecode"]) // 2,
        source_path=content["sourcePath"],
        source_sha1=content["sha1"],
        documentation=content["natspec"],
    )


def _library_of(placeholder: str) -> str:
    return placeholder[2:-2].rstrip("_")


def _sha1(text: bytes) -> str:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()
