"""The relayer's HTTP interface.

``POST /transactions`` takes one signed data transaction with its sealed payload, ``POST /keys``
up to 64 payload keys, ``POST /orders`` one signed order; ``GET /status`` says what
waits, ``GET /healthz`` whether all is well. Accepted is 202, known already 200; whatever is refused
gets a 4xx with ``{"error": code, "reason": sentence}``, 429 with Retry-After where it was too much.
Requests carry no identity and none is logged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offchain.crypto.sealing import MAX_FILE
from offchain.errors import ChainError, StoreError
from offchain.node.relayer.health import Health, public_reason
from offchain.node.relayer.limits import BoundedRequests, Bounds
from offchain.node.relayer.order_wire import decode_order
from offchain.node.relayer.refused import Refused, Verdict
from offchain.node.relayer.service import RelayerService
from offchain.node.relayer.wire import decode_reveals, decode_submission
from offchain.node.relayer.wire_fields import WireError
from offchain.protocol.words.actions import MAXIMUM_REVEALS
from offchain.refusals import RefusalCode

log = structlog.get_logger()

MAXIMUM_BODY: Final = 4 * MAX_FILE // 3 + (1 << 16)
"""Bytes of the largest request: a payload in base64 and everything around it."""

MAXIMUM_KEYS_BODY: Final = MAXIMUM_REVEALS << 10
"""Bytes of the largest request with payload keys: some 700 for each."""

MAXIMUM_ORDER_BODY: Final = 1 << 12
"""Bytes of the largest request with an order: some 700."""

MAXIMUM_VALUES: Final = 1 << 12
"""Commas and brackets of the largest request, some 1,500 of 64 keys: what has more is no message,
and a million of small values would take the server's time for long."""

BODY_SECONDS: Final = 20.0
"""How long a request may take to arrive."""


def make_app(
    service: RelayerService,
    health: Health,
    clock: Callable[[], float],
    bounds: Bounds | None = None,
    body_seconds: float = BODY_SECONDS,
) -> Starlette:
    """The application that serves a relayer.

    Args:
        service: does what is asked.
        health: says how it is.
        clock: seconds, for the bounds of clients.
        bounds: what clients may ask at once.
        body_seconds: how long a request may take to arrive.
    """

    async def post_transaction(request: Request) -> Response:
        message = await _body(request, MAXIMUM_BODY, body_seconds)

        def take() -> Response:
            transaction, payload = decode_submission(message)
            return _taken(service.submit(transaction, payload))

        return await run_in_threadpool(_answer, take)

    async def post_keys(request: Request) -> Response:
        message = await _body(request, MAXIMUM_KEYS_BODY, body_seconds)

        def take() -> Response:
            verdicts = [_judged(service, reveal) for reveal in decode_reveals(message)]
            refused = [verdict for verdict in verdicts if "error" in verdict]
            if not refused:
                return JSONResponse({"keys": verdicts}, 202)
            first = refused[0]
            headers = _retry_headers(first.pop("retryAfter", None))
            return JSONResponse({"keys": verdicts} | first, int(first["status"]), headers)

        return await run_in_threadpool(_answer, take)

    async def post_order(request: Request) -> Response:
        message = await _body(request, MAXIMUM_ORDER_BODY, body_seconds)

        def take() -> Response:
            return _taken(service.pay(decode_order(message)))

        return await run_in_threadpool(_answer, take)

    async def get_status(_: Request) -> Response:
        return await run_in_threadpool(_answer, lambda: JSONResponse(service.describe()))

    async def get_health(_: Request) -> Response:
        healthy, report = await run_in_threadpool(health.report)
        return JSONResponse(report, 200 if healthy else 503)

    return Starlette(
        routes=[
            Route("/transactions", post_transaction, methods=["POST"]),
            Route("/keys", post_keys, methods=["POST"]),
            Route("/orders", post_order, methods=["POST"]),
            Route("/status", get_status, methods=["GET"]),
            Route("/healthz", get_health, methods=["GET"]),
        ],
        middleware=[Middleware(BoundedRequests, bounds=bounds or Bounds(), clock=clock)],
        exception_handlers={HTTPException: _http_error},
    )


def _judged(service: RelayerService, reveal: Any) -> dict[str, Any]:
    """What becomes of one key among several: one that is refused keeps no other out."""
    try:
        return {"state": service.reveal(reveal).value}
    except Refused as refused:
        verdict = {"status": refused.status, "error": refused.code, "reason": str(refused)}
        if refused.retry_after is not None:
            verdict["retryAfter"] = refused.retry_after
        return verdict


def _taken(verdict: Verdict) -> Response:
    return JSONResponse({"state": verdict.value}, 202 if verdict is Verdict.NEW else 200)


def _answer(take: Callable[[], Response]) -> Response:
    try:
        return take()
    except WireError as error:
        return _error(Refused(RefusalCode.MALFORMED, str(error)))
    except Refused as refused:
        return _error(refused)
    except StoreError as error:
        log.error("something cannot be kept", reason=str(error))
        reason = "the relayer has no room or cannot write just now"
        return _error(Refused(RefusalCode.STORE, reason))
    except ChainError as error:
        log.warning("the chain cannot be asked", reason=str(error))
        reason = f"the relayer cannot use the chain ({public_reason(error)})"
        return _error(Refused(RefusalCode.CHAIN, reason))


def _error(refused: Refused, status: int | None = None) -> Response:
    content = {"error": refused.code, "reason": str(refused)}
    return JSONResponse(content, status or refused.status, _retry_headers(refused.retry_after))


def _retry_headers(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": str(seconds)}


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (what the handler is registered for)
    return _error(Refused(RefusalCode.HTTP, error.detail), error.status_code)


async def _body(request: Request, maximum: int, seconds: float) -> object:
    """The request's JSON, read no further than the largest one may be and no longer than that."""
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
    content = b"".join(parts)
    if sum(map(content.count, (b",", b"[", b"{"))) > MAXIMUM_VALUES:
        raise HTTPException(400, f"more than {MAXIMUM_VALUES} values")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the request is not JSON") from error
