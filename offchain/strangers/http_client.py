"""HTTP to servers that are not trusted to be well-behaved: the one way in which they are asked.

A reply is read as it was sent and counted while it comes: a small compressed one may be a huge
one. It has a time to arrive in, from its first byte on: a server that sends a byte now and then
would else never be done. Nothing is followed. Only `proxy_of` decides whether a proxy is asked.
"""

from __future__ import annotations

import ssl
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any, Final

import httpcore
import httpx

from offchain.errors import ConfigurationError
from offchain.strangers.foreign_text import printable
from offchain.strangers.http_address import is_loopback, proxy_of, redacted

REPLY_SECONDS: Final = 120.0
"""From the end of a request to the end of its reply, unless an adapter waits for less."""

_UNREAD: Final = ("location", "set-cookie", "set-cookie2")
"""Headers of replies that the library would read unasked: it fails on addresses that are none,
though nothing is followed, and keeps every cookie for as long as the client lives."""

BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses of a server, or of one before it, that may answer the same request later."""


class UnfitReply(Exception):
    """Inside an adapter: a reply that is not read to its end; ``what`` says why, after "reply"."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class LongReply(UnfitReply):
    """... because it has more bytes than are read."""

    def __init__(self, maximum: int) -> None:
        super().__init__(f"is larger than {maximum} bytes")
        self.maximum = maximum


def open_client(
    url: str,
    *,
    pause_seconds: float,
    reply_seconds: float = REPLY_SECONDS,
    proxy: str | None = None,
) -> httpx.Client:
    """A client for the server at a checked address.

    Args:
        url: http or https; paths are asked for relative to it.
        pause_seconds: for connecting, and for each pause in a request or a reply.
        reply_seconds: from the last byte of a request to the last one of its reply.
        proxy: what is asked instead of the environment's proxy, unless the server is on this
            machine.

    Raises:
        ConfigurationError: the environment names a proxy for it that cannot be asked.
    """
    asked = proxy_of(url) if proxy is None or is_loopback(url) else proxy
    transport = _TimedTransport(url, asked, reply_seconds)
    client = httpx.Client(
        base_url=url,
        timeout=pause_seconds,
        transport=transport,
        headers={"Accept-Encoding": "identity"},
        # It would name passwords of .netrc, and ask proxies on its own.
        trust_env=False,
        follow_redirects=False,
    )
    # Whoever drops it without closing it leaves no connection open.
    weakref.finalize(client, transport.close)
    return client


def read_body(
    response: httpx.Response, maximum: int, look: Callable[[], None] = lambda: None
) -> bytes:
    """A streamed reply's body as it was sent.

    Args:
        response: open for streaming.
        maximum: bytes that are read.
        look: called after each piece; may raise.

    Raises:
        UnfitReply: it is encoded, which nobody asked for, or too large.
    """
    refuse_encoded(response.headers.get("content-encoding"))
    received = bytearray()
    for piece in response.iter_raw():
        received += piece
        if len(received) > maximum:
            raise LongReply(maximum)
        look()
    return bytes(received)


def refuse_encoded(encoding: str | None) -> None:
    """``UnfitReply`` if a header names a content encoding (RFC 9110, section 8.4)."""
    if encoding is not None and encoding.strip().lower() not in ("", "identity"):
        raise UnfitReply(f"is encoded ({printable(encoding, 40)!r}), which nobody asked for")


def reason_of(error: httpx.HTTPError) -> str:
    """Why a server could not be asked, in few words and without its address."""
    if isinstance(error, httpx.HTTPStatusError):
        # The library's words repeat the whole address.
        return f"HTTP status {error.response.status_code}"
    return printable(str(error)) or type(error).__name__


class _TimedTransport(httpx.HTTPTransport):
    """The network, where every reply has a time to arrive in, and leads and keeps nothing."""

    def __init__(self, url: str, proxy: str | None, reply_seconds: float) -> None:
        try:
            # Loading certificates takes a while; plain HTTP needs none, and stays plain.
            super().__init__(verify=httpx.URL(url).scheme == "https", proxy=proxy)
        except (httpx.InvalidURL, ImportError, ValueError) as error:
            raise ConfigurationError(
                f"the proxy {redacted(proxy or '')!r} for {redacted(url)} cannot be asked: name an "
                "http, https or socks5 proxy, or none"
            ) from error
        # httpx has no name for it; httpcore, which it is made of, does.
        pool: Any = self._pool
        pool._network_backend = _TimedBackend(pool._network_backend, reply_seconds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        for name in _UNREAD:
            response.headers.pop(name, None)
        return response


class _TimedBackend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _TimedStream(stream, self._seconds)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose replies have a time to arrive in, counted from the request's last byte."""

    def __init__(self, inner: httpcore.NetworkStream, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"the reply took longer than {self._seconds:g} seconds")
        return self._inner.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        self._deadline = time.monotonic() + self._seconds

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, timeout)
        return _TimedStream(stream, self._seconds)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
