"""A real HTTP server between a program and what it asks, which spoils what passes.

Before an EVM node it knows JSON-RPC, so that it can answer as a node that has fallen behind, or as
one of another chain; before an IPFS daemon it can lose or damage files. Standard HTTP/1.1 in both
directions; one thread a connection.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

UPSTREAM_SECONDS: Final = 120.0
LONGEST_BODY: Final = 1 << 26
DELAY_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 1
STALE_BLOCKS: Final = 10
JSON: Final = "application/json"

BLOCK_PARAMETER: Final = {
    "eth_call": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getStorageAt": 2,
    "eth_getTransactionCount": 1,
    "eth_getBlockByNumber": 0,
}
"""Where a method names a block (execution-apis)."""

_HOP_BY_HOP: Final = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


class Fault(Enum):
    """What a proxy does to the requests that it spoils."""

    NONE = "passes everything on"
    DROP = "takes requests and says nothing"
    CLOSE = "closes the connection instead of answering"
    CUT = "sends half of the answer and closes the connection"
    DELAY = "answers two seconds late"
    BUSY = "answers with HTTP status 429"
    FAILING = "answers with HTTP status 500"
    GARBAGE = "answers with a page instead of JSON"
    STALE = "answers as a node that is ten blocks behind"
    OTHER_CHAIN = "passes everything on to a node of another chain"
    LOSE = "says of every file that it is not there"
    CORRUPT = "changes a byte of every file"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply. ``cut``: half is sent. ``silent``: nothing is; the connection ends."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] | None = None
    cut: bool = False
    silent: bool = False


class FaultProxy:
    """Passes HTTP requests on to an address, spoilt as is set at the time.

    Args:
        upstream: ``http://HOST:PORT`` that is asked.
        other: the address of a node of another chain, for `Fault.OTHER_CHAIN`.
        host: where to listen.
    """

    def __init__(self, upstream: str, other: str | None = None, host: str = "127.0.0.1") -> None:
        self._upstream = upstream
        self._other = other
        self._host = host
        self._lock = threading.Lock()
        self._fault, self._every, self._count = Fault.NONE, 1, 0
        self._over = threading.Event()
        self.spoilt = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self._host}:{self.port}"

    @contextmanager
    def running(self) -> Iterator[FaultProxy]:
        """Serve until the block is left."""
        server = ThreadingHTTPServer((self._host, 0), _handler(self._answer))
        # Whoever hangs must not hold up the end.
        server.daemon_threads = True
        self._server = server
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.spoil(Fault.NONE)
            server.shutdown()
            server.server_close()
            thread.join()

    def spoil(self, fault: Fault, every: int = 1) -> None:
        """Do this to every n-th request from now on; what hangs now is let go."""
        with self._lock:
            self._fault, self._every, self._count = fault, every, 0
            self._over.set()
            self._over = threading.Event()

    def _answer(self, method: str, path: str, body: bytes, kind: str) -> Reply:
        with self._lock:
            self._count += 1
            spoilt = self._fault is not Fault.NONE and self._count % self._every == 0
            fault, over = self._fault if spoilt else Fault.NONE, self._over
            self.spoilt += spoilt
        match fault:
            case Fault.DROP:
                over.wait()
                return Reply(silent=True)
            case Fault.CLOSE:
                return Reply(silent=True)
            case Fault.BUSY:
                return Reply(429, b"too many requests", {"Retry-After": str(RETRY_SECONDS)})
            case Fault.FAILING:
                return Reply(500, b"internal server error")
            case Fault.GARBAGE:
                return Reply(200, b"<html><body>down for maintenance</body></html>")
            case Fault.LOSE:
                lost = {"Message": "block was not found locally (offline)", "Code": 0}
                return Reply(500, json.dumps({**lost, "Type": "error"}).encode())
            case Fault.DELAY:
                over.wait(DELAY_SECONDS)
            case Fault.STALE:
                return Reply(body=self._stale(body), headers={"Content-Type": JSON})
            case _:
                pass
        upstream = self._other if fault is Fault.OTHER_CHAIN and self._other else self._upstream
        try:
            reply = forward(upstream, method, path, body, kind)
        except OSError:
            return Reply(502, b"nobody answers behind the proxy")
        if fault is Fault.CUT:
            return Reply(reply.status, reply.body, reply.headers, cut=True)
        if fault is Fault.CORRUPT and path.startswith("/api/v0/block/get") and reply.body:
            damaged = bytes([reply.body[0] ^ 1]) + reply.body[1:]
            return Reply(reply.status, damaged, reply.headers)
        return reply

    # ---- a node that has fallen behind -------------------------------------------------------

    def _stale(self, body: bytes) -> bytes:
        newest = self._call({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []})
        head = max(0, int(newest["result"], 16) - STALE_BLOCKS)
        asked = json.loads(body)
        if isinstance(asked, list):
            return json.dumps([self._behind(each, head) for each in asked]).encode()
        return json.dumps(self._behind(asked, head)).encode()

    def _behind(self, request: dict[str, Any], head: int) -> dict[str, Any]:
        """The reply to one request of a node whose newest block is ``head``."""
        method, params = request["method"], list(request.get("params", []))
        if method == "eth_blockNumber":
            return _result(request, hex(head))
        if method == "eth_getTransactionReceipt":
            reply = self._call(request)
            found = reply.get("result")
            unmined = found is None or int(found["blockNumber"], 16) > head
            return _result(request, None) if unmined else reply
        if method == "eth_getLogs":
            asked = params[0]
            if int(asked["fromBlock"], 16) > head:
                return _result(request, [])
            params[0] = {**asked, "toBlock": hex(min(int(asked["toBlock"], 16), head))}
        place = BLOCK_PARAMETER.get(method)
        if place is not None and place < len(params) and isinstance(params[place], str):
            if params[place] in ("latest", "pending"):
                params[place] = hex(head)
            elif params[place].startswith("0x") and int(params[place], 16) > head:
                if method == "eth_getBlockByNumber":
                    return _result(request, None)
                return _error(request, -32000, "header not found")
        return self._call({**request, "params": params})

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = forward(self._upstream, "POST", "/", json.dumps(request).encode())
        answer: dict[str, Any] = json.loads(reply.body)
        return answer


def forward(upstream: str, method: str, path: str, body: bytes, kind: str = JSON) -> Reply:
    """What a server answers to a request whose body is of some ``kind``, a Content-Type.

    Raises:
        OSError: nobody does.
    """
    address = urlsplit(upstream)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(
        address.hostname, address.port, timeout=UPSTREAM_SECONDS
    )
    try:
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read(LONGEST_BODY)
        kept = {n: v for n, v in answer.getheaders() if n.lower() not in _HOP_BY_HOP}
        return Reply(answer.status, content, kept)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def _result(request: Mapping[str, Any], value: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "result": value}


def _error(request: Mapping[str, Any], code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


def _handler(answer: Callable[[str, str, bytes, str], Reply]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits 40 ms for the client's delayed acknowledgement.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._pass(self._body())

        def do_GET(self) -> None:
            self._pass(b"")

        def log_message(self, *_: object) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                # The client has had enough, or was killed.
                self.close_connection = True

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                size = int(self.headers.get("Content-Length") or 0)
                return self.rfile.read(min(size, LONGEST_BODY))
            body = b""
            while (size := int(self.rfile.readline(), 16)) and len(body) < LONGEST_BODY:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _pass(self, body: bytes) -> None:
            reply = answer(self.command, self.path, body, self.headers.get("Content-Type", JSON))
            if reply.silent:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            for name, value in (reply.headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if reply.cut:
                self.wfile.write(reply.body[: len(reply.body) // 2])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.wfile.write(reply.body)

    return Handler
