"""Which field of a dataclass stands for which value of an interface: by name, never by position."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from offchain.protocol.words.orders import TokenOrder
from offchain.protocol.words.status import Head

_OTHER_NAMES: Final[Mapping[tuple[type, str], str]] = {
    (TokenOrder, "from"): "holder",  # a word of Python's
    (TokenOrder, "to"): "receiver",
    (Head, "blockHash"): "hash",  # a word of Solidity's
}
"""Fields that are not called as in Solidity."""


def field_name(kind: type, solidity_name: str) -> str:
    """The field of a dataclass that holds a value of that name: ``dataRoot`` is ``data_root``."""
    other = _OTHER_NAMES.get((kind, solidity_name))
    return snake_case(solidity_name) if other is None else other


def snake_case(solidity_name: str) -> str:
    """A name of Solidity's as Python writes it."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in solidity_name)
