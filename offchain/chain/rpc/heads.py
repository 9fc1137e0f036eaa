"""The newest block as a node tells it, over WebSocket: nobody has to ask for it again and again.

``eth_subscribe`` with ``newHeads`` (geth's and reth's documentation, "Real-time Events"). What is
told saves requests and nothing more: whoever reads the chain does so as if it had asked, and where
the subscription is silent, broken or strange it is asked for instead.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Final

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from offchain.chain.rpc import replies
from offchain.chain.rpc.counts import RpcCounts
from offchain.chain.rpc.provider import RpcReplyError
from offchain.chain.rpc.replies import EvmBlock
from offchain.errors import ConfigurationError
from offchain.strangers.http_address import checked_http_address, proxy_of, redacted

log = structlog.get_logger()

MAXIMUM_MESSAGE: Final = 1 << 20
"""Bytes of the longest message that is read: a header has some 2,000."""

TRUSTED_SECONDS: Final = 60.0
"""For so long the last word of a subscription counts, then the node is asked once."""

OPEN_SECONDS: Final = 10.0
PING_SECONDS: Final = 20.0
FIRST_PAUSE_SECONDS: Final = 1.0
LAST_PAUSE_SECONDS: Final = 60.0

_METHOD: Final = "eth_subscription"


class Heads:
    """A subscription to new blocks, kept up by a thread of its own.

    Args:
        url: ws or wss.
        chain_id: a node of another chain is not listened to.
        counts: what is told is counted there.
        clock: seconds.

    Raises:
        ConfigurationError: the address is not usable.
    """

    def __init__(
        self, url: str, chain_id: int, counts: RpcCounts, clock: Callable[[], float]
    ) -> None:
        self._url = checked_websocket_address(url)
        self._chain_id = chain_id
        self._counts = counts
        self._clock = clock
        self._lock = threading.Lock()
        self._is_subscribed = False
        self._head: tuple[int, bytes] | None = None
        self._confirmed_at = 0.0
        self._subscription: object = None
        self._closed = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._keep_up, name="new heads", daemon=True)
        self._thread.start()

    def latest(self) -> tuple[int, bytes] | None:
        """Number and hash of the newest block; None: nobody has told it lately, ask the node."""
        with self._lock:
            is_fresh = self._clock() - self._confirmed_at < TRUSTED_SECONDS
            return self._head if self._is_subscribed and is_fresh else None

    def confirm(self, number: int, block_hash: bytes) -> None:
        """The node was asked, and this is its newest block."""
        with self._lock:
            if not self._is_subscribed:
                return
            if self._head is None:
                # All that comes after it is told.
                self._head = (number, block_hash)
            if self._head == (number, block_hash):
                self._confirmed_at = self._clock()

    def close(self) -> None:
        """End the subscription."""
        self._closed.set()
        connection = self._connection
        if connection is not None:
            with suppress(OSError, WebSocketException):
                connection.close()
        self._thread.join(OPEN_SECONDS)

    def _keep_up(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._closed.is_set():
            try:
                connection = self._connection = self._connect()
                with closing(connection):
                    self._subscribe(connection)
                    pause = FIRST_PAUSE_SECONDS
                    while not self._closed.is_set():
                        self._take(connection.recv())
            except (OSError, WebSocketException, RpcReplyError, ValueError) as error:
                if not self._closed.is_set():
                    log.info(
                        "no subscription to new blocks, the node is asked instead",
                        url=redacted(self._url),
                        reason=type(error).__name__,
                    )
            with self._lock:
                self._is_subscribed, self._head = False, None
            self._closed.wait(pause)
            pause = min(LAST_PAUSE_SECONDS, 2 * pause)

    def _connect(self) -> ClientConnection:
        return connect(
            self._url,
            proxy=proxy_of(_as_http(self._url)),
            open_timeout=OPEN_SECONDS,
            close_timeout=1.0,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_size=MAXIMUM_MESSAGE,
            compression=None,
        )

    def _subscribe(self, connection: ClientConnection) -> None:
        """Subscribe, at a node of the chain alone."""
        chain_id = replies.quantity("eth_chainId", self._asked(connection, 1, "eth_chainId"))
        if chain_id != self._chain_id:
            raise RpcReplyError("eth_chainId", f"is {chain_id}, not {self._chain_id}")
        self._subscription = self._asked(connection, 2, "eth_subscribe", "newHeads")
        with self._lock:
            self._is_subscribed = True

    def _asked(
        self, connection: ClientConnection, number: int, method: str, *params: object
    ) -> object:
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        connection.send(json.dumps(message))
        reply = _object(method, connection.recv(OPEN_SECONDS))
        if reply.get("id") != number or "result" not in reply:
            raise RpcReplyError(method, "is an error, or answers another request")
        return reply["result"]

    def _take(self, message: str | bytes) -> None:
        """A notification; ``RpcReplyError`` if it is none."""
        told = _object(_METHOD, message)
        params = told.get("params")
        if told.get("method") != _METHOD or not isinstance(params, dict):
            raise RpcReplyError(_METHOD, "is no notification")
        if params.get("subscription") != self._subscription:
            return
        head: EvmBlock = replies.block_header(_METHOD, params.get("result"))
        self._counts.pushed()
        with self._lock:
            self._head, self._confirmed_at = (head.number, head.hash), self._clock()


def _object(method: str, message: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(message)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise RpcReplyError(method, "is no JSON object")
    return found


def checked_websocket_address(url: str) -> str:
    """`url` if it is a ws or wss address with a host; ``ConfigurationError`` if it is none."""
    scheme, _, _ = url.partition("://")
    if scheme not in ("ws", "wss"):
        raise ConfigurationError(
            f"the WebSocket address {redacted(url)!r} must begin with ws:// or wss://"
        )
    checked_http_address(_as_http(url), "the WebSocket address")
    return url


def _as_http(url: str) -> str:
    return "http" + url.removeprefix("ws")
