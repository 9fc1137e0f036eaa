"""Whatever a node does with a transaction and says of it, it is paid once, or not at all and said.

A real chain stands behind a server that takes transactions or does not, and answers, cuts the
connection, or lies, in every order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from eth_utils.crypto import keccak

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault, RpcReplyError
from offchain.chain.sending.fate import Fate, find_out
from offchain.chain.sending.outbox import SignedTransaction
from offchain.chain.sending.sender import Sender
from offchain.errors import NotMinedError, PerhapsSentError, RevertedError
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, Anvil
from tests.support.chains.sending_chain import OTHERS, PAID, SINK, Remembered, SendingChain
from tests.support.servers.scripted_node import (
    Answer,
    ScriptedNode,
    error,
    forward,
    result,
    scripted_node,
)


@pytest.fixture(scope="module", params=[True, False], ids=["automine", "pool"])
def chain(request: pytest.FixtureRequest) -> Iterator[SendingChain]:
    arguments = [] if request.param else ["--no-mining"]
    with Anvil(accounts=2, extra_arguments=arguments) as anvil:
        chain = SendingChain(anvil, request.param)
        yield chain
        chain.ethereum.close()


@pytest.fixture
def fresh(chain: SendingChain) -> Iterator[SendingChain]:
    """The chain, put back afterwards."""
    snapshot = chain.ethereum.request("evm_snapshot")
    yield chain
    assert chain.ethereum.request("evm_revert", snapshot)
    chain.ethereum.request("anvil_dropAllTransactions")


Act = Callable[[SendingChain, Any], Answer]
"""What a node does with one eth_sendRawTransaction."""

TAKING: dict[str, Act] = {
    "takes": lambda chain, request: Answer(forward(chain.url, request)),
    "takes, cuts": lambda chain, request: (forward(chain.url, request), Answer(cut=True))[1],
    "takes, fails": lambda chain, request: (
        forward(chain.url, request),
        Answer(error(request, -32000, "AlreadyKnown")),
    )[1],
    "takes, page": lambda chain, request: (
        forward(chain.url, request),
        Answer(b"<html>502 Bad Gateway</html>", 502),
    )[1],
    "takes, nonsense": lambda chain, request: (
        forward(chain.url, request),
        Answer(result(request, None)),
    )[1],
}
LEAVING: dict[str, Act] = {
    "cuts": lambda _chain, _request: Answer(cut=True),
    "fails": lambda _chain, request: Answer(error(request, -32000, "nonce gap")),
    "page": lambda _chain, _request: Answer(b"", 504),
    "other": lambda chain, request: (
        chain.other_program_sends(),
        Answer(error(request, -32000, "could not replace existing tx")),
    )[1],
}
ACTS = TAKING | LEAVING
# Once it was taken, nothing more is sent.
ORDERS = [
    *((first,) for first in ACTS),
    *itertools.product(LEAVING, ACTS),
    *itertools.product(LEAVING, LEAVING, ("takes", "takes, cuts")),
]


@contextmanager
def behaving(
    chain: SendingChain, acts: Sequence[str], last: str = "takes"
) -> Iterator[ScriptedNode]:
    """A node that does one thing after the other with what is sent, and then the last for ever."""
    todo = iter(acts)

    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            return ACTS[next(todo, last)](chain, request)
        return Answer(forward(chain.url, request))

    with scripted_node(answer) as node:
        yield node


@pytest.mark.parametrize("acts", ORDERS, ids=" > ".join)
def test_it_is_paid_once_whatever_a_node_does_in_whatever_order(fresh: SendingChain, acts):
    outbox = Remembered()
    with behaving(fresh, acts) as node:
        receipt = fresh.sender(node.url, outbox=outbox).send(SINK, b"", PAID)
    assert receipt.succeeded
    assert fresh.received() == PAID
    assert outbox.kept == []
    # What is signed afterwards finds nothing left to send.
    fresh.sender(outbox=outbox).settle()
    fresh.pause(0)
    assert fresh.received() == PAID


@pytest.mark.parametrize("with_outbox", [True, False])
@pytest.mark.parametrize("last", ["cuts", "page", "fails"])
@pytest.mark.parametrize("first", [None, *LEAVING])
def test_a_node_that_never_takes_it_is_said_and_it_is_paid_at_most_once(
    fresh: SendingChain, first, last, with_outbox
):
    outbox = Remembered()
    acts = [] if first is None else [first]
    with behaving(fresh, acts, last) as node:
        account = fresh.sender(node.url, outbox=outbox if with_outbox else None)
        with pytest.raises((PerhapsSentError, RpcFault)) as caught:
            account.send(SINK, b"", PAID)
    assert fresh.received() == 0
    if not with_outbox:
        return
    # What was refused for certain is forgotten; what may have been taken is kept, and goes out.
    certain = isinstance(caught.value, RpcFault)
    assert (outbox.kept == []) is certain
    fresh.sender(outbox=outbox).settle()
    assert fresh.received() == (0 if certain else PAID)
    assert outbox.kept == []


def test_doubt_is_never_ended_by_a_later_refusal(fresh: SendingChain):
    """It is cut off, then refused for good: another node may have taken it at first."""
    outbox = Remembered()
    with behaving(fresh, ["cuts"], "fails") as node, pytest.raises(PerhapsSentError) as caught:
        fresh.sender(node.url, outbox=outbox).send(SINK, b"", PAID)
    [kept] = outbox.kept
    assert kept.hash == caught.value.transaction_hash
    fresh.ethereum.send_raw(kept.raw)  # so it did
    fresh.sender(outbox=outbox).settle()
    assert (fresh.received(), outbox.kept) == (PAID, [])


WORDS = {
    "geth": "nonce too low: next nonce 5, tx nonce 4",
    "geth replacement": "replacement transaction underpriced",
    "erigon replacement": "could not replace existing tx",
    "erigon gap": "nonce gap",
    "nethermind": "OldNonce",
    "ganache": (
        "the tx doesn't have the correct nonce. account has nonce of: 5 tx has nonce of: 4"
    ),
    "cosmos": "invalid nonce; got 4, expected 5: invalid sequence",
    "no words": "?",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("overtaken", [True, False])
def test_a_lost_race_is_run_again_whatever_the_node_calls_it(fresh: SendingChain, words, overtaken):
    refusals = [words]

    def answer(request: Any) -> Answer:
        sends = isinstance(request, dict) and request["method"] == "eth_sendRawTransaction"
        if sends and refusals:
            if overtaken:
                fresh.other_program_sends()
            return Answer(error(request, -32000, refusals.pop()))
        return Answer(forward(fresh.url, request))

    before = fresh.mined()
    with scripted_node(answer) as node:
        assert fresh.sender(node.url).send(SINK, b"", PAID).succeeded
    assert (fresh.received(), fresh.received(OTHERS)) == (PAID, int(overtaken))
    assert fresh.mined() == before + 1 + overtaken


@pytest.mark.parametrize("words", ["AlreadyKnown", "already known", "ALREADY_EXISTS", "?"])
def test_a_transaction_that_was_taken_before_the_connection_broke_is_sent_once(
    fresh: SendingChain, words
):
    acts = iter(["takes, cuts"])

    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            act = next(acts, None)
            known = Answer(error(request, -32000, words))
            return known if act is None else ACTS[act](fresh, request)
        return Answer(forward(fresh.url, request))

    outbox, before = Remembered(), fresh.mined()
    with scripted_node(answer) as node:
        fresh.sender(node.url, outbox=outbox).send(SINK, b"", PAID)
    assert (fresh.received(), fresh.mined() - before, outbox.kept) == (PAID, 1, [])


def test_a_reverted_transaction_that_a_node_mines_and_refuses_is_known_to_be_mined(
    fresh: SendingChain,
):
    """As Ganache does: the call reverts only in the block that it is mined in."""
    if not fresh.mines:
        pytest.skip("of a chain that mines at once")
    # SELFBALANCE ISZERO PUSH1 8 JUMPI, PUSH0 PUSH0 REVERT, JUMPDEST STOP
    runtime = bytes.fromhex("47156008575f5ffd5b00")
    creation = bytes([0x60, len(runtime), 0x80, 0x60, 9, 0x5F, 0x39, 0x5F, 0xF3]) + runtime
    contract = fresh.sender().send(None, creation).contract
    assert contract is not None

    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            fresh.ethereum.request("anvil_setBalance", contract, "0x1")
            forward(fresh.url, request)
            data = {"0x" + "ab" * 32: {"error": "revert", "return": "0x"}}
            return Answer(error(request, -32000, "VM Exception: revert", data))
        return Answer(forward(fresh.url, request))

    before = fresh.mined()
    with scripted_node(answer) as node, pytest.raises(RevertedError):
        fresh.sender(node.url).send(contract, b"")
    assert fresh.mined() == before + 1


def test_a_nonce_that_seems_used_is_looked_at_several_times_before_another_is_signed(
    fresh: SendingChain,
):
    """The node that has the block of it is not the one that is asked for receipts, for a while."""
    hidden = 3

    def answer(request: Any) -> Answer:
        nonlocal hidden
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            return ACTS["takes, cuts"](fresh, request)
        reply = forward(fresh.url, request)
        looks = isinstance(request, list) and request[0]["method"] == "eth_getTransactionCount"
        if looks and hidden:
            hidden -= 1
            return Answer(
                [entry if i < 2 else {**entry, "result": None} for i, entry in enumerate(reply)]
            )
        return Answer(reply)

    with scripted_node(answer) as node:
        fresh.sender(node.url, outbox=Remembered()).send(SINK, b"", PAID)
    assert hidden == 0
    fresh.pause(0)
    assert fresh.received() == PAID


def test_two_programs_never_sign_the_same_bytes_for_the_same_payment(fresh: SendingChain):
    sent: list[str] = []

    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            sent.append(request["params"][0])
            return Answer(error(request, -32000, "no"))
        return Answer(forward(fresh.url, request))

    with scripted_node(answer) as node:
        for _ in range(2):
            with pytest.raises(RpcFault):
                fresh.sender(node.url).send(SINK, b"", PAID)
    assert len(set(sent)) == 2


@pytest.mark.parametrize("gone", ["receipt", "everything"])
def test_a_node_that_goes_away_while_it_is_waited_for_leaves_it_open(fresh: SendingChain, gone):
    sent = False

    def answer(request: Any) -> Answer:
        nonlocal sent
        if sent and (gone == "everything" or request["method"] == "eth_getTransactionReceipt"):
            return Answer(cut=True)
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            sent = True
        return Answer(forward(fresh.url, request))

    outbox = Remembered()
    with scripted_node(answer) as node, pytest.raises(PerhapsSentError) as caught:
        fresh.sender(node.url, outbox=outbox).send(SINK, b"", PAID)
    assert [kept.hash for kept in outbox.kept] == [caught.value.transaction_hash]
    fresh.sender(outbox=outbox).settle()
    assert (fresh.received(), outbox.kept) == (PAID, [])


@pytest.mark.parametrize("unsupported", ["eth_getTransactionByHash", "pending"])
def test_what_a_node_cannot_say_is_done_without(fresh: SendingChain, unsupported):
    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            return ACTS["takes, cuts"](fresh, request)
        if not isinstance(request, list):
            return Answer(forward(fresh.url, request))
        return Answer(
            [
                error(item, -32601, "no such method")
                if unsupported in (item["method"], *item["params"])
                else forward(fresh.url, item)
                for item in request
            ]
        )

    with scripted_node(answer) as node:
        outbox = Remembered()
        assert fresh.sender(node.url, outbox=outbox).send(SINK, b"", PAID).succeeded
    assert (fresh.received(), outbox.kept) == (PAID, [])


def test_a_node_that_names_another_transaction_is_not_believed(fresh: SendingChain):
    def answer(request: Any) -> Answer:
        [count, pending, _, found] = request
        block = {"hash": "0x" + "11" * 32}
        return Answer(
            [
                result(count, "0x0"),
                result(pending, "0x0"),
                result(request[2], None),
                result(found, block),
            ]
        )

    signed = SignedTransaction(0, SINK, b"", 1, 21_000, None, b"raw")  # type: ignore[arg-type]
    with scripted_node(answer) as node:
        found = find_out(Ethereum.connect(node.url), fresh.address, [signed])
    assert found.fate is Fate.UNKNOWN


def test_a_transaction_that_waits_too_long_is_named(chain: SendingChain):
    if chain.mines:
        pytest.skip("of a chain that does not mine at once")
    now = 0.0

    def pause(seconds: float) -> None:
        nonlocal now
        now += seconds

    account = Sender(
        chain.ethereum,
        chain.account,
        DEVELOPMENT_CHAIN_ID,
        clock=lambda: now,
        pause=pause,
        timeout_seconds=3,
    )
    with pytest.raises(NotMinedError) as caught:
        account.send(SINK, b"", PAID)
    found = chain.ethereum.seen(chain.address, [caught.value.transaction_hash])
    assert found.known == {caught.value.transaction_hash}
    chain.ethereum.request("anvil_dropAllTransactions")


def test_malformed_receipts_are_errors_of_the_node_and_no_word_of_the_transaction(
    fresh: SendingChain,
):
    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_getTransactionReceipt":
            return Answer(result(request, {"status": "0x1"}))
        return Answer(forward(fresh.url, request))

    with scripted_node(answer) as node, pytest.raises(PerhapsSentError) as caught:
        fresh.sender(node.url).send(SINK, b"", PAID)
    assert isinstance(caught.value.__cause__, RpcReplyError)


def test_the_hash_is_that_of_the_signed_bytes():
    signed = SignedTransaction(0, SINK, b"", 1, 21_000, None, b"raw")  # type: ignore[arg-type]
    assert signed.hash == keccak(b"raw")
