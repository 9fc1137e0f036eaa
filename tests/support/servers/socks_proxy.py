"""A SOCKS 5 proxy (RFC 1928) that brings every connection to one server and keeps the names."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_DOMAIN_NAME = 3


@dataclass
class SocksProxy:
    """Where it listens, and the names and ports that it was asked to connect to."""

    url: str
    asked: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def socks_proxy(target_port: int) -> Iterator[SocksProxy]:
    """Serve on a free port; all connections go to a port of this machine."""
    proxy = SocksProxy("")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, AssertionError):
                self.negotiate()

        def read(self, count: int) -> bytes:
            received = b""
            while len(received) < count:
                piece = self.request.recv(count - len(received))
                assert piece
                received += piece
            return received

        def negotiate(self) -> None:
            version, methods = self.read(2)
            self.read(methods)
            assert version == 5
            self.request.sendall(b"\x05\x00")
            _, command, _, kind = self.read(4)
            # A client that looks names up itself would send an address.
            assert (command, kind) == (1, _DOMAIN_NAME)
            name = self.read(self.read(1)[0]).decode()
            [port] = struct.unpack(">H", self.read(2))
            proxy.asked.append((name, port))
            with socket.create_connection(("127.0.0.1", target_port)) as server:
                self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
                back = threading.Thread(target=_pass_on, args=(server, self.request), daemon=True)
                back.start()
                _pass_on(self.request, server)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        proxy.url = f"socks5://127.0.0.1:{server.server_address[1]}"
        try:
            yield proxy
        finally:
            server.shutdown()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
