"""Which contract call an action stands for, and back from call data to the action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from offchain.chain.abi.call_data import read_arguments
from offchain.chain.abi.decoding import struct
from offchain.chain.abi.field_names import field_name
from offchain.chain.abi.interfaces import AbiEntry, interface
from offchain.protocol.words.actions import Action
from offchain.protocol.words.functions import FUNCTIONS, ContractFunction
from offchain.protocol.words.orders import PAY, SignedOrder

_ACTIONS: Final[Mapping[ContractFunction, type[Action]]] = {
    function: kind for kind, function in FUNCTIONS.items()
}
_VALUE: Final = "value"
"""The field of an action that is the wei sent along."""

_SELECTOR_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of one of the contracts with its arguments; `value` is the wei sent along."""

    contract: str
    function: str
    arguments: tuple[object, ...]
    value: int = 0


def function_call(action: Action | SignedOrder) -> FunctionCall:
    """The contract call that an action stands for, its fields as the arguments of their names."""
    called = PAY if isinstance(action, SignedOrder) else FUNCTIONS[type(action)]
    given = {item.name: getattr(action, item.name) for item in fields(action)}
    value = given.pop(_VALUE, 0)
    inputs = interface(called.contract).functions[called.name].inputs
    arguments = tuple(given[field_name(type(action), part["name"])] for part in inputs)
    return FunctionCall(called.contract, called.name, arguments, value)


def decode_action(contract: str, call_data: bytes, value: int) -> Action | None:
    """The action that a call of a contract stands for.

    Args:
        contract: its name.
        call_data: function selector and arguments of a call that succeeded; see `call_data`.
        value: wei sent along.

    Returns:
        The action, or None if the function is none of the protocol's.

    Raises:
        AbiValueError: the function takes what no action holds.
    """
    entry = _function(contract, call_data[:_SELECTOR_SIZE])
    if entry is None:
        return None
    kind = _ACTIONS.get(ContractFunction(contract, entry.name))
    if kind is None:
        return None
    values = read_arguments(entry.inputs, call_data[_SELECTOR_SIZE:])
    sent = {_VALUE: value} if any(item.name == _VALUE for item in fields(kind)) else {}
    return struct(kind, entry.inputs, values, **sent)


def _function(contract: str, selector: bytes) -> AbiEntry | None:
    for entry in interface(contract).functions.values():
        if entry.identifier == selector:
            return entry
    return None
