"""Values of the protocol as JSON and back: what a checkpoint keeps.

Only plain values, containers and the dataclasses and enums of known modules are written and read:
nothing in a file can make the program run anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any, Final

from offchain.bitcoin import header_chain
from offchain.errors import ModelChainError, VerificationError
from offchain.protocol.reference import (
    attestations,
    data_registry,
    disputes,
    model_transactions,
)
from offchain.protocol.words import dispute_records, records, status, transactions
from offchain.protocol.words import disputes as dispute_words
from offchain.strangers.foreign_text import short_repr
from offchain.verification.full import replay
from offchain.verification.recording import differences

_MODULES: Final = (
    attestations,
    data_registry,
    differences,
    dispute_records,
    dispute_words,
    disputes,
    header_chain,
    model_transactions,
    records,
    replay,
    status,
    transactions,
)


class MalformedValue(VerificationError):
    """Something that was not written by `encode_value`."""


def _known_classes() -> Mapping[str, Any]:
    return {
        f"{module.__name__.removeprefix('offchain.')}.{name}": kind
        for module in _MODULES
        for name, kind in vars(module).items()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and (is_dataclass(kind) or issubclass(kind, IntEnum))
    }


_CLASSES: Final = _known_classes()
_NAMES: Final = {kind: name for name, kind in _CLASSES.items()}


def is_plain(value: object) -> bool:
    """Whether a value is of a kind that is kept; what lies in it may not be."""
    kind = type(value)
    plain = (type(None), bool, int, str, bytes, dict, *_CONTAINERS.values())
    return kind in plain or kind in _NAMES


def encode_value(value: object) -> Any:
    """A value as JSON takes it.

    Raises:
        MalformedValue: there is something in it that is not to be kept.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is bytes:
        return {"bytes": value.hex()}  # type: ignore[attr-defined]
    if kind in _NAMES:
        if isinstance(value, IntEnum):
            return {"enum": _NAMES[kind], "value": int(value)}
        values = [encode_value(getattr(value, item.name)) for item in fields(value)]  # type: ignore[arg-type]
        return {"class": _NAMES[kind], "values": values}
    if kind is dict:
        pairs = [[encode_value(key), encode_value(entry)] for key, entry in value.items()]  # type: ignore[attr-defined]
        return {"mapping": pairs}
    for name, container in _CONTAINERS.items():
        if kind is container:
            return {name: [encode_value(element) for element in value]}  # type: ignore[attr-defined]
    raise MalformedValue(f"a {kind.__name__} is not kept")


def decode_value(value: Any) -> Any:
    """The inverse of `encode_value`.

    Raises:
        MalformedValue: it is not what `encode_value` makes.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if not isinstance(value, dict) or not value:
        raise MalformedValue(f"{short_repr(value)} was not written as a value")
    tag, content = next(iter(value.items()))
    try:
        if tag == "bytes":
            return bytes.fromhex(content)
        if tag == "enum":
            return _CLASSES[content](value["value"])
        if tag == "class":
            made = [decode_value(part) for part in value["values"]]
            kind = _CLASSES[content]
            names = [item.name for item in fields(kind)]
            return kind(**dict(zip(names, made, strict=True)))
        if tag == "mapping":
            return {decode_value(key): decode_value(entry) for key, entry in content}
        return _CONTAINERS[tag](decode_value(element) for element in content)
    except (KeyError, TypeError, ValueError, AttributeError, ModelChainError) as error:
        raise MalformedValue(f"{short_repr(value)} was not written as a value") from error


_CONTAINERS: Final[Mapping[str, Callable[..., Any]]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}
