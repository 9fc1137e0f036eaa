"""An HTTP server that answers JSON-RPC with whatever a test says: nodes may be hostile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.support.waiting import PATIENCE_SECONDS


@dataclass
class Answer:
    """One HTTP reply: `body` as JSON unless it is bytes; `cut` closes the connection instead."""

    body: Any = None
    status: int = 200
    cut: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    repeat: int = 1


@dataclass
class ScriptedNode:
    """Where the server is, and every request that it got."""

    url: str
    requests: list[Any]

    @property
    def methods(self) -> list[str]:
        """Methods of all single requests, in order."""
        return [request["method"] for request in self.requests if isinstance(request, dict)]


def result(request: Any, value: Any) -> dict[str, Any]:
    """A well-formed reply."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": value}


def error(request: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    """A well-formed error."""
    body: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        body["data"] = data
    return {"jsonrpc": "2.0", "id": request["id"], "error": body}


@contextmanager
def scripted_node(answer: Callable[[Any], Answer]) -> Iterator[ScriptedNode]:
    """Serve on a free port; `answer` gets each request's JSON."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits 40 ms for the client's delayed acknowledgement.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(body)
            reply = answer(body)
            if reply.cut:
                self.close_connection = True
                self.connection.close()
                return
            content = (
                reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            )
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) * reply.repeat))
            self.end_headers()
            try:
                for _ in range(reply.repeat):
                    self.wfile.write(content)
            except OSError:
                self.close_connection = True

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield ScriptedNode(f"http://127.0.0.1:{server.server_address[1]}", seen)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def forward(url: str, request: Any) -> Any:
    """A real node's answer to a request, to be passed on or spoilt."""
    # Without the certificates, which plain HTTP does not need and which take long to load.
    with httpx.Client(verify=False, trust_env=False, timeout=PATIENCE_SECONDS) as client:  # noqa: S501
        return client.post(url, json=request).json()
