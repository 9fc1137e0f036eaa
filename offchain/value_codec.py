"""Values as JSON and back, of known classes alone: what is kept of a state that was worked out.

Only plain values, containers and the dataclasses and enums of known modules are written and read:
nothing in a file can make the program run anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from types import ModuleType
from typing import Any, Final

from offchain.errors import ModelChainError
from offchain.strangers.foreign_text import short_repr

_CONTAINERS: Final[Mapping[str, Callable[..., Any]]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


class MalformedValue(ModelChainError):
    """Something that was not written by `ValueCodec.encode`."""


class ValueCodec:
    """Writes and reads values.

    Args:
        modules: whose dataclasses and enums are known, under the modules' names.
    """

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        self._classes: dict[str, Any] = {
            f"{module.__name__.removeprefix('offchain.')}.{name}": kind
            for module in modules
            for name, kind in vars(module).items()
            if isinstance(kind, type)
            and kind.__module__ == module.__name__
            and (is_dataclass(kind) or issubclass(kind, IntEnum))
        }
        self._names = {kind: name for name, kind in self._classes.items()}
        self._fields: dict[Any, tuple[str, ...]] = {
            kind: tuple(item.name for item in fields(kind))
            for kind in self._names
            if is_dataclass(kind)
        }

    @property
    def form(self) -> str:
        """A hash over the known classes' fields: what another form wrote means nothing here."""
        known = sorted((name, self._fields.get(kind)) for kind, name in self._names.items())
        return hashlib.sha256(repr(known).encode()).hexdigest()

    def is_plain(self, value: object) -> bool:
        """Whether a value is of a kind that is kept; what lies in it may not be."""
        kind = type(value)
        plain = (type(None), bool, int, str, bytes, dict, *_CONTAINERS.values())
        return kind in plain or kind in self._names

    def encode(self, value: object) -> Any:
        """A value as JSON takes it.

        Raises:
            MalformedValue: there is something in it that is not to be kept.
        """
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is bytes:
            return {"bytes": value.hex()}  # type: ignore[attr-defined]
        if kind in self._names:
            if isinstance(value, IntEnum):
                return {"enum": self._names[kind], "value": int(value)}
            values = [self.encode(getattr(value, name)) for name in self._fields[kind]]
            return {"class": self._names[kind], "values": values}
        if kind is dict:
            pairs = [[self.encode(key), self.encode(entry)] for key, entry in value.items()]  # type: ignore[attr-defined]
            return {"mapping": pairs}
        for name, container in _CONTAINERS.items():
            if kind is container:
                return {name: [self.encode(element) for element in value]}  # type: ignore[attr-defined]
        raise MalformedValue(f"a {kind.__name__} is not kept")

    def decode(self, value: Any) -> Any:
        """The inverse of `encode`.

        Raises:
            MalformedValue: it is not what `encode` makes.
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
                return self._classes[content](value["value"])
            if tag == "class":
                made = [self.decode(part) for part in value["values"]]
                kind = self._classes[content]
                return kind(**dict(zip(self._fields[kind], made, strict=True)))
            if tag == "mapping":
                return {self.decode(key): self.decode(entry) for key, entry in content}
            return _CONTAINERS[tag](self.decode(element) for element in content)
        except (KeyError, TypeError, ValueError, AttributeError, ModelChainError) as error:
            raise MalformedValue(f"{short_repr(value)} was not written as a value") from error
