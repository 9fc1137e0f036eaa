"""Arguments of a call as a contract that Solidity compiled reads them.

The ABI specification has one encoding of a value, and a contract takes others as well: bytes that
are not padded, or with something else than zeros; offsets that point anywhere, also back
(https://docs.soliditylang.org/en/v0.8.30/abi-spec.html#strict-encoding-mode). What it does not look
at it does not check. Everybody may call the contracts so, and what they then did stands on chain:
the call data of a call that succeeded must be readable here, whatever is in it.

What the contract would refuse to read is read as zeros, or as nothing: it did not look there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from offchain.chain.abi.interfaces import AbiValueError

_WORD: Final = 32
_ADDRESSES: Final = 1 << 256
"""Offsets are added modulo this: a large one leads back."""

_ADDRESS_BITS: Final = 160

Component = Mapping[str, Any]


def read_arguments(components: Sequence[Component], content: bytes) -> tuple[Any, ...]:
    """Values of some ABI components, structs as tuples.

    Args:
        components: the function's inputs, of the types that the contracts' calls have: integers,
            ``address``, ``bool``, ``bytes``, ``bytesN``, structs, dynamic arrays.
        content: the call data after the selector.

    Raises:
        AbiValueError: a component has another type.
    """
    return _read_struct(components, content, 0)


def _read_struct(components: Sequence[Component], content: bytes, base: int) -> tuple[Any, ...]:
    """Values that stand one after the other from `base` on; offsets among them count from there."""
    values, position = [], base
    for component in components:
        values.append(_read(component, content, base, position))
        position += _head_size(component)
    return tuple(values)


def _read(component: Component, content: bytes, base: int, position: int) -> Any:
    kind: str = component["type"]
    if _is_dynamic(component):
        position = (base + _word(content, position)) % _ADDRESSES
    if kind.endswith("[]"):
        element = _element(component)
        size = _head_size(element)
        start = position + _WORD
        count = _count(content, position, size)
        return _read_elements(element, content, start, count)
    if kind.endswith("]"):
        return _read_elements(_element(component), content, position, _fixed_count(kind))
    if kind == "tuple":
        return _read_struct(component["components"], content, position)
    if kind == "bytes":
        start = position + _WORD
        return content[start : start + _count(content, position, 1)]
    return _read_word(kind, _word(content, position))


def _read_elements(element: Component, content: bytes, start: int, count: int) -> tuple[Any, ...]:
    size = _head_size(element)
    return tuple(_read(element, content, start, start + index * size) for index in range(count))


def _read_word(kind: str, word: int) -> Any:
    """A value of one word; bits that do not belong to it are left out."""
    if kind == "address":
        return f"0x{word % (1 << _ADDRESS_BITS):040x}"
    if kind == "bool":
        return word != 0
    name = kind.rstrip("0123456789")
    size = int(kind.removeprefix(name) or 0)
    if name == "uint" and size:
        return word % (1 << size)
    if name == "int" and size:
        return (word + (1 << size - 1)) % (1 << size) - (1 << size - 1)
    if name == "bytes" and size:
        return word.to_bytes(_WORD, "big")[:size]
    raise AbiValueError(f"values of type {kind} are not read from call data")


def _word(content: bytes, position: int) -> int:
    return int.from_bytes(content[position : position + _WORD].ljust(_WORD, b"\0"), "big")


def _count(content: bytes, position: int, size: int) -> int:
    """The elements of an array at `position`, none if they are not all there."""
    count = _word(content, position)
    return count if position + _WORD + count * size <= len(content) else 0


def _element(component: Component) -> Component:
    kind: str = component["type"]
    return {**component, "type": kind[: kind.rindex("[")]}


def _fixed_count(kind: str) -> int:
    """The elements of an array type with a number in it."""
    return int(kind[kind.rindex("[") + 1 : -1])


def _is_dynamic(component: Component) -> bool:
    kind: str = component["type"]
    if kind == "tuple":
        return any(_is_dynamic(part) for part in component["components"])
    return kind.endswith("[]") or kind == "bytes"


def _head_size(component: Component) -> int:
    """Bytes that a value takes where it is named: all of it, or its offset."""
    kind: str = component["type"]
    if _is_dynamic(component):
        return _WORD
    if kind.endswith("]"):
        return _fixed_count(kind) * _head_size(_element(component))
    if kind != "tuple":
        return _WORD
    return sum(_head_size(part) for part in component["components"])
