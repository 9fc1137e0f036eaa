"""Headers from a Bitcoin node over JSON-RPC: Bitcoin Core and what descends from it.

Three calls are used: ``getblockcount``, ``getblockhash`` and ``getblockheader`` (not verbose), in
batches. The node answers at the port that it calls ``rpcport`` and wants a user and a password:
those of its configuration, or the ones that it writes anew into its cookie file at each start.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from offchain.bitcoin.header import display_hash
from offchain.bitcoin.rules import Rules
from offchain.errors import ConfigurationError
from offchain.headers.bounded_http import BoundedHttp, Limits
from offchain.headers.errors import SourceRefusal, SourceReplyError
from offchain.headers.network_source import (
    ChainMoved,
    NetworkSource,
    check_hash,
    previous_hash,
)
from offchain.headers.replies import (
    parse_hash,
    parse_header,
    parse_height,
    parse_json,
    rpc_result,
)

BATCH: Final = 100
"""Calls in one HTTP request."""

_MAXIMUM_COOKIE: Final = 4096
_OUT_OF_RANGE: Final = -8
_NOT_FOUND: Final = -5
"""Codes of Bitcoin Core's errors RPC_INVALID_PARAMETER and RPC_INVALID_ADDRESS_OR_KEY."""


class BitcoinCoreHeaders(NetworkSource):
    """The best chain of a Bitcoin node. May be used by several threads.

    Args:
        url: the node's RPC address, without user and password.
        rules: of the network that it is expected to serve.
        credentials: user and password, or the node's cookie file.
        limits: what is waited for and read.

    Raises:
        ConfigurationError: the cookie file cannot be read, when it is needed.
    """

    def __init__(
        self,
        url: str,
        rules: Rules,
        credentials: tuple[str, str] | Path,
        limits: Limits | None = None,
    ) -> None:
        def current() -> tuple[str, str]:
            return read_cookie(credentials) if isinstance(credentials, Path) else credentials

        super().__init__(BoundedHttp(url, current, limits), rules)
        self._numbers = itertools.count(1)

    def _best_height(self) -> int:
        [answer] = self._call("getblockcount", [[]])
        return parse_height(self.url, "getblockcount", answer)

    def _hashes(self, heights: range) -> list[bytes]:
        method = "getblockhash"
        try:
            answers = self._call(method, [[height] for height in heights])
        except SourceRefusal as refusal:
            if refusal.code == _OUT_OF_RANGE:
                raise ChainMoved from refusal
            raise
        return [parse_hash(self.url, method, answer) for answer in answers]

    def _read(self, heights: range) -> list[bytes]:
        method = "getblockheader"
        hashes = self._hashes(heights)
        try:
            answers = self._call(method, [[display_hash(item), False] for item in hashes])
        except SourceRefusal as refusal:
            if refusal.code == _NOT_FOUND:
                raise ChainMoved from refusal
            raise
        headers = [parse_header(self.url, method, answer) for answer in answers]
        for index, (header, block_hash) in enumerate(zip(headers, hashes, strict=True)):
            check_hash(self.url, f"{method} {display_hash(block_hash)}", header, block_hash)
            if index and previous_hash(header) != hashes[index - 1]:
                raise ChainMoved
        return headers

    def _call(self, method: str, parameters: Sequence[list[object]]) -> list[Any]:
        """Results of one method with several parameters, in their order."""
        results: list[Any] = []
        for start in range(0, len(parameters), BATCH):
            results += self._batch(method, parameters[start : start + BATCH])
        return results

    def _batch(self, method: str, parameters: Sequence[list[object]]) -> list[Any]:
        numbers = [next(self._numbers) for _ in parameters]
        requests = [
            {"jsonrpc": "1.0", "id": number, "method": method, "params": values}
            for number, values in zip(numbers, parameters, strict=True)
        ]
        # The statuses of JSON-RPC errors differ between versions: what counts is the body.
        body = self._http.post(method, json.dumps(requests).encode()).body
        answers = parse_json(self.url, method, body)
        if isinstance(answers, dict):
            # The node refuses a batch as a whole while it starts.
            rpc_result(self.url, method, answers, -1)
        if not isinstance(answers, list) or len(answers) != len(requests):
            raise SourceReplyError(self.url, method, "does not answer each request once")
        by_number = {item.get("id"): item for item in answers if _has_number(item)}
        return [rpc_result(self.url, method, by_number.get(number), number) for number in numbers]


def _has_number(item: object) -> bool:
    return isinstance(item, dict) and type(item.get("id")) is int


def read_cookie(file: Path) -> tuple[str, str]:
    """User and password from a Bitcoin node's cookie file.

    Raises:
        ConfigurationError: it cannot be read or is none; the message repeats nothing of it.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAXIMUM_COOKIE + 1)
        user, colon, password = content.decode("utf-8").strip().partition(":")
    except OSError as error:
        raise ConfigurationError(
            f"the Bitcoin node's cookie file {file} cannot be read: {error.strerror}: "
            "start the node, or name the file of its data folder"
        ) from error
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is no cookie file of a Bitcoin node") from None
    if not colon or not user or not password or len(content) > _MAXIMUM_COOKIE:
        raise ConfigurationError(f"{file} is no cookie file of a Bitcoin node")
    return user, password
