"""The relayer's HTTP interface.

``POST /transactions`` takes one signed data transaction with its sealed payload, ``POST /keys``
up to 64 payload keys, ``GET /status`` says what waits. Accepted is 202, known already 200; whatever
is refused gets a 4xx with ``{"error": code, "reason": sentence}``. Requests carry no identity and
none is logged.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offchain.crypto.sealing import MAX_FILE
from offchain.errors import StoreError
from offchain.node.relayer_admission import Refused, Verdict
from offchain.node.relayer_service import RelayerService
from offchain.node.relayer_wire import WireError, decode_reveals, decode_submission

MAXIMUM_BODY = 4 * MAX_FILE // 3 + (1 << 16)
"""Bytes of the largest request: a payload in base64 and everything around it."""

Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(service: RelayerService) -> Starlette:
    """The application that serves a relayer."""

    async def post_transaction(request: Request) -> Response:
        message = await _body(request)

        def take() -> Response:
            transaction, payload = decode_submission(message)
            return _taken(service.submit(transaction, payload))

        return await run_in_threadpool(_answer, take)

    async def post_keys(request: Request) -> Response:
        message = await _body(request)

        def take() -> Response:
            verdicts = [_judged(service, reveal) for reveal in decode_reveals(message)]
            refused = [verdict for verdict in verdicts if "error" in verdict]
            status = int(refused[0]["status"]) if refused else 202
            return JSONResponse({"keys": verdicts} | (refused[0] if refused else {}), status)

        return await run_in_threadpool(_answer, take)

    async def get_status(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(service.describe))

    return Starlette(
        routes=[
            Route("/transactions", post_transaction, methods=["POST"]),
            Route("/keys", post_keys, methods=["POST"]),
            Route("/status", get_status, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _http_error},
    )


def _judged(service: RelayerService, reveal: Any) -> dict[str, Any]:
    """What becomes of one key among several: one that is refused keeps no other out."""
    try:
        return {"state": service.reveal(reveal).value}
    except Refused as refused:
        return {"status": refused.status, "error": refused.code, "reason": str(refused)}


def _taken(verdict: Verdict) -> Response:
    return JSONResponse({"state": verdict.value}, 202 if verdict is Verdict.NEW else 200)


def _answer(take: Callable[[], Response]) -> Response:
    try:
        return take()
    except WireError as error:
        return _error(400, "malformed", str(error))
    except Refused as refused:
        return _error(refused.status, refused.code, str(refused))
    except StoreError as error:
        return _error(507, "store", str(error))


def _error(status: int, code: str, reason: str) -> Response:
    return JSONResponse({"error": code, "reason": reason}, status)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (what the handler is registered for)
    return _error(error.status_code, "http", error.detail)


async def _body(request: Request) -> object:
    """The request's JSON, read no further than the largest one may be."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAXIMUM_BODY:
        raise HTTPException(413, f"{declared} bytes, at most {MAXIMUM_BODY} are taken")
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MAXIMUM_BODY:
                raise HTTPException(413, f"more than {MAXIMUM_BODY} bytes")
            parts.append(part)
    except ClientDisconnect as error:
        raise HTTPException(400, "the request ended early") from error
    try:
        return json.loads(b"".join(parts))
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the request is not JSON") from error
