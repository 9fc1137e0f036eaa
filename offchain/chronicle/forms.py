"""The JSON form of views, and its schema, both read off the values' types.

Hashes are ``0x`` and hexadecimal digits, enumerations their names in lower case, integers exact
(they may exceed 2^53: readers need a parser that keeps them). The schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any

JsonValue = dict[str, Any] | list[Any] | str | int | bool | None


def json_form(value: object) -> JsonValue:
    """The JSON form of a view, or of a plain value within one.

    Raises:
        TypeError: it is of no type that views have.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_form(getattr(value, field.name)) for field in fields(value)}
    match value:
        case None | bool() | str():
            return value
        case IntEnum():
            return value.name.lower()
        case int():
            return value
        case bytes():
            return "0x" + value.hex()
        case tuple() | list():
            return [json_form(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def schema(views: Sequence[type]) -> dict[str, Any]:
    """The JSON Schema of some views, with those within them, under ``$defs`` by name."""
    definitions: dict[str, Any] = {}
    for view in views:
        _define(view, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Model Chain: what commands print with --json",
        "$defs": dict(sorted(definitions.items())),
    }


def _define(view: type, definitions: dict[str, Any]) -> None:
    if view.__name__ in definitions:
        return
    hints = typing.get_type_hints(view)
    names = [field.name for field in fields(view)]
    definitions[view.__name__] = found = {
        "type": "object",
        "description": " ".join((view.__doc__ or "").split()),
        "required": names,
        "additionalProperties": False,
    }
    found["properties"] = {name: _schema_of(hints[name], definitions) for name in names}


def _schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return {"anyOf": [_schema_of(argument, definitions) for argument in arguments]}
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(arguments[0], definitions)}
    if isinstance(hint, type) and is_dataclass(hint):
        _define(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return {"enum": [item.name.lower() for item in hint]}
    plain: dict[Any, dict[str, Any]] = {
        types.NoneType: {"type": "null"},
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        str: {"type": "string"},
        bytes: {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"},
    }
    return plain[hint]
