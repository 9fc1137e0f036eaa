"""The relayer's server: a listening socket on loopback, and serving there until it is stopped."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from typing import ClassVar
from urllib.parse import urlsplit

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from offchain.errors import ConfigurationError, PortInUse
from offchain.strangers.http_address import redacted


class ImpatientProtocol(H11Protocol):
    """HTTP on one connection, which is closed when its client leaves it idle.

    The server alone waits for a request's head for ever, and there are only so many connections: a
    few hundred silent ones would shut everybody else out. Idle is also who does not read replies.
    """

    patience_seconds: ClassVar[float] = 10.0
    """A connection is looked at so often, and closed when it was idle twice in a row."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the connection."""
        super().connection_made(transport)
        self._idle_after: object = self
        self._look_later()

    def _look_later(self) -> None:
        self.loop.call_later(self.patience_seconds, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        cycle = self.cycle
        idle = cycle is None or cycle.response_complete or self.flow.write_paused
        if idle and cycle is self._idle_after:
            self.transport.abort()
            return
        self._idle_after = cycle if idle else self
        self._look_later()


END_SECONDS = 2.0
"""How long requests that are being answered have at the end."""


def serve_until_stopped(
    server: uvicorn.Server, listener: socket.socket, stopped: threading.Event
) -> None:
    """Serve in a thread, so that signals reach the event and no other handler."""
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not stopped.wait(0.5) and thread.is_alive():
        pass
    server.should_exit = True
    thread.join(END_SECONDS)


def bind(url: str) -> socket.socket:
    """A listening socket at a loopback address.

    Raises:
        ConfigurationError: the address is no http address of this machine's loopback, or the system
            refuses its port.
        PortInUse: another process listens there.
    """
    shown = redacted(url)
    try:
        parts = urlsplit(url)
        port = parts.port if parts.port is not None else 80
    except ValueError as error:
        raise ConfigurationError(f"the relayer cannot listen at {shown!r}: it is no URL") from error
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
        raise ConfigurationError(
            f"the relayer listens on loopback only, not at {shown}: put a proxy with TLS before it "
            "to serve others"
        )
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse("127.0.0.1", port) from error
        raise ConfigurationError(
            f"the relayer cannot listen at {shown} ({error.strerror}): choose another port"
        ) from error
    listener.listen(128)
    return listener
