"""Call data that a contract takes, though the ABI would encode the same values another way."""

from collections.abc import Mapping, Sequence
from typing import Any

from offchain.chain.abi.interfaces import decode_values, encode_values, interface

JUNK = b"\xa5" * 7
WORD = 32


def loosened(contract: str, call_data: bytes) -> bytes:
    """Another encoding of a call: inner offsets lead back, nothing is padded, junk lies between."""
    [entry] = [
        found
        for found in interface(contract).functions.values()
        if found.identifier == call_data[:4]
    ]
    values = decode_values(entry.input_types, call_data[4:])
    size = _size(entry.inputs)
    content = bytearray(size)
    content[:size] = _head(content, entry.inputs, values, 0)
    return call_data[:4] + content


def _head(
    content: bytearray, components: Sequence[Mapping[str, Any]], values: Sequence[Any], base: int
) -> bytes:
    """What stands at `base` for some values, those with offsets being in `content` already."""
    words = []
    for component, value in zip(components, values, strict=True):
        if _is_dynamic(component):
            place = _append(content, component, value)
            words.append((place - base) % (1 << 256))
        else:
            words.append(_static(component, value))
    return b"".join(
        word if isinstance(word, bytes) else word.to_bytes(WORD, "big") for word in words
    )


def _append(content: bytearray, component: Mapping[str, Any], value: Any) -> int:
    """Put a value that has an offset behind all that is there; where it begins."""
    kind = component["type"]
    if kind == "bytes":
        content += JUNK
        place = len(content)
        content += len(value).to_bytes(WORD, "big") + value
        return place
    if kind == "tuple":
        parts, values, prefix = component["components"], value, b""
    else:
        parts = [{**component, "type": kind.removesuffix("[]")}] * len(value)
        values, prefix = value, len(value).to_bytes(WORD, "big")
    # Twice: where the head begins is known once all inside of it is there.
    trial = bytearray(content)
    _head(trial, parts, values, 0)
    place = len(trial) + len(JUNK)
    head = _head(content, parts, values, place + len(prefix))
    content += JUNK + prefix + head
    return place


def _static(component: Mapping[str, Any], value: Any) -> bytes:
    if component["type"] == "tuple":
        return _head(bytearray(), component["components"], value, 0)
    return encode_values([component["type"]], [value])


def _size(components: Sequence[Mapping[str, Any]]) -> int:
    return sum(
        WORD if _is_dynamic(part) or part["type"] != "tuple" else _size(part["components"])
        for part in components
    )


def _is_dynamic(component: Mapping[str, Any]) -> bool:
    kind = component["type"]
    if kind == "tuple":
        return any(_is_dynamic(part) for part in component["components"])
    return kind.endswith("[]") or kind == "bytes"
