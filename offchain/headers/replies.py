"""What the replies of header sources must look like: checked before anything is done with them."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from offchain.bitcoin.header import HEADER_SIZE
from offchain.headers.errors import SourceRefusal, SourceReplyError
from offchain.strangers.foreign_text import printable

MAXIMUM_HEIGHT: Final = 2**31 - 1
"""No chain is that high: Bitcoin Core keeps heights in 32 bits with sign."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_HEADER: Final = re.compile(rf"[0-9a-f]{{{2 * HEADER_SIZE}}}")
_HEIGHT: Final = re.compile(r"0|[1-9][0-9]{0,9}")


def parse_json(url: str, asked: str, body: bytes) -> object:
    """A body as JSON; ``SourceReplyError`` if it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceReplyError(url, asked, "is no JSON") from error


def rpc_result(url: str, asked: str, envelope: object, number: int) -> Any:
    """The result in a JSON-RPC envelope.

    Raises:
        SourceReplyError: it is none, or answers another request.
        SourceRefusal: the source answered with an error.
    """
    if not isinstance(envelope, dict):
        raise SourceReplyError(url, asked, "is no JSON-RPC object")
    error = envelope.get("error")
    if error is not None:
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            raise SourceReplyError(url, asked, "has an error that is malformed")
        code = error.get("code")
        number = code if type(code) is int else 0
        raise SourceRefusal(url, asked, number, printable(error["message"]))
    if envelope.get("id") != number or "result" not in envelope:
        raise SourceReplyError(url, asked, "answers another request or has no result")
    return envelope["result"]


def parse_hash(url: str, asked: str, value: object) -> bytes:
    """A block hash from its 64 hexadecimal digits in display order; returned in internal order."""
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise SourceReplyError(url, asked, "is no block hash of 64 hexadecimal digits")
    return bytes.fromhex(value)[::-1]


def parse_header(url: str, asked: str, value: object) -> bytes:
    """A raw header from its 160 hexadecimal digits."""
    if not isinstance(value, str) or _HEADER.fullmatch(value) is None:
        raise SourceReplyError(url, asked, f"is no header of {2 * HEADER_SIZE} hexadecimal digits")
    return bytes.fromhex(value)


def parse_height(url: str, asked: str, value: object) -> int:
    """A height, from an integer or from decimal digits."""
    height = -1
    if type(value) is int:
        height = value
    elif isinstance(value, str) and _HEIGHT.fullmatch(value) is not None:
        height = int(value)
    if not 0 <= height <= MAXIMUM_HEIGHT:
        raise SourceReplyError(url, asked, f"is no height from 0 to {MAXIMUM_HEIGHT}")
    return height
