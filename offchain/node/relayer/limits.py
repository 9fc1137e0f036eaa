"""Bounds on what clients may ask of a relayer at once, before anything they sent is looked at.

Addresses of clients are held in memory while they count, for some minutes at most, and nowhere
else.
"""

from __future__ import annotations

import ipaddress
import json
import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offchain.refusals import RefusalCode

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

MAXIMUM_QUEUE: Final = 4_096
"""Entries of each kind that wait to be brought on chain, at most."""

MAXIMUM_CLIENTS: Final = 4_096
"""Clients that are counted apart; of more, those that were quiet for longest start anew."""

_IPV6_HOST_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is taken at once.

    Attributes:
        concurrent: requests that are worked on at a time, of all clients.
        concurrent_per_client: ... of one client.
        burst: requests that a client may send at once after a pause.
        per_second: requests that it may send on and on.
        entries: places in the queue that a client may take at once after a pause.
        entries_per_second: ... and on and on.
    """

    concurrent: int = 32
    concurrent_per_client: int = 16
    burst: int = 1_024
    per_second: float = 32.0
    entries: int = 256
    entries_per_second: float = 2.0


class Allowance:
    """What each client may still send: a bucket that fills at a rate and holds a burst.

    Used by one thread, the server's event loop. How much of a client's waits is not remembered:
    that would say which of it is whose.
    """

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> int:
        """Count one; 0 if it is allowed, else seconds until the next one is."""
        now = self._clock()
        left, since = self._buckets.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        allowed = left >= 1.0
        self._buckets[client] = (left - 1.0 if allowed else left, now)
        while len(self._buckets) > MAXIMUM_CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1.0 - left) / self._per_second))

    def give_back(self, client: str) -> None:
        """Uncount one that came to nothing."""
        if client in self._buckets:
            left, since = self._buckets[client]
            self._buckets[client] = (left + 1.0, since)


class BoundedRequests:
    """ASGI middleware: a ``POST`` over a bound is answered 429 with Retry-After, unread.

    Reading requests (``/status``, ``/healthz``) always pass, so that a relayer under load can be
    watched.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds, clock: Callable[[], float]) -> None:
        self._app = app
        self._bounds = bounds
        self._allowance = Allowance(bounds.burst, bounds.per_second, clock)
        self._working: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        client = client_of(scope)
        bounds = self._bounds
        if (
            self._working.total() >= bounds.concurrent
            or self._working[client] >= bounds.concurrent_per_client
        ):
            await refuse(send, RefusalCode.BUSY, "too many requests are being worked on", 1)
            return
        seconds = self._allowance.take(client)
        if seconds:
            await refuse(
                send, RefusalCode.TOO_MANY_REQUESTS, "this client sent too many requests", seconds
            )
            return
        self._working[client] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._working[client] -= 1
            if not self._working[client]:
                del self._working[client]


def client_of(scope: Scope) -> str:
    """Whose request it is: the address, of IPv6 the network, since a client has all of it."""
    client = scope.get("client")
    host = client[0] if client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)[:64]
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 128 - _IPV6_HOST_BITS), strict=False))


async def refuse(send: Send, code: RefusalCode, reason: str, seconds: int) -> None:
    """Answer 429 and say when to come again."""
    body = json.dumps({"error": code, "reason": f"{reason}: try again in {seconds} s"}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(seconds).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": code.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
