"""JSON-RPC over HTTP to a node that is not trusted to be well-behaved.

web3's own provider reads replies of any size and lets the errors of its HTTP library through. This
one bounds a reply's bytes, checks its envelope (JSON-RPC 2.0, section 5) before anything looks
inside, tries again where that is safe, and raises only errors of this project.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, cast

import httpx
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from offchain.chain.rpc.counts import RpcCounts
from offchain.errors import RpcError
from offchain.strangers.foreign_text import printable
from offchain.strangers.http_address import checked_http_address, redacted
from offchain.strangers.http_client import (
    BUSY,
    LongReply,
    UnfitReply,
    open_client,
    read_body,
    reason_of,
)

MAXIMUM_REPLY: Final = 1 << 26
"""Bytes of the largest reply that is read: 64 MiB."""

MAXIMUM_BATCH: Final = 100
"""Requests in one HTTP request: public nodes refuse more."""

MAXIMUM_REASON: Final = 1_000
"""Characters of a node's error message that are kept."""

HIGHEST_CODE: Final = 2**31 - 1
"""Codes of errors are small; what is beyond this or its negative counts as none."""

_SENDING: Final = frozenset({"eth_sendRawTransaction"})
_TOO_MUCH: Final = frozenset({("eth_getLogs", 504)})
"""What takes a busy server too long, which asking again would not change."""


class RpcUnreachable(RpcError):
    """Nothing answers at the RPC address, or the connection broke; ``url`` as it may be shown."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"no answer from the chain at {url} ({reason}): "
            "start a node there (`anvil`), or name another with --rpc"
        )
        self.url = url


class RpcBusy(RpcUnreachable):
    """The node, or a server before it, is too busy to answer; ``status`` is its HTTP status."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(url, f"HTTP status {status}")
        self.status = status


class RpcDisagreementError(RpcError):
    """Two nodes that were asked the same do not say the same."""

    def __init__(self, method: str, urls: Sequence[str]) -> None:
        super().__init__(
            f"the nodes at {' and '.join(urls)} do not agree on {method}: blocks are being taken "
            "back, or one of them is wrong; nothing is done until they agree"
        )
        self.method = method


class RpcReplyError(RpcError):
    """A reply that is no JSON-RPC, or is not what the method returns."""

    def __init__(self, method: str, what: str) -> None:
        super().__init__(f"the node's reply to {method} {what}: use another node")
        self.method = method


class RpcGatewayError(RpcReplyError):
    """A reply that is no node's: empty, cut, or a page of a server before it.

    Such servers say in their own ways that a question takes too much; ``status`` is the HTTP one.
    """

    def __init__(self, method: str, status: int) -> None:
        super().__init__(method, "is no JSON" if status < 400 else f"has HTTP status {status}")
        self.status = status

    @property
    def may_pass(self) -> bool:
        """Whether the server itself failed, and does not say that the request is wrong."""
        return not 400 <= self.status < 500


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
    """web3 provider over HTTP connection pools; may be used by several threads.

    With several addresses the next one is asked where one does not answer, and goes on being asked.

    Args:
        url: http or https; several joined by commas.
        timeout_seconds: for connecting and for each pause in a reply.
        attempts: how often a request is tried while the connection fails, at least 1.
        pause: waits between attempts, as ``time.sleep`` does.

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
    ) -> None:
        super().__init__()
        addresses = split_addresses(url)
        self._addresses = [checked_http_address(each, "RPC address") for each in addresses]
        self._asked = 0
        self._attempts = attempts
        self._pause = pause
        self._numbers = itertools.count(1)
        self.counts = RpcCounts()
        self._clients = [open_client(each, pause_seconds=timeout_seconds) for each in addresses]

    @property
    def url(self) -> str:
        """The address that is asked now, as it may be shown."""
        return redacted(self._addresses[self._asked])

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def make_compared_request(
        self, requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[tuple[str, list[RPCResponse]]]:
        """Several reading requests as one, of every address; envelopes by address as it is shown.

        Those that do not answer are left out, as long as one does.

        Raises:
            RpcError: none answers; what the last one failed by.
        """
        found: list[tuple[str, list[RPCResponse]]] = []
        failure: RpcError | None = None
        for asked, address in enumerate(self._addresses):
            try:
                found.append((redacted(address), self._batch(requests, asked)))
            except RpcError as error:
                failure = error
        if failure is not None and not found:
            raise failure
        return found

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One request; returns the reply's envelope with ``result`` or ``error``.

        Raises:
            RpcUnreachable: nothing answered, after all attempts.
            RpcGatewayError: no node did.
            RpcReplyError: the reply is no JSON-RPC, encoded or too large.
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
            RpcGatewayError: no node did.
            RpcReplyError: the reply is no JSON-RPC batch, misses one, or is too large.
            RpcFault: the node refused the batch as a whole.
        """
        envelopes: list[RPCResponse] = []
        for start in range(0, len(requests), MAXIMUM_BATCH):
            envelopes += self._batch(requests[start : start + MAXIMUM_BATCH])
        return envelopes

    def _batch(
        self, requests: Sequence[tuple[RPCEndpoint, Any]], only: int | None = None
    ) -> list[RPCResponse]:
        """One request of the address that is asked now, or of another alone."""
        bodies = [self._request(method, params) for method, params in requests]
        reply = self._post("a batch", bodies, may_repeat=True, only=only)
        if isinstance(reply, dict) and "error" in reply:
            raise fault_of("a batch", reply["error"])
        if not isinstance(reply, list) or len(reply) != len(bodies):
            raise RpcReplyError("a batch", "does not answer each request once")
        by_number = {_number_of(item): item for item in reply}
        return [
            _envelope(str(method), by_number.get(body["id"]), body["id"])
            for (method, _), body in zip(requests, bodies, strict=True)
        ]

    def _request(self, method: RPCEndpoint, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}

    def _post(
        self, method: str, body: object, *, may_repeat: bool, only: int | None = None
    ) -> object:
        content = json.dumps(body, default=_plain).encode("utf-8")
        several = len(self._addresses) if only is None else 1
        for attempt in itertools.count(1):
            asked = self._asked if only is None else only
            shown = redacted(self._addresses[asked])
            self.counts.asked(shown, len(body) if isinstance(body, list) else 1)
            failure: RpcError
            try:
                return self._read(method, content, asked)
            except httpx.HTTPError as error:
                failure = RpcUnreachable(shown, reason_of(error))
                # A request that was never connected did nothing; one that was cut off may have.
                repeatable = may_repeat or isinstance(error, httpx.ConnectError)
            except RpcBusy as error:
                failure, repeatable = error, may_repeat
            except RpcGatewayError as error:
                failure = error
                repeatable = (
                    may_repeat and error.may_pass and (method, error.status) not in _TOO_MUCH
                )
            except RpcReplyError as error:
                self.counts.failed(shown, error)
                raise
            self.counts.failed(shown, failure)
            if only is None:
                # Others may have gone on to the next one meanwhile: then this one is asked again.
                self._asked = (asked + 1) % len(self._addresses)
            if attempt >= max(self._attempts, several) or not repeatable:
                raise failure
            if attempt % several == 0:
                self._pause(0.1 * 2 ** (attempt // several - 1))
        raise AssertionError("unreachable")

    def _read(self, method: str, content: bytes, asked: int) -> object:
        """A reply's JSON; nodes send JSON-RPC errors with any HTTP status."""
        headers = {"Content-Type": "application/json"}
        address, client = self._addresses[asked], self._clients[asked]
        with client.stream("POST", address, content=content, headers=headers) as response:
            status = response.status_code
            try:
                received = read_body(response, MAXIMUM_REPLY)
            except LongReply as error:
                raise RpcReplyTooLarge(method, error.maximum) from error
            except UnfitReply as error:
                raise RpcReplyError(method, error.what) from error
        with suppress(ValueError, RecursionError):
            reply = json.loads(received)
            if status < 400 or _is_json_rpc(reply):
                return cast(object, reply)
        if status in BUSY and (method, status) not in _TOO_MUCH:
            raise RpcBusy(redacted(address), status)
        raise RpcGatewayError(method, status)


def split_addresses(text: str) -> list[str]:
    """The addresses of a text that joins them by commas."""
    return re.split(r",(?=https?://)", text)


def _is_json_rpc(reply: object) -> bool:
    """Whether a reply with a status of failure is a node's, and not one of a server before it."""
    if isinstance(reply, dict):
        return "result" in reply or isinstance(reply.get("error"), dict)
    return isinstance(reply, list)


def fault_of(method: str, error: object) -> RpcFault | RpcReplyError:
    """The exception that a reply's ``error`` member stands for."""
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return RpcReplyError(method, "has an error that is malformed")
    code = error.get("code")
    number = code if type(code) is int and abs(code) <= HIGHEST_CODE else 0
    return RpcFault(
        method, number, printable(error["message"], MAXIMUM_REASON, "?"), error.get("data")
    )


def _envelope(method: str, reply: object, number: int) -> RPCResponse:
    if not isinstance(reply, dict):
        raise RpcReplyError(method, "is no JSON-RPC object")
    if reply.get("error") is not None:
        # An error may come without the request's id: the node could not read it.
        return cast(RPCResponse, {"jsonrpc": "2.0", "id": number, "error": reply["error"]})
    if _number_of(reply) != number or "result" not in reply:
        raise RpcReplyError(method, "answers another request or has no result")
    return cast(RPCResponse, {"jsonrpc": "2.0", "id": number, "result": reply["result"]})


def _number_of(reply: object) -> int | None:
    """The id of a reply; requests have whole numbers, and True or 1.0 is none."""
    number = reply.get("id") if isinstance(reply, dict) else None
    return number if type(number) is int else None


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return "0x" + value.hex()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
