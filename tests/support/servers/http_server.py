"""A real HTTP server on loopback that answers as a test says, well or badly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from tests.support.waiting import PATIENCE_SECONDS

LONGEST_BODY = 1 << 24
"""Of what clients of tests send."""


@dataclass(frozen=True)
class Request:
    """What a client sent. `query` has the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What it gets. The body may be an iterator of chunks, sent as they come.

    With `length` None the body is sent in chunks if it is an iterator, and ends with the
    connection otherwise only if `length` lies.
    """

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    length: int | None = None


@dataclass
class LocalServer:
    """Where it listens, and what it was asked."""

    url: str
    port: int
    requests: list[Request]


Respond = Callable[[Request], Answer]


@contextmanager
def serve(respond: Respond) -> Iterator[LocalServer]:
    """Serve on a free port of loopback until the end of the block."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits 40 ms for the client's delayed acknowledgement.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self._body())

        def log_message(self, *_: object) -> None:
            pass

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(min(int(self.headers["Content-Length"]), LONGEST_BODY))
            body = b""
            while (size := int(self.rfile.readline(), 16)) and len(body) < LONGEST_BODY:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            request = Request(self.command, parts.path, query, dict(self.headers), body)
            requests.append(request)
            answer = respond(request)
            whole = isinstance(answer.body, bytes)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if whole or answer.length is not None:
                length = len(answer.body) if whole and answer.length is None else answer.length
                self.send_header("Content-Length", str(length))
            else:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._write(answer)

        def _write(self, answer: Answer) -> None:
            try:
                if isinstance(answer.body, bytes):
                    self.wfile.write(answer.body)
                elif answer.length is not None:
                    for chunk in answer.body:
                        self.wfile.write(chunk)
                else:
                    for chunk in answer.body:
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    self.wfile.write(b"0\r\n\r\n")
                if answer.length is not None:
                    self.close_connection = True
            except OSError:
                # The client has had enough, as it should.
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    port = server.server_address[1]
    try:
        yield LocalServer(f"http://127.0.0.1:{port}", port, requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_SECONDS)
