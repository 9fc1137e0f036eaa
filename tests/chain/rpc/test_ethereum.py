"""A node's methods: on a real chain, and through one that limits, cheats or fails."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from offchain.chain.abi.interfaces import interface
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import LOG_BLOCKS, Call, Ethereum
from offchain.chain.rpc.provider import BoundedProvider, RpcFault, RpcGatewayError, RpcReplyError
from offchain.chain.rpc.replies import Log
from offchain.errors import RpcError
from offchain.protocol.words.actions import SubmitHeaders
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.servers.scripted_node import Answer, ScriptedNode, error, forward, scripted_node


@pytest.fixture(scope="module")
def started() -> Iterator[DeployedWorld]:
    """A world with a few blocks of logs."""
    with world() as made:
        made.start()
        for _ in range(6):
            made.mine(1)
        yield made


def addresses(world: DeployedWorld) -> list[str]:
    return [contract.address for contract in world.deployment.contracts.values()]


def all_logs(world: DeployedWorld, ethereum: Ethereum) -> list[Log]:
    last = world.ethereum.block().number
    return list(ethereum.logs(addresses(world), 0, last))


def through(world: DeployedWorld, change: Any) -> Any:
    """A node that passes everything on, but for what `change` makes of it."""

    def answer(request: Any) -> Answer:
        changed = change(request)
        return changed if changed is not None else Answer(forward(world.anvil.url, request))

    return scripted_node(answer)


def limited(blocks: int) -> Any:
    """What a node does that allows so many blocks in one query of logs."""

    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            asked = request["params"][0]
            if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= blocks:
                return Answer(error(request, -32005, f"at most {blocks} blocks"))
        return None

    return change


@pytest.mark.parametrize("blocks", [1, 2, 3, 5])
def test_logs_are_the_same_from_a_node_that_allows_few_blocks(started, blocks):
    with through(started, limited(blocks)) as node:
        assert all_logs(started, Ethereum.connect(node.url)) == all_logs(started, started.ethereum)


TOO_MUCH = [
    (b"<html>413 Request Entity Too Large</html>", 413),
    (b"", 413),
    (b'{"message": "Request Too Long"}', 413),
    (b"<html>504 Gateway Time-out</html>", 504),
    (b"", 504),
    (b"error code: 524", 524),
    (b"<html>", 500),
    (b"<html>", 403),
    (b"<html>", 503),
    (b"", 200),
    (b"<html>", 200),
    (b'{"jsonrpc": "2.0", "id": 1, "result": [', 200),
]
"""What servers before a node say of a question that takes too much: body and status."""


def refusing(page: bytes, status: int, blocks: int) -> Any:
    """A gateway that says so of more than so many blocks."""

    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            asked = request["params"][0]
            if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) >= blocks:
                return Answer(page, status)
        return None

    return change


def impatient(url: str, blocks: int = LOG_BLOCKS) -> Ethereum:
    return Ethereum(BoundedProvider(url, attempts=2, pause=lambda _: None), blocks)


@pytest.mark.parametrize(("page", "status"), TOO_MUCH)
def test_logs_are_the_same_through_a_gateway_that_takes_few_blocks(started, page, status):
    with through(started, refusing(page, status, 4)) as node:
        assert all_logs(started, impatient(node.url)) == all_logs(started, started.ethereum)


@pytest.mark.parametrize(("page", "status"), TOO_MUCH)
def test_gateway_that_refuses_even_one_block_is_said_after_few_questions(started, page, status):
    with through(started, refusing(page, status, 0)) as node, pytest.raises(RpcError):
        all_logs(started, impatient(node.url))
    # Down from all blocks to one, by halves, and at most two attempts at each.
    assert len(node.requests) <= 2 * (started.ethereum.block().number.bit_length() + 1)


def test_gateway_whose_time_is_over_is_not_asked_the_same_again(started):
    with through(started, refusing(b"<html>", 504, 0)) as node, pytest.raises(RpcGatewayError):
        all_logs(started, impatient(node.url))
    asked = [request["params"] for request in node.requests]
    assert all(asked.count(question) == 1 for question in asked)


def test_logs_are_asked_for_in_bounded_ranges(started):
    with through(started, lambda _: None) as node:
        found = all_logs(started, Ethereum(BoundedProvider(node.url), log_blocks=3))
        assert spans(node) == {3}
    assert found == all_logs(started, started.ethereum)


def spans(node: ScriptedNode) -> set[int]:
    asked = [r["params"][0] for r in node.requests[:-1] if r["method"] == "eth_getLogs"]
    return {int(a["toBlock"], 16) - int(a["fromBlock"], 16) + 1 for a in asked}


def test_node_that_refuses_even_one_block_is_said(started):
    with through(started, limited(0)) as node, pytest.raises(RpcFault, match="at most 0 blocks"):
        all_logs(started, Ethereum.connect(node.url))


def spoilt_logs(spoil: Any) -> Any:
    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            return Answer({"jsonrpc": "2.0", "id": request["id"], "result": spoil(request)})
        return None

    return change


OTHER = "0x" + "99" * 20


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: None,
        lambda _: {},
        lambda logs: [*logs, logs[0]],
        lambda logs: [*logs, None],
        lambda logs: [{**logs[0], "address": OTHER}],
        lambda logs: [{**logs[0], "blockNumber": "0xfffff"}],
        lambda logs: [{**logs[0], "topics": []}],
        lambda logs: [{**logs[0], "removed": True}],
    ],
)
def test_logs_that_were_not_asked_for_are_refused(started, spoil):
    def change(request: Any) -> Any:
        return spoil(forward(started.anvil.url, request)["result"])

    topic = all_logs(started, started.ethereum)[0].topics[0]
    last = started.ethereum.block().number
    with through(started, spoilt_logs(change)) as node:
        found = Ethereum.connect(node.url).logs(addresses(started), 0, last, [topic])
        with pytest.raises(RpcReplyError):
            list(found)


def test_logs_are_sorted_whatever_the_nodes_order(started):
    def change(request: Any) -> Any:
        return forward(started.anvil.url, request)["result"][::-1]

    with through(started, spoilt_logs(change)) as node:
        assert all_logs(started, Ethereum.connect(node.url)) == all_logs(started, started.ethereum)


def test_times_of_blocks_are_asked_for_where_logs_do_not_carry_them(started):
    def change(request: Any) -> Any:
        logs = forward(started.anvil.url, request)["result"]
        return [{k: v for k, v in log.items() if k != "blockTimestamp"} for log in logs]

    last = started.ethereum.block().number
    with through(started, spoilt_logs(change)) as node:
        contracts = DeployedContracts(Ethereum.connect(node.url), started.deployment)
        assert list(contracts.records(0, last)) == list(started.clients[0].records(0, last))


def test_block_of_another_number_is_refused(started):
    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_getBlockByNumber":
            answer = forward(started.anvil.url, {**request, "params": ["latest", False]})
            return Answer(answer)
        return None

    with through(started, change) as node:
        ethereum = Ethereum.connect(node.url)
        assert ethereum.block().number == started.ethereum.block().number
        with pytest.raises(RpcReplyError, match="not 0"):
            ethereum.block(0)


def test_block_that_does_not_exist_is_refused(started):
    with pytest.raises(RpcReplyError, match="object"):
        started.ethereum.block(10**6)


def test_several_calls_are_one_request_at_one_block(started):
    with through(started, lambda _: None) as node:
        ethereum = Ethereum.connect(node.url)
        contract = started.deployment.address("ModelChain")
        selector = bytes.fromhex("ab7e4aa7")  # no function: reverts
        with pytest.raises(RpcFault):
            ethereum.calls([Call(contract, selector)])
        node.requests.clear()
        views = [("ModelChain", "collectingRound"), ("BitcoinRelay", "tip")]
        calls = [
            Call(started.deployment.address(name), interface(name).encode(function))
            for name, function in views
        ]
        block = ethereum.block().number
        answers = ethereum.calls(calls, block)
        assert [len(answer) for answer in answers] == [32, 32]
        assert len(node.requests) == 2
        assert {request["params"][1] for request in node.requests[1]} == {hex(block)}


def test_nothing_asked_is_nothing_sent(started):
    with through(started, lambda _: None) as node:
        assert Ethereum.connect(node.url).calls([]) == []
        assert node.requests == []


def test_receipt_of_another_transaction_is_refused(started):
    headers = started.bitcoin.raw(started.bitcoin.best_height, 1)
    receipt = started.clients[0].execute(SubmitHeaders(headers))
    known = started.ethereum.receipt(receipt.transaction_hash)
    assert known is not None
    assert known.gas_used == receipt.gas_used
    assert started.ethereum.receipt(bytes(32)) is None

    def change(request: Any) -> Answer | None:
        asked = {**request, "params": ["0x" + receipt.transaction_hash.hex()]}
        return Answer(forward(started.anvil.url, asked))

    with through(started, change) as node, pytest.raises(RpcReplyError, match="another"):
        Ethereum.connect(node.url).receipt(bytes(32))


def test_error_messages_cannot_steer_a_terminal(started):
    message = "\x1b[2Jnonce\x00" + "a" * 10_000

    def change(request: Any) -> Answer | None:
        return Answer(json.loads(json.dumps(error(request, -1, message))))

    with through(started, change) as node, pytest.raises(RpcFault) as caught:
        Ethereum.connect(node.url).chain_id()
    assert "\x1b" not in str(caught.value)
    assert "\x00" not in str(caught.value)
    assert len(str(caught.value)) < 1_200


@pytest.mark.parametrize("version", ["\x1b[2Jgeth", "geth\ud800", "a\nb", "x" * 100_000])
def test_what_a_node_calls_itself_cannot_steer_a_terminal(started, version):
    def change(request: Any) -> Answer | None:
        return Answer({"jsonrpc": "2.0", "id": request["id"], "result": version})

    with through(started, change) as node:
        shown = Ethereum.connect(node.url).client_version()
    assert shown.isprintable()
    assert len(shown) <= 200


@pytest.mark.parametrize("body", [None, "text", {"message": 7}, {"code": 1}, []])
def test_malformed_error_is_a_fault_of_the_reply(started, body):
    def change(request: Any) -> Answer | None:
        return Answer({"jsonrpc": "2.0", "id": request["id"], "error": body})

    with through(started, change) as node, pytest.raises(RpcReplyError):
        Ethereum.connect(node.url).chain_id()
