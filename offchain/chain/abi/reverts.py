"""Why a call reverted, from what a node says of it: its bytes are found wherever nodes put them.

There is no one place for them. Most nodes give code 3 and the bytes as ``data``; OpenEthereum and
old Nethermind code -32015 and ``"Reverted 0x..."``; Ganache an object by transaction hash with a
``return``, later one with a ``result``; gateways put the whole error of the node behind them into
``data`` or ``data.originalError``, several times over; Hardhat writes them into its sentence.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from offchain.chain.abi.decoding import value_of
from offchain.chain.abi.interfaces import AbiValueError, decode_values, errors_by_selector
from offchain.chain.rpc.provider import MAXIMUM_REASON, RpcFault
from offchain.errors import RevertedError
from offchain.strangers.foreign_text import printable

_PANIC_AND_ERROR: Final = {
    bytes.fromhex("08c379a0"): ("Error", "string"),  # revert with a string
    bytes.fromhex("4e487b71"): ("Panic", "uint256"),  # overflow, failed assertion, ...
}
_REVERT_CODE: Final = 3

_DEEPEST: Final = 8
"""Objects and lists within one another that are looked into."""

_PARTS: Final = 1_000
"""Values that are looked at."""

_BYTES: Final = frozenset({"data", "return", "result", "output"})
"""Members that hold a call's bytes, or an object with them."""

_WRAPPED: Final = frozenset({"error", "originalError", "cause", "info"})
"""Members that hold the error of the node behind."""

_WHOLE: Final = re.compile(r"(?:reverted\s+)?0x((?:[0-9a-f]{2})*)", re.IGNORECASE)
_WITHIN: Final = re.compile(r"0x((?:[0-9a-f]{2}){4,})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Part:
    """A value inside of a node's error; ``is_bytes``: where a call's bytes are looked for."""

    value: object
    depth: int
    is_bytes: bool


def revert_of(fault: RpcFault) -> RevertedError | None:
    """The revert behind a node's error, or None if it is another error."""
    said = fault.code == _REVERT_CODE or "revert" in fault.reason.lower()
    unnamed: RevertedError | None = None
    texts = [fault.reason]
    for part in _parts(fault.data):
        if isinstance(part.value, dict):
            said = said or part.value.get("code") == _REVERT_CODE
        if not isinstance(part.value, str):
            continue
        texts.append(part.value)
        said = said or "revert" in part.value.lower()
        match = _WHOLE.fullmatch(part.value) if part.is_bytes else None
        if match is None or not match[1]:
            continue
        reverted = decode_revert(bytes.fromhex(match[1]))
        if reverted.name:
            return reverted
        if part.depth <= 1 or said:
            unnamed = unnamed or reverted
    if unnamed is not None or not said:
        return unnamed
    # Within a sentence only an error that is known counts: it may name hashes and addresses too.
    for text in texts:
        for match in _WITHIN.finditer(text):
            reverted = decode_revert(bytes.fromhex(match[1]))
            if reverted.name:
                return reverted
    return RevertedError("")


def _parts(data: object) -> Iterator[_Part]:
    """What an error's ``data`` holds, the outer parts first, up to a depth and a number."""
    waiting = deque([_Part(data, 0, is_bytes=True)])
    for _ in range(_PARTS):
        if not waiting:
            return
        part = waiting.popleft()
        yield part
        if part.depth >= _DEEPEST:
            continue
        if isinstance(part.value, list):
            inner = [(value, part.is_bytes) for value in part.value[:_PARTS]]
        elif isinstance(part.value, dict):
            inner = _members(part.value)
        else:
            continue
        waiting.extend(_Part(value, part.depth + 1, kind) for value, kind in inner)


def _members(value: dict[Any, Any]) -> list[tuple[object, bool]]:
    """Members that may hold a call's bytes, the node's error, or words."""
    found: list[tuple[object, bool]] = []
    for name, member in value.items():
        if name in _BYTES:
            found.append((member, True))
        # Ganache names the transaction.
        elif name in _WRAPPED or name.startswith("0x") or isinstance(member, str):
            found.append((member, False))
        if len(found) >= _PARTS:
            break
    return found


def decode_revert(content: bytes) -> RevertedError:
    """The error that a revert's bytes stand for; its name is empty if they stand for none known."""
    selector, encoded = content[:4], content[4:]
    try:
        if selector in _PANIC_AND_ERROR:
            name, kind = _PANIC_AND_ERROR[selector]
            return RevertedError(name, [_shown(value) for value in decode_values([kind], encoded)])
        error = errors_by_selector().get(selector)
        if error is not None:
            values = decode_values(error.input_types, encoded)
            return RevertedError(
                error.name,
                [
                    _shown(value_of(part, Any, value))
                    for part, value in zip(error.inputs, values, strict=True)
                ],
            )
    except AbiValueError:
        # A selector that fits by chance, or a contract that is not ours.
        return RevertedError("")
    return RevertedError("", (content,) if content else ())


def _shown(value: Any) -> Any:
    """A contract's words as an error may repeat them; other values as they are."""
    return printable(value, MAXIMUM_REASON, "?") if isinstance(value, str) else value
