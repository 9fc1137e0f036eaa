"""The values that messages between a relayer and its clients are made of.

Hashes, keys and large integers are ``0x`` and lower-case hexadecimal of a fixed length, addresses
EIP-55, counters and times JSON integers. Whatever does not fit exactly raises `WireError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_utils.address import is_checksum_address

from offchain.errors import RelayerError
from offchain.strangers.foreign_text import printable


class WireError(RelayerError):
    """A message does not have the form that was agreed on; names the field and what was wrong."""


def hexadecimal(content: bytes) -> str:
    """Bytes as ``0x`` and lower-case hexadecimal."""
    return "0x" + content.hex()


def json_object(message: object, where: str, fields: set[str]) -> Mapping[str, Any]:
    """A JSON object with exactly these fields."""
    if not isinstance(message, dict):
        raise WireError(f"{where} must be a JSON object")
    if missing := sorted(fields - message.keys()):
        raise WireError(f"{where} lacks {', '.join(missing)}")
    if unknown := sorted(printable(str(name), 40, "?") for name in message.keys() - fields):
        raise WireError(f"{where} has unknown fields: {', '.join(unknown[:4])}")
    return message


def json_list(value: object, where: str, maximum: int) -> list[object]:
    """A JSON list of at most so many entries."""
    if not isinstance(value, list):
        raise WireError(f"{where} must be a list")
    if len(value) > maximum:
        raise WireError(f"{where} has {len(value)} entries, at most {maximum} are allowed")
    return value


def address(value: object, where: str) -> str:
    """An address with its EIP-55 checksum."""
    if not isinstance(value, str) or not is_checksum_address(value):
        raise WireError(f"{where} must be an EIP-55 address")
    return value


def integer(value: object, where: str, bits: int) -> int:
    """A JSON integer from 0 on, of so many bits."""
    # bool is an int in Python and a type of its own in JSON.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise WireError(f"{where} must be an integer of {bits} bits")
    return value


def byte_string(value: object, where: str, maximum: int) -> bytes:
    """At most so many bytes in hexadecimal, the inverse of `hexadecimal`."""
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 2 + 2 * maximum:
        raise WireError(f"{where} must be 0x and at most {maximum} bytes in hexadecimal")
    digits = value[2:]
    if len(digits) % 2 or any(digit not in "0123456789abcdef" for digit in digits):
        raise WireError(f"{where} must be lower-case hexadecimal, two digits a byte")
    return bytes.fromhex(digits)


def bytes32(value: object, where: str) -> bytes:
    """32 bytes in hexadecimal."""
    content = byte_string(value, where, 32)
    if len(content) != 32:
        raise WireError(f"{where} must have 32 bytes, not {len(content)}")
    return content
