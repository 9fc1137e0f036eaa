"""The contracts' interfaces (ABIs) as they are kept in this package: a node needs no compiler.

``NAME.json`` beside this file is written from the compiler's output by
`offchain.chain.deployment.abi_files`; a test checks that they are equal. Values go in and out as
the ABI specification's types (https://docs.soliditylang.org/en/v0.8.30/abi-spec.html): integers,
bytes, strings, tuples.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import (
    abi_to_signature,
    collapse_if_tuple,
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
)
from eth_utils.crypto import keccak
from web3 import Web3

from offchain.chain.abi.field_names import field_name
from offchain.errors import ArtifactError, ChainError

CONTRACTS: Final = (
    "ProtocolParameters",
    "BitcoinRelay",
    "Membership",
    "DataRegistry",
    "ModelChain",
    "ModelTransactions",
    "Attestations",
    "Disputes",
    "BlockProduction",
    "Rewards",
    "Heat",
    "ModelToken",
    "TokenOrders",
)
"""The contracts of one deployment, in the order in which they are deployed.

All but the last stand so in the Solidity struct ``Contracts``, which each of them is told.
"""

INTERFACES: Final = (*CONTRACTS, "IJudge")
"""All whose ABI is kept: these, and what every task's judge is to the others."""

ABI_FOLDER: Final = Path(__file__).parent
"""Where the interfaces are kept."""

_CODEC: Final = Web3().codec


class AbiValueError(ChainError):
    """Bytes from the chain, or values for it, that the contract's interface does not describe."""


@dataclass(frozen=True, slots=True)
class AbiEntry:
    """A function, event or error of an interface.

    ``inputs`` and ``outputs`` are the ABI's own components, ``identifier`` the selector or topic,
    ``data_types`` the types of an event's values that are no topics; tuples are written out.
    """

    name: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]
    identifier: bytes
    input_types: tuple[str, ...]
    output_types: tuple[str, ...]
    data_types: tuple[str, ...]


class Interface:
    """What a contract can be asked, what it logs, what it reverts with."""

    def __init__(self, name: str, abi: Iterable[Mapping[str, Any]]) -> None:
        self.name = name
        self.functions: dict[str, AbiEntry] = {}
        self.events: dict[bytes, AbiEntry] = {}
        self.errors: dict[bytes, AbiEntry] = {}
        for item in abi:
            match item["type"]:
                case "function":
                    selector = function_abi_to_4byte_selector(cast(Any, item))
                    self.functions[item["name"]] = _entry(item, selector)
                case "event":
                    topic = event_abi_to_log_topic(cast(Any, item))
                    self.events[topic] = _entry(item, topic)
                case "error":
                    selector = keccak(text=abi_to_signature(cast(Any, item)))[:4]
                    self.errors[selector] = _entry(item, selector)
                case _:
                    continue

    def encode(self, function: str, *arguments: object) -> bytes:
        """Call data of a function; dataclasses stand for structs, each field by its name.

        Raises:
            AbiValueError: a value does not fit.
        """
        entry = self.functions[function]
        if len(arguments) != len(entry.inputs):
            raise AbiValueError(
                f"{self.name}.{function} takes {len(entry.inputs)} values, not {len(arguments)}"
            )
        values = [plain(part, value) for part, value in zip(entry.inputs, arguments, strict=True)]
        return entry.identifier + encode_values(entry.input_types, values)

    def decode(self, function: str, returned: bytes) -> tuple[Any, ...]:
        """What a function returned; ``AbiValueError`` if it cannot be that."""
        return decode_values(self.functions[function].output_types, returned)


@cache
def interface(name: str) -> Interface:
    """The interface of a contract, from this package.

    Raises:
        ArtifactError: the package has none of that name, or it is damaged.
    """
    file = ABI_FOLDER / f"{name}.json"
    try:
        return Interface(name, json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"the interface of {name} cannot be read from {file}: run `make build`"
        ) from error


@cache
def all_interfaces() -> tuple[Interface, ...]:
    """Every interface of this package."""
    return tuple(interface(file.stem) for file in sorted(ABI_FOLDER.glob("*.json")))


@cache
def errors_by_selector() -> Mapping[bytes, AbiEntry]:
    """All custom errors of all contracts: one may come out of another."""
    return {
        selector: entry for known in all_interfaces() for selector, entry in known.errors.items()
    }


def component_types(components: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Types of some ABI components as the codec takes them, tuples written out."""
    return tuple(collapse_if_tuple(cast(Any, component)) for component in components)


def encode_values(types: Sequence[str], values: Sequence[object]) -> bytes:
    """ABI encoding of some values, tuples standing for structs."""
    try:
        return bytes(_CODEC.encode(list(types), list(values)))
    except (EncodingError, ValueError, TypeError, OverflowError) as error:
        raise AbiValueError(f"values do not fit {', '.join(types)}: {error}") from error


def decode_values(types: Sequence[str], content: bytes) -> tuple[Any, ...]:
    """Values of an ABI encoding; ``AbiValueError`` if it is none."""
    try:
        return tuple(_CODEC.decode(list(types), content))
    except (DecodingError, ValueError, TypeError, OverflowError) as error:
        raise AbiValueError(
            f"{len(content)} bytes from the chain are no ({', '.join(types)}): "
            "the contract is another one, or the node is not to be trusted"
        ) from error


def plain(component: Mapping[str, Any], value: object) -> object:
    """A value as the encoder takes it: dataclasses and lists become tuples, all the way down.

    Raises:
        AbiValueError: a dataclass has not just the fields of its struct.
    """
    kind: str = component["type"]
    if kind.endswith("]") and isinstance(value, tuple | list):
        element = {**component, "type": kind[: kind.rindex("[")]}
        return tuple(plain(element, item) for item in value)
    if kind == "tuple" and is_dataclass(value) and not isinstance(value, type):
        parts = component["components"]
        names = [field_name(type(value), part["name"]) for part in parts]
        require_fields(type(value), names)
        return tuple(
            plain(part, getattr(value, name)) for part, name in zip(parts, names, strict=True)
        )
    return value


def require_fields(kind: type, names: Sequence[str], others: Iterable[str] = ()) -> None:
    """``AbiValueError`` unless a dataclass has just the fields of an interface, and some others."""
    expected = {field.name for field in fields(kind)} - set(others)
    if set(names) != expected:
        raise AbiValueError(
            f"{kind.__name__} has not the fields of the chain's: "
            f"{', '.join(sorted(expected ^ set(names)))} differ"
        )


def _entry(item: Mapping[str, Any], identifier: bytes) -> AbiEntry:
    inputs, outputs = tuple(item.get("inputs", ())), tuple(item.get("outputs", ()))
    return AbiEntry(
        name=item["name"],
        inputs=inputs,
        outputs=outputs,
        identifier=bytes(identifier),
        input_types=component_types(inputs),
        output_types=component_types(outputs),
        data_types=component_types(part for part in inputs if not part.get("indexed")),
    )
