"""Transactions and traces as nodes give them, broken ones too."""

from typing import Any

import pytest

from offchain.chain.reading.calls_made import (
    SentCall,
    SentTransaction,
    TraceUnavailable,
    traced_calls,
    transactions,
)
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcReplyError
from tests.support.servers.scripted_node import Answer, ScriptedNode, error, result, scripted_node

OURS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OURS_TOO = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
WALLET = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"
SENDER = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
HASH = bytes(range(32))
SENT = {
    "hash": "0x" + HASH.hex(),
    "blockNumber": "0x7",
    "from": SENDER.lower(),
    "to": OURS.lower(),
    "input": "0x0102",
    "value": "0x5",
}


def read(answer: Any) -> Any:
    """What `transactions` makes of a node's answer."""
    with scripted_node(lambda request: Answer([result(part, answer) for part in request])) as node:
        return transactions(Ethereum.connect(node.url), [HASH])


def traced(node: ScriptedNode, to: str = WALLET) -> list[SentCall]:
    """Calls in a transaction that calls a wallet, or another."""
    sent = SentTransaction(HASH, 7, SENDER, to, b"\x00", 0)
    return list(traced_calls(Ethereum.connect(node.url), sent, [OURS, OURS_TOO]))


def trace(answer: Any) -> list[SentCall]:
    """What `traced_calls` makes of the trace of a node without tracers in JavaScript."""

    def reply(request: Any) -> Answer:
        if request["params"][1] == {"tracer": "callTracer"}:
            return Answer(result(request, answer))
        return Answer(error(request, -32000, "no such tracer"))

    with scripted_node(reply) as node:
        return traced(node)


def pages(*answers: Any, to: str = WALLET) -> list[SentCall]:
    """What `traced_calls` makes of what its own tracer returns."""
    left = list(answers)
    with scripted_node(lambda request: Answer(result(request, left.pop(0)))) as node:
        return traced(node, to)


def frame(sender: str, to: str, data: str = "0x", **more: Any) -> dict[str, Any]:
    """A call as callTracer gives it."""
    return {"type": "CALL", "from": sender, "to": to, "input": data, "value": "0x0", **more}


def test_a_transaction_is_read():
    [sent] = read(SENT)
    assert sent.call == SentCall(SENDER, OURS, b"\x01\x02", 5)
    assert sent.block_number == 7


def test_a_transaction_that_creates_a_contract_calls_none():
    [sent] = read({**SENT, "to": None})
    assert sent.to is None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {**SENT, "hash": "0x" + bytes(32).hex()},
        {**SENT, "from": None},
        {**SENT, "input": "0x1"},
        {**SENT, "value": "five"},
        {**SENT, "blockNumber": None},
    ],
    ids=["none", "list", "another", "no sender", "odd input", "no number", "not mined"],
)
def test_what_is_no_mined_transaction_is_refused(answer: Any):
    with pytest.raises(RpcReplyError):
        read(answer)


def test_calls_from_outside_are_found_in_the_order_in_which_they_began():
    inner = frame(WALLET, OURS_TOO, "0x02", calls=[frame(OURS_TOO, OURS, "0x99")])
    calls = trace(
        frame(
            SENDER,
            WALLET,
            "0x00",
            calls=[
                frame(WALLET, OURS, "0x01", calls=[frame(OURS, WALLET, calls=[inner])]),
                frame(WALLET, OURS, "0x03", value="0x2"),
            ],
        )
    )
    assert calls == [
        SentCall(WALLET, OURS, b"\x01", 0),
        SentCall(WALLET, OURS_TOO, b"\x02", 0),
        SentCall(WALLET, OURS, b"\x03", 2),
    ]


def test_failed_calls_and_other_kinds_are_left_out():
    failed = frame(WALLET, OURS, "0x01", error="execution reverted", calls=[frame(WALLET, OURS)])
    static = {**frame(WALLET, OURS, "0x02"), "type": "STATICCALL"}
    assert trace(frame(SENDER, WALLET, calls=[failed, static])) == []


@pytest.mark.parametrize(
    "answer",
    [
        "0x",
        None,
        frame(SENDER, WALLET, calls="none"),
        frame(SENDER, WALLET, calls=[7]),
        frame("nobody", OURS),
        frame(SENDER, OURS, "0xz"),
    ],
    ids=["string", "none", "no list", "no object", "no sender", "no data"],
)
def test_what_is_no_trace_is_refused(answer: Any):
    with pytest.raises(RpcReplyError):
        trace(answer)


def page(total: Any, *data: str) -> dict[str, Any]:
    """Some calls as the own tracer gives them."""
    return {"total": total, "calls": [frame(WALLET, OURS, one) for one in data]}


def test_the_own_tracer_is_asked_until_all_calls_are_there():
    found = pages(page(3, "0x01", "0x02"), page(3, "0x03"))
    assert [call.data for call in found] == [b"\x01", b"\x02", b"\x03"]
    assert pages(page(0)) == []


def test_the_transaction_s_own_call_comes_first():
    first, second = pages(page(1, "0x01"), to=OURS)
    assert first == SentCall(SENDER, OURS, b"\x00", 0)
    assert second.data == b"\x01"


@pytest.mark.parametrize(
    "answers",
    [
        [None],
        [frame(SENDER, WALLET, calls=[])],
        [page("1", "0x01")],
        [page(True, "0x01")],
        [page(2, "0x01"), page(2)],
        [page(2, "0x01"), page(3, "0x01", "0x02", "0x03")],
        [page(1, "0x01", "0x02")],
        [page(1 << 60, "0x01")],
        [{"total": 1, "calls": "none"}],
        [{"total": 1, "calls": [7]}],
        [page(1, "0xz")],
    ],
)
def test_what_the_own_tracer_does_not_return_is_refused(answers: list[Any]):
    with pytest.raises(RpcReplyError):
        pages(*answers)


def test_a_node_that_does_not_trace_is_named_as_the_reason():
    def refuse(request: Any) -> Answer:
        return Answer(error(request, -32601, "the method does not exist"))

    with scripted_node(refuse) as node, pytest.raises(TraceUnavailable, match="does not exist"):
        traced(node)
