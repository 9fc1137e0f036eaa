"""The HTTP session under ipfshttpclient, made safe against a daemon that misbehaves.

The library reads bodies whole, of any size and for any time, also of errors and redirections, and
opens compressed ones. Here a body is bounded in bytes and seconds, by what was asked; nothing is
followed or decompressed; neither proxies nor passwords are taken from the environment.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from ipfshttpclient.http_requests import ClientSync
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from offchain.errors import StoreError
from offchain.strangers.http_client import UnfitReply, refuse_encoded

_READ: Final = 1 << 16


class IpfsReplyError(StoreError):
    """A daemon's reply is not what was asked for: malformed, too large, too slow or false."""

    def __init__(self, address: str, asked: str, what: str) -> None:
        super().__init__(f"the reply of the IPFS daemon at {address} to {asked} {what}")
        self.address = address
        self.asked = asked


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Bytes and seconds that the body of a reply may have."""

    size: int
    seconds: float


Allow = Callable[[str, int], ReplyLimits]
"""The limits of a reply, by the path that was asked for and the reply's HTTP status."""


class BoundedClient(ClientSync):  # type: ignore[misc]
    """ipfshttpclient's HTTP client; each request has a session, so that threads may share it.

    Args:
        address: the daemon's multiaddr.
        base: path before all others.
        allow: limits of replies.
        timeout: seconds for connecting, and for each pause in a reply; the second also from a
            request's end to the end of its reply's headers.
    """

    __slots__ = ("_address", "_allow", "_head_seconds")

    def __init__(
        self, address: str, base: str, *, allow: Allow, timeout: tuple[float, float]
    ) -> None:
        self._address = address
        self._allow = allow
        self._head_seconds = timeout[1]
        super().__init__(address, base, timeout=timeout)

    def _make_session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.params = self._session_props["params"]
        session.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            session.mount(scheme, _BoundedAdapter(self._address, self._allow, self._head_seconds))
        return session


class _TimedConnection:
    """A connection that ends where a reply does not begin in time, whatever comes."""

    head_seconds: float
    sock: socket.socket

    def getresponse(self) -> Any:
        deadline = time.monotonic() + self.head_seconds
        try:
            with _ended_after(self.head_seconds, self.sock.shutdown, socket.SHUT_RDWR):
                return super().getresponse()  # type: ignore[misc]
        finally:
            # What was cut off looks like a connection that broke, or like a whole reply.
            if time.monotonic() > deadline:
                raise TimeoutError(f"no reply within {self.head_seconds:g} seconds")


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, address: str, allow: Allow, head_seconds: float) -> None:
        super().__init__(max_retries=0)
        self._address = address
        self._allow = allow
        self._head_seconds = head_seconds

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls, _TimedConnection):
            # A pool that is kept is asked for again with every request.
            timed = (_TimedConnection, pool.ConnectionCls)
            pool.ConnectionCls = type("Timed", timed, {"head_seconds": self._head_seconds})
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().send(request, *args, **kwargs)
        path = urlsplit(request.url or "").path
        if response.is_redirect:
            response.close()
            raise IpfsReplyError(
                self._address, path, "leads elsewhere: give the address it leads to"
            )
        try:
            refuse_encoded(response.headers.get("Content-Encoding"))
        except UnfitReply as error:
            response.close()
            raise IpfsReplyError(self._address, path, error.what) from error
        limits = self._allow(path, response.status_code)
        response.raw = _BoundedBody(response.raw, self._address, path, limits)
        return response


class _BoundedBody:
    """A urllib3 response whose body ends with an error where it goes beyond its limits."""

    def __init__(self, raw: Any, address: str, asked: str, limits: ReplyLimits) -> None:
        self._raw = raw
        self._address = address
        self._asked = asked
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """The body in pieces as they come, as it was sent."""
        del amt, decode_content
        received = 0
        left = self._deadline - time.monotonic()
        try:
            with _ended_after(left, self._raw.shutdown):
                # One read of the socket at a time: else a body that trickles would not come back.
                while piece := self._raw.read1(_READ, decode_content=False):
                    received += len(piece)
                    if received > self._limits.size:
                        what = f"is larger than {self._limits.size} bytes"
                        raise IpfsReplyError(self._address, self._asked, what)
                    self._require_time()
                    yield piece
        except (HTTPError, OSError, ValueError):
            self._require_time()
            raise
        self._require_time()

    def _require_time(self) -> None:
        if time.monotonic() > self._deadline:
            what = f"took longer than {self._limits.seconds:g} seconds"
            raise IpfsReplyError(self._address, self._asked, what)


@contextmanager
def _ended_after(seconds: float, end: Callable[..., object], *arguments: object) -> Iterator[None]:
    """End a connection after so long if the body takes longer, with whatever it waits for.

    Between two bytes the library counts pauses only, and passes over any number of replies that
    announce another one (RFC 9110, section 15.2).
    """

    def run() -> None:
        with suppress(OSError, RuntimeError, ValueError):  # it is closed already
            end(*arguments)

    timer = threading.Timer(max(0.0, seconds), run)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
