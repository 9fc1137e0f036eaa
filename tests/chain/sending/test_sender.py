"""Transactions of one account on a real chain: priced, numbered, waited for, or refused in time."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from eth_utils.crypto import keccak

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.sending.sender import Sender
from offchain.errors import (
    ChainError,
    InsufficientFundsError,
    NotMinedError,
    PerhapsSentError,
    RevertedError,
)
from offchain.protocol.words.actions import Advance
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, DEVELOPMENT_MNEMONIC
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.servers.scripted_node import Answer, error, forward, result, scripted_node
from tests.support.waiting import PATIENCE_SECONDS, wait_until

SINK = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
LOOP_FOREVER = bytes.fromhex("5b5f56")  # JUMPDEST PUSH0 JUMP


@pytest.fixture(scope="module")
def base() -> Iterator[DeployedWorld]:
    with world() as started:
        started.apply()
        yield started


@pytest.fixture
def started(base: DeployedWorld) -> Iterator[DeployedWorld]:
    """The world, put back afterwards."""
    with base.undone():
        yield base
    base.ethereum.request("evm_setAutomine", True)
    base.ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(10**9))


def sender(world: DeployedWorld, number: int = 5, **options: Any) -> Sender:
    account = account_from_mnemonic(DEVELOPMENT_MNEMONIC, number)
    return Sender(options.pop("ethereum", world.ethereum), account, DEVELOPMENT_CHAIN_ID, **options)


def wait_for_pending(world: DeployedWorld, count: int) -> None:
    """Wait until so many transactions wait to be mined."""

    def pending() -> int:
        return int(world.ethereum.request("txpool_status")["pending"], 16)

    wait_until(lambda: pending() >= count, f"{count} transactions that wait")


def test_ether_arrives_and_the_receipt_says_where(started):
    [before] = started.ethereum.balances([SINK])
    receipt = sender(started).send(SINK, b"", 12345)
    assert started.ethereum.balances([SINK]) == [before + 12345]
    assert receipt.succeeded
    assert receipt.gas_used == 21_000
    assert receipt.block_number == started.ethereum.block().number


def test_fee_covers_a_base_fee_that_rises(started):
    base_fee = 50 * 10**9
    started.ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    started.clock.mine()
    started.ethereum.request("evm_setAutomine", False)
    account = sender(started)
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(account.send(SINK, b"", 1).block_number))
    thread.start()
    wait_for_pending(started, 1)
    # An eighth more, as after a full block.
    started.ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(base_fee * 9 // 8))
    started.clock.mine()
    thread.join(PATIENCE_SECONDS)
    assert done == [started.ethereum.block().number]


def test_revert_that_shows_beforehand_costs_nothing(started):
    client = started.clients[1]
    [before] = started.ethereum.balances([client.account])
    with pytest.raises(RevertedError) as caught:
        client.execute(Advance())
    assert (caught.value.name, caught.value.arguments) == ("NotStarted", ())
    assert started.ethereum.balances([client.account]) == [before]


def test_race_that_is_lost_after_sending_gives_the_reason(started, monkeypatch: pytest.MonkeyPatch):
    # Both are found to succeed; then both are mined, in one block, and only the first can.
    started.ethereum.request("evm_setAutomine", False)
    estimate, both = Ethereum.estimate_gas, threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def estimated(ethereum: Ethereum, transaction: dict[str, object]) -> int:
        gas = estimate(ethereum, transaction)
        both.wait()
        return gas

    monkeypatch.setattr(Ethereum, "estimate_gas", estimated)
    outcomes: dict[int, Any] = {}

    def start(number: int) -> None:
        try:
            outcomes[number] = started.clients[number].execute(started.beginning())
        except RevertedError as caught:
            outcomes[number] = (caught.name, caught.arguments)

    threads = [threading.Thread(target=start, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    wait_for_pending(started, 2)
    started.clock.mine()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    lost = [outcome for outcome in outcomes.values() if isinstance(outcome, tuple)]
    assert lost == [("AlreadyStarted", ())]
    assert len(outcomes) == 2


def test_two_programs_on_one_account_do_not_lose_a_transaction(started):
    count = 8
    senders = [sender(started), sender(started)]
    failures: list[Exception] = []

    def send(account: Sender) -> None:
        try:
            for _ in range(count):
                account.send(SINK, b"", 1)
        except ChainError as caught:
            failures.append(caught)

    [before] = started.ethereum.balances([SINK])
    threads = [threading.Thread(target=send, args=(account,)) for account in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert failures == []
    assert started.ethereum.balances([SINK]) == [before + 2 * count]


def test_transaction_that_is_not_mined_in_time_is_named(started):
    started.ethereum.request("evm_setAutomine", False)
    account = sender(started, timeout_seconds=0.2)
    with pytest.raises(NotMinedError) as caught:
        account.send(SINK, b"", 1)
    started.clock.mine()
    receipt = started.ethereum.receipt(caught.value.transaction_hash)
    assert receipt is not None
    assert receipt.succeeded


@pytest.mark.parametrize("value", [10**30, 10_000 * 10**18])
def test_account_without_the_money_is_told_what_it_lacks(started, value):
    account = sender(started)
    with pytest.raises(InsufficientFundsError) as caught:
        account.send(SINK, b"", value)
    assert caught.value.account == account.address
    assert caught.value.balance < caught.value.needed
    assert caught.value.needed >= value


def test_contract_is_created_and_its_endless_call_refused(started):
    account = sender(started)
    receipt = account.send(None, creation_code(LOOP_FOREVER))
    assert receipt.contract is not None
    assert started.ethereum.codes([receipt.contract]) == [LOOP_FOREVER]
    with pytest.raises((RevertedError, RpcFault)):
        account.send(receipt.contract, b"")


def creation_code(runtime: bytes) -> bytes:
    """Code that deploys `runtime`: PUSH1 size DUP1 PUSH1 9 PUSH0 CODECOPY PUSH0 RETURN."""
    return bytes([0x60, len(runtime), 0x80, 0x60, 9, 0x5F, 0x39, 0x5F, 0xF3]) + runtime


def through(world: DeployedWorld, change: Any) -> Any:
    def answer(request: Any) -> Answer:
        changed = change(request)
        return changed if changed is not None else Answer(forward(world.anvil.url, request))

    return scripted_node(answer)


def test_reply_that_is_lost_after_the_transaction_arrived_is_no_loss(started):
    lost: list[Any] = []

    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction" and not lost:
            lost.append(forward(started.anvil.url, request))
            return Answer(cut=True)
        return None

    [before] = started.ethereum.balances([SINK])
    with through(started, change) as node:
        receipt = sender(started, ethereum=Ethereum.connect(node.url)).send(SINK, b"", 7)
    assert "0x" + receipt.transaction_hash.hex() == lost[0]["result"]
    assert started.ethereum.balances([SINK]) == [before + 7]


def test_node_that_cuts_every_connection_leaves_it_open_whether_anything_was_sent(started):
    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            return Answer(cut=True)
        return None

    with through(started, change) as node, pytest.raises(PerhapsSentError) as caught:
        sender(started, ethereum=Ethereum.connect(node.url), pause=no_pause).send(SINK, b"", 7)
    sent = [request["params"][0] for request in node.requests if is_sending(request)]
    assert {keccak(hexstr=raw) for raw in sent} == {caught.value.transaction_hash}


def is_sending(request: Any) -> bool:
    return isinstance(request, dict) and request["method"] == "eth_sendRawTransaction"


def no_pause(_: float) -> None:
    pass


def test_nodes_word_for_the_hash_is_not_needed(started):
    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            forward(started.anvil.url, request)
            return Answer(result(request, "0x" + "77" * 32))
        return None

    with through(started, change) as node:
        receipt = sender(started, ethereum=Ethereum.connect(node.url)).send(SINK, b"", 7)
    assert started.ethereum.receipt(receipt.transaction_hash) == receipt


@pytest.mark.parametrize("message", ["nonce too low", "replacement transaction underpriced"])
def test_nonce_that_another_took_is_read_again(started, message):
    refusals = [message, message]

    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction" and refusals:
            return Answer(error(request, -32000, refusals.pop()))
        return None

    with through(started, change) as node:
        assert sender(started, ethereum=Ethereum.connect(node.url)).send(SINK, b"", 7).succeeded
    assert refusals == []


def test_nonce_that_is_never_right_ends_with_the_nodes_word(started):
    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            return Answer(error(request, -32000, "nonce too low"))
        return None

    with through(started, change) as node, pytest.raises(RpcFault, match="nonce too low"):
        sender(started, ethereum=Ethereum.connect(node.url), pause=no_pause).send(SINK, b"", 7)


def test_chain_without_a_base_fee_is_paid_by_gas_price(started):
    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_getBlockByNumber":
            answer = forward(started.anvil.url, request)
            del answer["result"]["baseFeePerGas"]
            return Answer(answer)
        return None

    with through(started, change) as node:
        assert sender(started, ethereum=Ethereum.connect(node.url)).send(SINK, b"", 7).succeeded
        assert "eth_gasPrice" in node.methods
