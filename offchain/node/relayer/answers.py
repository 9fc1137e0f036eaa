"""How the relayer reads requests and says what became of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from offchain.errors import ChainError, StoreError
from offchain.node.monitoring.watch import public_reason
from offchain.node.relayer.refused import Refused, Verdict
from offchain.node.relayer.wire_fields import WireError
from offchain.refusals import RefusalCode

log = structlog.get_logger()

MAXIMUM_VALUES: Final = 1 << 9
"""Commas and brackets of the largest request, some 200: what has more is no message, and a great
many small values would take the server's time for long."""

BODY_SECONDS: Final = 20.0
"""How long a request may take to arrive."""


def taken(verdict: Verdict) -> Response:
    """202 for what is taken in, 200 for what is known."""
    return JSONResponse({"state": verdict.value}, 202 if verdict is Verdict.NEW else 200)


def answer(take: Callable[[], Response]) -> Response:
    """What ``take`` answers, or why it cannot."""
    try:
        return take()
    except WireError as error:
        return error_response(Refused(RefusalCode.MALFORMED, str(error)))
    except Refused as refused:
        return error_response(refused)
    except StoreError as error:
        log.error("something cannot be kept", reason=str(error))
        reason = "the relayer has no room or cannot write just now"
        return error_response(Refused(RefusalCode.STORE, reason))
    except ChainError as error:
        log.warning("the chain cannot be asked", reason=str(error))
        reason = f"the relayer cannot use the chain ({public_reason(error)})"
        return error_response(Refused(RefusalCode.CHAIN, reason))


def error_response(refused: Refused, status: int | None = None) -> Response:
    """A refusal as clients read it; ``status`` instead of its own."""
    content = {"error": refused.code, "reason": str(refused)}
    return JSONResponse(content, status or refused.status, retry_headers(refused.retry_after))


def retry_headers(seconds: int | None) -> dict[str, str]:
    """When it makes sense to try again."""
    return {} if seconds is None else {"Retry-After": str(seconds)}


async def http_error(_: Request, error: Exception) -> Response:
    """The answer to a request that is none."""
    assert isinstance(error, HTTPException)  # noqa: S101  (what the handler is registered for)
    return error_response(Refused(RefusalCode.HTTP, error.detail), error.status_code)


async def read_json(request: Request, maximum: int, seconds: float) -> object:
    """The request's JSON; raises as `read_bytes`."""
    content = await read_bytes(request, maximum, seconds)
    if sum(map(content.count, (b",", b"[", b"{"))) > MAXIMUM_VALUES:
        raise HTTPException(400, f"more than {MAXIMUM_VALUES} values")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the request is not JSON") from error


async def read_bytes(request: Request, maximum: int, seconds: float) -> bytes:
    """The request's body, read no further than the largest one may be and no longer than that.

    Raises:
        HTTPException: it is too large, too slow, or ends early.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > maximum:
        raise HTTPException(413, f"{declared} bytes, at most {maximum} are taken")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > maximum:
                    raise HTTPException(413, f"more than {maximum} bytes")
                parts.append(part)
    except ClientDisconnect as error:
        raise HTTPException(400, "the request ended early") from error
    except TimeoutError as error:
        raise HTTPException(408, f"the request took longer than {seconds:g} s to arrive") from error
    return b"".join(parts)
