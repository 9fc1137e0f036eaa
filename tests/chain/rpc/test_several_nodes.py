"""Several nodes: the next one is asked where one does not answer, and their blocks are compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import BoundedProvider, RpcDisagreementError, RpcUnreachable
from offchain.errors import ConfigurationError
from offchain.node.demo.local_network import free_port
from tests.support.servers.scripted_node import Answer, ScriptedNode, result, scripted_node


def header(number: int, branch: int) -> dict[str, str]:
    return {
        "number": hex(number),
        "hash": "0x" + bytes([branch, number]).hex() * 16,
        "timestamp": "0x1",
        "gasLimit": "0x1",
    }


class Nodes:
    """Two nodes, each with a head and a branch of its own, and up or down."""

    def __init__(self, stack: ExitStack) -> None:
        self.heads, self.branches, self.up = [5, 5], [1, 1], [True, True]
        self.nodes: list[ScriptedNode] = [
            stack.enter_context(scripted_node(lambda request, i=i: self.answer(i, request)))
            for i in range(2)
        ]
        self.pauses: list[float] = []
        provider = BoundedProvider(
            ",".join(node.url for node in self.nodes), pause=self.pauses.append
        )
        self.ethereum = Ethereum(provider)

    def answer(self, index: int, request: Any) -> Answer:
        if not self.up[index]:
            return Answer(b"", status=503)
        if isinstance(request, list):
            return Answer([self.reply(index, item) for item in request])
        return Answer(self.reply(index, request))

    def reply(self, index: int, request: Any) -> Any:
        if request["method"] == "eth_blockNumber":
            return result(request, hex(self.heads[index]))
        number = int(request["params"][0], 16)
        known = number <= self.heads[index]
        return result(request, header(number, self.branches[index]) if known else None)


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with ExitStack() as stack:
        made = Nodes(stack)
        yield made
        made.ethereum.close()


def test_the_next_node_is_asked_where_one_does_not_answer_and_goes_on_being_asked(nodes: Nodes):
    nodes.heads = [5, 6]
    assert nodes.ethereum.block_number() == 5
    nodes.up[0] = False
    assert [nodes.ethereum.block_number() for _ in range(3)] == [6, 6, 6]
    assert nodes.pauses == []
    assert len(nodes.nodes[0].requests) == 2
    assert nodes.ethereum.url == nodes.nodes[1].url
    nodes.up = [True, False]
    assert nodes.ethereum.block_number() == 5


def test_that_none_answers_is_said_after_all_were_asked_several_times(nodes: Nodes):
    nodes.up = [False, False]
    with pytest.raises(RpcUnreachable):
        nodes.ethereum.block_number()
    assert [len(node.requests) for node in nodes.nodes] == [2, 2]


def test_blocks_are_those_that_all_nodes_have_where_they_have_them(nodes: Nodes):
    nodes.heads = [4, 5]
    expected = [bytes([1, number]) * 16 for number in (3, 4, 5)]
    assert nodes.ethereum.block_hashes([3, 4, 5, 6]) == [*expected, b""]
    nodes.up[0] = False
    assert nodes.ethereum.block_hashes([3, 4, 5, 6]) == [*expected, b""]
    nodes.up = [True, True]
    nodes.branches = [1, 2]
    with pytest.raises(RpcDisagreementError, match="do not agree"):
        nodes.ethereum.block_hashes([3])
    # What one of them alone has nobody contradicts.
    assert nodes.ethereum.block_hashes([5]) == [bytes([2, 5]) * 16]
    nodes.up = [False, False]
    with pytest.raises(RpcUnreachable):
        nodes.ethereum.block_hashes([3])


def test_each_address_must_be_one():
    with pytest.raises(ConfigurationError, match="RPC address"):
        BoundedProvider(f"http://127.0.0.1:{free_port()},https://")
