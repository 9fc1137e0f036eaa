"""The reference of the contracts, made from the NatSpec comments that the compiler reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from eth_utils.abi import abi_to_signature

from offchain.toolchain.artifacts import Artifact, load_artifacts

_PARTS: Final = (
    ("Interfaces", "contracts/interfaces/", "What every call, event and error is."),
    ("Contracts", "contracts/", "What is deployed; calls are described at the interfaces."),
    ("Judges", "contracts/judges/", "What judges one sample by a model, to the bit."),
    ("Libraries", "contracts/libraries/", "What contracts share, compiled into them."),
)
_KINDS: Final = (
    ("function", "methods", "Calls"),
    ("event", "events", "Events"),
    ("error", "errors", "Errors"),
)


def contract_reference(root: Path) -> str:
    """A page with every contract of the checkout at ``root`` but those of tests.

    Raises:
        ArtifactError: the contracts are not compiled, or not of these sources.
    """
    artifacts = sorted(load_artifacts(root).values(), key=lambda artifact: artifact.name)
    lines = [
        "# Contracts",
        "",
        "From the NatSpec comments of the sources. Rules are in [the protocol](../Protocol.md).",
        "",
    ]
    for heading, folder, text in _PARTS:
        lines += [f"## {heading}", "", text, ""]
        for artifact in artifacts:
            if f"{Path(artifact.source_path).parent.as_posix()}/" == folder:
                lines += _contract(artifact)
    return "\n".join(lines)


def _contract(artifact: Artifact) -> Iterator[str]:
    documentation = artifact.documentation
    yield f"### {artifact.name}"
    yield ""
    for text in _texts(documentation, "title", "notice", "details"):
        yield f"{text}\n"
    if artifact.source_path.split("/")[1] != "interfaces" and not _is_library(artifact):
        return
    for kind, key, heading in _KINDS:
        entries: list[Any] = [entry for entry in artifact.abi if entry["type"] == kind]
        if entries:
            yield f"#### {artifact.name}: {heading.lower()}"
            yield ""
            for entry in sorted(entries, key=lambda entry: str(entry["name"])):
                found = documentation.get(key, {}).get(abi_to_signature(entry), {})
                yield from _entry(entry, found)


def _is_library(artifact: Artifact) -> bool:
    return "/libraries/" in artifact.source_path


def _entry(entry: Any, found: Any) -> Iterator[str]:
    # Errors have a list, since several may bear one name.
    described: Mapping[str, Any] = (found or [{}])[0] if isinstance(found, Sequence) else found
    yield f"`{entry['name']}({_named(entry.get('inputs', ()))})`"
    yield ""
    for text in _texts(described, "notice", "details"):
        yield f"{text}\n"
    for word, key, values in (("", "params", "inputs"), ("returns ", "returns", "outputs")):
        texts = described.get(key, {})
        for number, value in enumerate(entry.get(values, ())):
            text = texts.get(value["name"]) or texts.get(f"_{number}")
            if text:
                name = f"`{value['name']}`" if value["name"] else ""
                yield f"- {word}{name}: {_plain(text)}"
    yield ""


def _named(inputs: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{value.get('internalType', value['type'])} {value['name']}" for value in inputs
    )


def _texts(documentation: Mapping[str, Any], *keys: str) -> list[str]:
    return [_plain(str(documentation[key])) for key in keys if documentation.get(key)]


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
