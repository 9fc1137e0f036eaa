"""The relayer's HTTP interface.

``POST /transactions`` takes one signed data transaction with its sealed payload, ``POST /keys``
up to 64 payload keys, ``/orders`` is told of in `order_routes`; ``GET /status`` says what
waits, ``GET /healthz`` whether all is well. Accepted is 202, known already 200; whatever is refused
gets a 4xx with ``{"error": code, "reason": sentence}``, 429 with Retry-After where it was too much.
Requests carry no identity and none is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offchain.crypto.sealing import MAX_FILE
from offchain.node.relayer.answers import (
    BODY_SECONDS,
    answer,
    http_error,
    read_json,
    retry_headers,
    taken,
)
from offchain.node.relayer.health import Health
from offchain.node.relayer.limits import BoundedRequests, Bounds
from offchain.node.relayer.order_routes import order_routes
from offchain.node.relayer.refused import Refused
from offchain.node.relayer.service import RelayerService
from offchain.node.relayer.wire import decode_reveals, decode_submission
from offchain.protocol.words.actions import MAXIMUM_REVEALS

MAXIMUM_BODY: Final = 4 * MAX_FILE // 3 + (1 << 16)
"""Bytes of the largest request: a payload in base64 and everything around it."""

MAXIMUM_KEYS_BODY: Final = MAXIMUM_REVEALS << 10
"""Bytes of the largest request with payload keys: some 700 for each."""


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
        message = await read_json(request, MAXIMUM_BODY, body_seconds)

        def take() -> Response:
            transaction, payload = decode_submission(message)
            return taken(service.submit(transaction, payload))

        return await run_in_threadpool(answer, take)

    async def post_keys(request: Request) -> Response:
        message = await read_json(request, MAXIMUM_KEYS_BODY, body_seconds)

        def take() -> Response:
            verdicts = [_judged(service, reveal) for reveal in decode_reveals(message)]
            refused = [verdict for verdict in verdicts if "error" in verdict]
            if not refused:
                return JSONResponse({"keys": verdicts}, 202)
            first = refused[0]
            headers = retry_headers(first.pop("retryAfter", None))
            return JSONResponse({"keys": verdicts} | first, int(first["status"]), headers)

        return await run_in_threadpool(answer, take)

    async def get_status(_: Request) -> Response:
        return await run_in_threadpool(answer, lambda: JSONResponse(service.describe()))

    async def get_health(_: Request) -> Response:
        healthy, report = await run_in_threadpool(health.report)
        return JSONResponse(report, 200 if healthy else 503)

    return Starlette(
        routes=[
            Route("/transactions", post_transaction, methods=["POST"]),
            Route("/keys", post_keys, methods=["POST"]),
            *order_routes(service.order_terms, service.pay, body_seconds),
            Route("/status", get_status, methods=["GET"]),
            Route("/healthz", get_health, methods=["GET"]),
        ],
        middleware=[Middleware(BoundedRequests, bounds=bounds or Bounds(), clock=clock)],
        exception_handlers={HTTPException: http_error},
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
