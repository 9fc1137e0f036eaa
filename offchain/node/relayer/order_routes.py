"""The relayer's HTTP interface for orders.

``GET /orders`` says what is asked for an order, ``POST /orders`` takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from offchain.node.relayer.answers import BODY_SECONDS, answer, read_json, taken
from offchain.node.relayer.order_wire import decode_order
from offchain.node.relayer.refused import Verdict
from offchain.protocol.words.orders import SignedOrder

MAXIMUM_ORDER_BODY: Final = 1 << 12
"""Bytes of the largest request with an order: some 700."""


def order_routes(
    terms: Callable[[], Mapping[str, object]],
    pay: Callable[[SignedOrder], Verdict],
    body_seconds: float = BODY_SECONDS,
) -> list[Route]:
    """The places where orders are asked about and handed in.

    Args:
        terms: what is asked for an order; `Refused` if none is taken.
        pay: takes an order in, or raises `Refused`.
        body_seconds: how long a request may take to arrive.
    """

    async def get_terms(_: Request) -> Response:
        return await run_in_threadpool(answer, lambda: JSONResponse(dict(terms())))

    async def post_order(request: Request) -> Response:
        message = await read_json(request, MAXIMUM_ORDER_BODY, body_seconds)
        return await run_in_threadpool(answer, lambda: taken(pay(decode_order(message))))

    return [
        Route("/orders", get_terms, methods=["GET"]),
        Route("/orders", post_order, methods=["POST"]),
    ]
