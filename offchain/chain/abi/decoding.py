"""From what the chain holds to the protocol's own values: records and structs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from eth_utils.address import to_checksum_address

from offchain.chain.abi.field_names import field_name
from offchain.chain.abi.interfaces import (
    AbiEntry,
    AbiValueError,
    decode_values,
    encode_values,
    interface,
    require_fields,
)
from offchain.chain.rpc.replies import Log
from offchain.errors import ArtifactError
from offchain.protocol.words import dispute_records, records, reward_records
from offchain.protocol.words.records import Record

Value = TypeVar("Value")


# ---- values --------------------------------------------------------------------------------------


def struct(
    kind: type[Value],
    components: Sequence[Mapping[str, Any]],
    values: Sequence[Any],
    **others: object,
) -> Value:
    """A dataclass from the chain's values, each field by its name there.

    Args:
        kind: the dataclass.
        components: the interface's, which name the values.
        values: as many.
        others: fields that the chain does not give.

    Raises:
        AbiValueError: the fields are others, or an enum has no such member.
    """
    if len(components) != len(values):
        raise AbiValueError(f"{len(values)} values where {len(components)} are due")
    names = _checked_names(kind, tuple(part.get("name", "") for part in components), tuple(others))
    hints = _field_types(kind)
    made = {
        name: value_of(component, hints[name], value)
        for name, component, value in zip(names, components, values, strict=True)
    }
    return kind(**made, **others)


def returned(contract: str, function: str, kind: type[Value], values: Sequence[Any]) -> Value:
    """The dataclass that a view's answer stands for: one struct, or several values.

    Raises:
        AbiValueError: as `struct`.
    """
    components = interface(contract).functions[function].outputs
    if len(components) == 1:
        components, [values] = components[0]["components"], values
    return struct(kind, components, values)


def value_of(component: Mapping[str, Any], hint: Any, value: Any) -> Any:
    """One value as its dataclass field takes it: checksummed addresses, tuples, enums, structs."""
    kind: str = component["type"]
    if kind.endswith("]"):
        element = {**component, "type": kind[: kind.rindex("[")]}
        inner = get_args(hint)[0] if get_origin(hint) is tuple else Any
        return tuple(value_of(element, inner, item) for item in value)
    if kind == "tuple":
        return struct(hint, component["components"], value) if hint is not Any else value
    if kind == "address":
        return str(to_checksum_address(value))
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        try:
            return hint(value)
        except ValueError as error:
            raise AbiValueError(f"{value} is no {hint.__name__}: upgrade this program") from error
    return value


def _field_types(kind: type) -> Mapping[str, Any]:
    # mypy takes a dataclass's type for unhashable.
    return _cached_field_types(cast(Any, kind))


@cache
def _cached_field_types(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _checked_names(
    kind: type, solidity_names: tuple[str, ...], others: tuple[str, ...]
) -> tuple[str, ...]:
    return _cached_checked_names(cast(Any, kind), solidity_names, others)


@cache
def _cached_checked_names(
    kind: Any, solidity_names: tuple[str, ...], others: tuple[str, ...]
) -> tuple[str, ...]:
    names = tuple(field_name(kind, name) for name in solidity_names)
    require_fields(kind, names, others)
    return names


# ---- records -------------------------------------------------------------------------------------


def record_class(name: str) -> type[Record] | None:
    """The record class of an event's name; None for events that are no part of the protocol."""
    for module in (records, reward_records, dispute_records):
        kind = getattr(module, name, None)
        if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record:
            return kind
    return None


def decode_record(contract: str, log: Log, timestamp: int) -> Record | None:
    """The record that a contract's log stands for, or None if it is none of the protocol's events.

    Raises:
        AbiValueError: the log is not what its event says.
    """
    if not log.topics:
        return None
    event = interface(contract).events.get(log.topics[0])
    kind = None if event is None else record_class(event.name)
    if event is None or kind is None:
        return None
    return struct(
        kind,
        event.inputs,
        _event_values(event, log),
        block_number=log.block_number,
        log_index=log.log_index,
        timestamp=timestamp,
    )


def event_named(contract: str, name: str) -> AbiEntry:
    """A contract's event by name; ``ArtifactError`` if it has none."""
    for event in interface(contract).events.values():
        if event.name == name:
            return event
    raise ArtifactError(f"{contract} has no event {name}: run `make build`")


def event_topics(
    event: AbiEntry, kind: type[Record], indexed: Mapping[str, object]
) -> list[bytes | None]:
    """Topics that an event's logs have when some of its indexed fields have given values.

    Raises:
        ArtifactError: there is no such indexed field.
    """
    names = {field_name(kind, component["name"]): component for component in event.inputs}
    topics: list[bytes | None] = [event.identifier]
    for name, component in names.items():
        if component["indexed"]:
            given = name in indexed
            topics.append(encode_values([component["type"]], [indexed[name]]) if given else None)
    if not all(name in names and names[name]["indexed"] for name in indexed):
        raise ArtifactError(f"{event.name} has not all of the indexed fields {sorted(indexed)}")
    while topics[-1] is None:
        topics.pop()
    return topics


def _event_values(event: AbiEntry, log: Log) -> list[Any]:
    indexed = [component for component in event.inputs if component["indexed"]]
    if len(indexed) != len(log.topics) - 1:
        raise AbiValueError(
            f"{event.name} has {len(indexed)} topics, the log {len(log.topics) - 1}"
        )
    topics = iter(log.topics[1:])
    content = iter(decode_values(event.data_types, log.data))
    return [
        decode_values([component["type"]], next(topics))[0]
        if component["indexed"]
        else next(content)
        for component in event.inputs
    ]
