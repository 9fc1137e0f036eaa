"""Nodes behind one address, of which some do not have the newest blocks yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.servers.scripted_node import (
    Answer,
    ScriptedNode,
    error,
    forward,
    result,
    scripted_node,
)

BLOCK_PARAMETER = {"eth_call": 1, "eth_getBalance": 1, "eth_getCode": 1, "eth_getBlockByNumber": 0}
"""Where a method names a block."""


@contextmanager
def lagging_node(url: str, lag: Callable[[Any], int]) -> Iterator[ScriptedNode]:
    """What a balancer in front of a real node looks like.

    Each HTTP request is answered as by a node that is so many blocks behind as `lag` says of it.
    """

    def answer(request: Any) -> Answer:
        newest = {"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []}
        head = int(forward(url, newest)["result"], 16) - lag(request)
        if isinstance(request, list):
            return Answer([behind(url, item, head) for item in request])
        return Answer(behind(url, request, head))

    with scripted_node(answer) as node:
        yield node


def behind(url: str, request: Any, head: int) -> Any:
    """The reply to one request of a node whose newest block is `head`."""
    method, params = request["method"], list(request["params"])
    if method == "eth_blockNumber":
        return result(request, hex(head))
    if method == "eth_getLogs":
        asked = params[0]
        if int(asked["fromBlock"], 16) > head:
            return result(request, [])
        last = min(int(asked["toBlock"], 16), head)
        return forward(url, {**request, "params": [{**asked, "toBlock": hex(last)}]})
    if method in BLOCK_PARAMETER:
        place = BLOCK_PARAMETER[method]
        if params[place] == "latest":
            params[place] = hex(head)
        elif int(params[place], 16) > head:
            missing = method == "eth_getBlockByNumber"
            return result(request, None) if missing else error(request, -32000, "header not found")
    return forward(url, {**request, "params": params})
