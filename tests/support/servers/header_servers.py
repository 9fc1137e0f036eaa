"""Bitcoin nodes and Esplora servers made of a list of headers, for clients to be tested against."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from offchain.bitcoin.genesis import GENESIS
from offchain.bitcoin.header import BlockHeader, display_hash
from offchain.bitcoin.rules import REGTEST
from scripts.support.worlds.bitcoin_mining import START_TIME, MinedChain
from tests.support.servers.http_server import Answer, Request

USER, PASSWORD = "__cookie__", "0123abcd"


def regtest_chain(count: int, salt: int = 0) -> MinedChain:
    """Regtest's own first block and headers up to height `count - 1` after it."""
    genesis = GENESIS[REGTEST]
    chain = MinedChain(REGTEST, 0, {0: (genesis.bits, genesis.time)}, salt, [genesis])
    return chain.extend(START_TIME + step * 600 for step in range(count - 1))


@dataclass
class BestChain:
    """The headers that a server takes as the best chain; a test may change them."""

    headers: list[BlockHeader]
    calls: int = 0
    before: Callable[[BestChain], None] = field(default=lambda _: None)

    def hash_at(self, height: int) -> str | None:
        """Display hash at a height, None above the best."""
        return (
            display_hash(self.headers[height].hash()) if 0 <= height < len(self.headers) else None
        )

    def header_of(self, shown: str, also: list[BlockHeader]) -> str | None:
        """Hexadecimal header of a hash, of this chain or of `also`."""
        for header in (*self.headers, *also):
            if display_hash(header.hash()) == shown:
                return header.serialise().hex()
        return None


@dataclass
class CoreServer:
    """Answers as Bitcoin Core does; knows the blocks of `stale` chains too."""

    chain: BestChain
    stale: list[BlockHeader] = field(default_factory=list)
    password: str = PASSWORD
    twist: Callable[[str, Any], Any] = field(default=lambda _, result: result)

    def __call__(self, request: Request) -> Answer:
        expected = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return Answer(status=401)
        calls = json.loads(request.body)
        replies = [self._reply(call) for call in calls]
        return Answer(json.dumps(replies).encode())

    def _reply(self, call: dict[str, Any]) -> dict[str, Any]:
        self.chain.calls += 1
        self.chain.before(self.chain)
        result, error = self._result(call["method"], call["params"])
        result = self.twist(call["method"], result)
        return {"result": result, "error": error, "id": call["id"]}

    def _result(self, method: str, params: list[Any]) -> tuple[Any, Any]:
        match method, params:
            case "getblockcount", []:
                return len(self.chain.headers) - 1, None
            case "getblockhash", [height]:
                shown = self.chain.hash_at(height)
                if shown is None:
                    return None, {"code": -8, "message": "Block height out of range"}
                return shown, None
            case "getblockheader", [shown, False]:
                header = self.chain.header_of(shown, self.stale)
                if header is None:
                    return None, {"code": -5, "message": "Block not found"}
                return header, None
        return None, {"code": -32601, "message": "Method not found"}


@dataclass
class EsploraServer:
    """Answers as Esplora does; knows the blocks of `stale` chains too."""

    chain: BestChain
    stale: list[BlockHeader] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.chain.calls += 1
        self.chain.before(self.chain)
        text = self._text(request.path.removeprefix("/api").split("/")[1:])
        if text is None:
            return Answer(b"Block not found", status=404)
        return Answer(text.encode(), headers={"Content-Type": "text/plain"})

    def _text(self, path: list[str]) -> str | None:
        match path:
            case ["blocks", "tip", "height"]:
                return str(len(self.chain.headers) - 1)
            case ["block-height", height]:
                return self.chain.hash_at(int(height))
            case ["block", shown, "header"]:
                return self.chain.header_of(shown, self.stale)
        return None
