"""JSON-RPC over HTTP to a node that is not trusted to be well-behaved.

web3's own provider reads replies of any size and lets the errors of its HTTP library through. This
one bounds a reply's bytes, checks its envelope (JSON-RPC 2.0, section 5) before anything looks
inside, tries again where that is safe, and raises only errors of this project.
"""

from __future__ import annotations

import itertools
import json
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import httpx
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from offchain.errors import RpcError
from offchain.foreign_text import printable
from offchain.http_address import checked_http_address, is_loopback

MAXIMUM_REPLY: Final = 1 << 26
"""Bytes of the largest reply that is read: 64 MiB."""

MAXIMUM_BATCH: Final = 100
"""Requests in one HTTP request: public nodes refuse more."""

MAXIMUM_REASON: Final = 1_000
"""Characters of a node's error message that are kept."""

_SENDING: Final = frozenset({"eth_sendRawTransaction"})


class RpcUnreachable(RpcError):
    """Nothing answers at the RPC address, or the connection broke."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no answer from the chain at {url} ({reason}): "
            "start a node there (`anvil`), or name another with --rpc"
        )
        self.url = url


class RpcReplyError(RpcError):
    """A reply that is no JSON-RPC, or is not what the method returns."""

    def __init__(self, method: str, what: str) -> None:
        super().__init__(f"the node's reply to {method} {what}: use another node")
        self.method = method


class RpcReplyTooLarge(RpcReplyError):
    """A reply of more bytes than are read."""

    def __init__(self, method: str, maximum: int) -> None:
        super().__init__(method, f"is larger than {maximum} bytes")
        self.maximum = maximum


class RpcFault(RpcError):
    """The node answered with an error.

    ``code`` and ``reason`` are the node's, ``data`` whatever it added (a revert's bytes in
    hexadecimal, mostly).
    """

    def __init__(self, method: str, code: int, reason: str, data: object = None) -> None:
        super().__init__(f"the node refused {method}: {reason} (code {code})")
        self.method = method
        self.code = code
        self.reason = reason
        self.data = data


class BoundedProvider(JSONBaseProvider):
    """web3 provider over one HTTP connection pool; may be used by several threads.

    Args:
        url: http or https.
        timeout_seconds: for connecting and for each pause in a reply.
        attempts: how often a request is tried while the connection fails, at least 1.
        pause: waits between attempts, as ``time.sleep`` does.
        transport: what carries the requests; the network unless a test says otherwise.

    Raises:
        ConfigurationError: the URL is not usable.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = 30.0,
        attempts: int = 4,
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__()
        self.url = checked_http_address(url, "RPC address")
        self._attempts = attempts
        self._pause = pause
        self._numbers = itertools.count(1)
        self._http = httpx.Client(
            timeout=timeout_seconds,
            transport=transport,
            # Not compressed: a small compressed reply may be a huge one.
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
            # A proxy of the environment is not asked for a node on this machine.
            trust_env=not is_loopback(self.url),
        )
        # Whoever drops this object without closing it leaves no connection open.
        weakref.finalize(self, self._http.close)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One request; returns the reply's envelope with ``result`` or ``error``.

        Raises:
            RpcUnreachable: nothing answered, after all attempts.
            RpcReplyError: the reply is no JSON-RPC or too large.
        """
        request = self._request(method, params)
        reply = self._post(str(method), request, may_repeat=method not in _SENDING)
        return _envelope(str(method), reply, request["id"])

    def make_batch_request(
        self, requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[RPCResponse] | RPCResponse:
        """Several reading requests as one; returns envelopes in the requests' order.

        Raises:
            RpcUnreachable: nothing answered, after all attempts.
            RpcReplyError: the reply is no JSON-RPC batch, misses one, or is too large.
            RpcFault: the node refused the batch as a whole.
        """
        envelopes: list[RPCResponse] = []
        for start in range(0, len(requests), MAXIMUM_BATCH):
            envelopes += self._batch(requests[start : start + MAXIMUM_BATCH])
        return envelopes

    def _batch(self, requests: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        bodies = [self._request(method, params) for method, params in requests]
        reply = self._post("a batch", bodies, may_repeat=True)
        if isinstance(reply, dict) and "error" in reply:
            raise fault_of("a batch", reply["error"])
        if not isinstance(reply, list) or len(reply) != len(bodies):
            raise RpcReplyError("a batch", "does not answer each request once")
        by_number = {item.get("id"): item for item in reply if isinstance(item, dict)}
        return [
            _envelope(str(method), by_number.get(body["id"]), body["id"])
            for (method, _), body in zip(requests, bodies, strict=True)
        ]

    def _request(self, method: RPCEndpoint, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}

    def _post(self, method: str, body: object, *, may_repeat: bool) -> object:
        content = json.dumps(body, default=_plain).encode("utf-8")
        for attempt in itertools.count(1):
            try:
                return _parsed(method, self._read(method, content))
            except httpx.HTTPError as error:
                # A request that was never connected did nothing; one that was cut off may have.
                repeatable = may_repeat or isinstance(error, httpx.ConnectError)
                if attempt >= self._attempts or not repeatable:
                    raise RpcUnreachable(self.url, str(error) or type(error).__name__) from error
                self._pause(0.1 * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _read(self, method: str, content: bytes) -> bytes:
        received = bytearray()
        with self._http.stream("POST", self.url, content=content) as response:
            for chunk in response.iter_raw(1 << 16):
                received += chunk
                if len(received) > MAXIMUM_REPLY:
                    raise RpcReplyTooLarge(method, MAXIMUM_REPLY)
            # Nodes send JSON-RPC errors with status 4xx too; anything else there is no reply.
            if response.status_code >= 400 and not received.lstrip().startswith((b"{", b"[")):
                if response.status_code in (429, 502, 503, 504):
                    response.raise_for_status()
                raise RpcReplyError(method, f"has HTTP status {response.status_code}")
        return bytes(received)


def fault_of(method: str, error: object) -> RpcFault | RpcReplyError:
    """The exception that a reply's ``error`` member stands for."""
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return RpcReplyError(method, "has an error that is malformed")
    code = error.get("code")
    number = code if isinstance(code, int) and not isinstance(code, bool) else 0
    return RpcFault(
        method, number, printable(error["message"], MAXIMUM_REASON, "?"), error.get("data")
    )


def _envelope(method: str, reply: object, number: int) -> RPCResponse:
    if not isinstance(reply, dict):
        raise RpcReplyError(method, "is no JSON-RPC object")
    if reply.get("error") is not None:
        # An error may come without the request's id: the node could not read it.
        return cast(RPCResponse, {"jsonrpc": "2.0", "id": number, "error": reply["error"]})
    if reply.get("id") != number or "result" not in reply:
        raise RpcReplyError(method, "answers another request or has no result")
    return cast(RPCResponse, {"jsonrpc": "2.0", "id": number, "result": reply["result"]})


def _parsed(method: str, content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RpcReplyError(method, "is no JSON") from error


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return "0x" + value.hex()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
