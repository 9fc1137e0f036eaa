"""The relayer's HTTP interface.

``POST /transactions`` takes one signed data transaction and answers which of its files are to come,
``POST /files/HASH`` one of those, ``POST /keys`` all keys of one kind of a data transaction;
``/orders`` is told of in `order_routes`; ``GET /status`` says what waits, ``GET /healthz`` whether
all is well. Accepted is 202, known already 200; whatever is refused gets a 4xx with
``{"error": code, "reason": sentence}``, 429 with Retry-After where it was too much. Requests carry
no identity and none is logged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

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
    error_response,
    http_error,
    read_bytes,
    read_json,
    taken,
)
from offchain.node.relayer.health import Health
from offchain.node.relayer.limits import Allowance, BoundedRequests, Bounds, client_of
from offchain.node.relayer.order_routes import order_routes
from offchain.node.relayer.refused import Refused, Verdict
from offchain.node.relayer.service import RelayerService
from offchain.node.relayer.wire import decode_publication, decode_share, encode_missing
from offchain.refusals import RefusalCode

MAXIMUM_BODY: Final = 1 << 15
"""Bytes of the largest message: 32 parts twice and 128 responses, some 14,000."""

FILE_SECONDS: Final = 3
"""A file may take so many times as long to arrive as a message."""

Taker = Callable[[object], Response]
"""Decodes a message, does what it asks, and answers."""


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
        body_seconds: how long a message may take to arrive.
    """
    bounds = bounds or Bounds()
    places = Allowance(bounds.entries, bounds.entries_per_second, clock)

    def queueing(take: Taker) -> Callable[[Request], object]:
        """A handler of messages that take a place in the queue: so many of one client."""

        async def handle(request: Request) -> Response:
            message = await read_json(request, MAXIMUM_BODY, body_seconds)
            client = client_of(request.scope)
            seconds = places.take(client)
            if seconds:
                reason = f"this client took its places in the queue: try again in {seconds} s"
                return error_response(Refused(RefusalCode.TOO_MANY_REQUESTS, reason, seconds))
            response = await run_in_threadpool(answer, lambda: take(message))
            if response.status_code != 202:
                places.give_back(client)
            return response

        return handle

    def take_share(message: object) -> Response:
        found = service.submit(decode_share(message))
        content = {"state": found.verdict.value, "missing": encode_missing(found.missing)}
        return JSONResponse(content, 202 if found.verdict is Verdict.NEW else 200)

    def take_keys(message: object) -> Response:
        return taken(service.publish(decode_publication(message)))

    async def post_file(request: Request) -> Response:
        name = request.path_params["name"]
        if not re.fullmatch("[0-9a-f]{64}", name):
            raise HTTPException(404, "a file is named by its sha2-256 in lower-case hexadecimal")
        digest = bytes.fromhex(name)
        try:
            service.expect_file(digest)
        except Refused as refused:  # before anything is read
            return error_response(refused)
        content = await read_bytes(request, MAX_FILE, FILE_SECONDS * body_seconds)
        return await run_in_threadpool(answer, lambda: taken(service.add_file(digest, content)))

    async def get_status(_: Request) -> Response:
        return await run_in_threadpool(answer, lambda: JSONResponse(service.describe()))

    async def get_health(_: Request) -> Response:
        healthy, report = await run_in_threadpool(health.report)
        return JSONResponse(report, 200 if healthy else 503)

    return Starlette(
        routes=[
            Route("/transactions", queueing(take_share), methods=["POST"]),
            Route("/files/{name}", post_file, methods=["POST"]),
            Route("/keys", queueing(take_keys), methods=["POST"]),
            *order_routes(service.order_terms, service.pay, body_seconds),
            Route("/status", get_status, methods=["GET"]),
            Route("/healthz", get_health, methods=["GET"]),
        ],
        middleware=[Middleware(BoundedRequests, bounds=bounds, clock=clock)],
        exception_handlers={HTTPException: http_error},
    )
