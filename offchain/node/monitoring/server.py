"""Serves a program's health and figures on loopback, beside whatever the program does."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import structlog
from prometheus_client import GC_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from offchain.errors import ConfigurationError, PortInUse
from offchain.node.monitoring.health import Report

log = structlog.get_logger()

HOST: Final = "127.0.0.1"
PATIENCE_SECONDS: Final = 10.0
"""A connection on which nothing comes or goes for so long is closed."""


@contextmanager
def monitored(
    port: int | None, collector: Collector, report: Callable[[], Report]
) -> Iterator[int]:
    """Answer ``GET /metrics`` and ``GET /healthz`` at a port of loopback meanwhile.

    Args:
        port: 0: a free one, which the log names; None: nothing is served.
        collector: the program's metrics; the process's own are added.
        report: the program's health; 503 where it is not well.

    Yields:
        The port; 0 where nothing is served.

    Raises:
        PortInUse: another process listens there.
        ConfigurationError: the system refuses the port.
    """
    if port is None:
        yield 0
        return
    registry = CollectorRegistry()
    for each in (collector, PROCESS_COLLECTOR, GC_COLLECTOR):
        registry.register(each)
    server = _open(port, registry, report)
    thread = threading.Thread(target=server.serve_forever, name="monitoring", daemon=True)
    thread.start()
    log.info("health and metrics are served", url=f"http://{HOST}:{server.server_port}")
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _open(
    port: int, registry: CollectorRegistry, report: Callable[[], Report]
) -> ThreadingHTTPServer:
    class Handler(_Handler):
        answers = {  # noqa: RUF012  (of this class alone)
            "/metrics": lambda accept: _metrics(registry, accept),
            "/healthz": lambda _: _health(report),
        }

    try:
        return _Server((HOST, port), Handler)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(HOST, port) from error
        raise ConfigurationError(
            f"port {port} of {HOST} cannot be listened at ({error.strerror}): choose another one"
        ) from error


Answer = tuple[int, str, bytes]
"""Status, content type and body."""


def _metrics(registry: CollectorRegistry, accept: str) -> Answer:
    encode, kind = choose_encoder(accept)
    return 200, kind, encode(registry)


def _health(report: Callable[[], Report]) -> Answer:
    healthy, figures = report()
    return 200 if healthy else 503, "application/json", json.dumps(figures).encode() + b"\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A connection that broke, or a request that makes no sense, is nothing to tell."""
        log.debug("a request for health or metrics failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE_SECONDS
    answers: dict[str, Callable[[str], Answer]]

    def do_GET(self) -> None:
        answer = self.answers.get(self.path.partition("?")[0])
        if answer is None:
            self.send_error(404)
            return
        status, kind, body = answer(self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""
