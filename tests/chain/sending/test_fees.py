"""Fees on a real chain: under the cap, raised for what is stuck; and nothing is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from offchain.chain.rpc.ethereum import LATEST, Ethereum
from offchain.chain.sending.fees import FeePolicy, Fees
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.sending.outbox import Outbox, SignedTransaction
from offchain.chain.sending.sender import Sender
from offchain.errors import ChainError, FeeCapError, NotMinedError, PerhapsSentError
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, DEVELOPMENT_MNEMONIC, Anvil
from tests.support.servers.scripted_node import Answer, forward, result, scripted_node
from tests.support.waiting import PATIENCE_SECONDS

SINK = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
GWEI = 10**9


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class Remembered(Outbox):
    """An outbox that a later sender is given, as a later process reads it from disk."""

    def __init__(self) -> None:
        self.kept: list[SignedTransaction] = []

    def keep(self, transaction: SignedTransaction) -> None:
        self.kept.append(transaction)

    def waiting(self) -> list[SignedTransaction]:
        return list(self.kept)

    def forget(self, nonce: int) -> None:
        self.kept = [sent for sent in self.kept if sent.nonce != nonce]


class Chain:
    """A chain that mines when the test says so."""

    def __init__(self, anvil: Anvil) -> None:
        self.url = anvil.url
        self.ethereum = Ethereum.connect(anvil.url)
        self.account = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0)

    def sender(self, **options: Any) -> Sender:
        ethereum = options.pop("ethereum", self.ethereum)
        return Sender(ethereum, self.account, DEVELOPMENT_CHAIN_ID, **options)

    def base_fee(self, wei: int) -> None:
        """The latest block's base fee, and the next one's."""
        for _ in range(2):
            self.ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(wei))
            self.ethereum.request("anvil_mine", "0x1")
        self.ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def waiting(self) -> list[dict[str, Any]]:
        """What the node holds of the account, by nonce."""
        content = self.ethereum.request("txpool_content")
        found: dict[str, Any] = {}
        for group in ("pending", "queued"):
            found |= content[group].get(str(self.account.address), {}) or content[group].get(
                str(self.account.address).lower(), {}
            )
        return [found[nonce] for nonce in sorted(found, key=int)]

    def mined(self) -> int:
        """Transactions of the account that are in blocks."""
        return self.ethereum.nonce(str(self.account.address), LATEST)

    def received(self) -> int:
        return self.ethereum.balances([SINK])[0]


@pytest.fixture
def chain() -> Iterator[Chain]:
    with Anvil(accounts=1, extra_arguments=["--no-mining"]) as anvil:
        chain = Chain(anvil)
        chain.base_fee(10 * GWEI)
        yield chain
        chain.ethereum.close()


class Clock:
    """Time that passes while something waits; a test may act at each pause."""

    def __init__(self, act: Callable[[int], None] = lambda _: None) -> None:
        self.now = 0.0
        self.pauses = 0
        self._act = act

    def __call__(self) -> float:
        return self.now

    def pause(self, _: float) -> None:
        self.pauses += 1
        self.now += 1.0
        self._act(self.pauses)

    def options(self) -> dict[str, Any]:
        return {"clock": self, "pause": self.pause}


def through(chain: Chain, change: Callable[[Any], Answer | None]) -> Any:
    def answer(request: Any) -> Answer:
        changed = change(request)
        return changed if changed is not None else Answer(forward(chain.url, request))

    return scripted_node(answer)


# ---- prices --------------------------------------------------------------------------------------

PRICES = st.integers(0, 10**15)


@given(PRICES, st.one_of(st.none(), PRICES))
def test_a_replacement_pays_an_eighth_more_at_least(limit, priority):
    paid = Fees(limit, priority)
    raised = paid.raised()
    assert 8 * (raised.limit - limit) >= limit
    assert raised.limit > limit
    assert (raised.priority is None) == (priority is None)
    if priority is not None:
        assert 8 * (raised.priority - priority) >= priority
        assert raised.priority > priority


@given(PRICES, PRICES, PRICES)
def test_a_cap_is_never_exceeded_and_the_priority_never_above_the_whole(limit, priority, cap):
    capped = Fees(limit, priority).capped(cap)
    assert capped.limit <= cap
    assert capped.priority <= max(capped.limit, priority if limit <= cap else 0)


# ---- the cap -------------------------------------------------------------------------------------


def test_nothing_is_sent_while_the_next_block_costs_more_than_the_cap(chain: Chain):
    account = chain.sender(policy=FeePolicy(maximum=10 * GWEI - 1))
    with pytest.raises(FeeCapError, match=r"costs 10 gwei and the cap is 9\.999999999") as caught:
        account.send(SINK, b"", 1)
    assert (caught.value.needed, caught.value.maximum) == (10 * GWEI, 10 * GWEI - 1)
    assert caught.value.transaction_hash is None
    assert chain.waiting() == []


def test_a_transaction_offers_the_cap_where_the_market_asks_more(chain: Chain):
    offered: list[Any] = []

    def act(_: int) -> None:
        offered.extend(chain.waiting())
        chain.ethereum.request("anvil_mine", "0x1")

    account = chain.sender(policy=FeePolicy(maximum=12 * GWEI), **Clock(act).options())
    assert account.send(SINK, b"", 5).succeeded
    assert int(offered[0]["maxFeePerGas"], 16) == 12 * GWEI
    assert chain.received() == 5


def test_a_stuck_transaction_that_may_not_be_raised_names_the_cap_and_goes_on_waiting(chain: Chain):
    policy = FeePolicy(maximum=22 * GWEI, replace_after_seconds=3)
    account = chain.sender(policy=policy, timeout_seconds=10, **Clock().options())
    with pytest.raises(FeeCapError, match="waits and may still be mined") as caught:
        account.send(SINK, b"", 5)
    [waits] = chain.waiting()
    paid = int(waits["maxFeePerGas"], 16)
    assert waits["hash"] == "0x" + caught.value.transaction_hash.hex()
    assert caught.value.maximum == 22 * GWEI
    assert caught.value.needed == paid + -(-paid // 8) > 22 * GWEI
    chain.ethereum.request("anvil_mine", "0x1")
    assert chain.received() == 5


# ---- replacement ---------------------------------------------------------------------------------


def test_a_stuck_transaction_is_replaced_at_the_markets_price_and_mined_once(chain: Chain):
    def act(number: int) -> None:
        if number == 1:
            chain.base_fee(50 * GWEI)
            assert chain.mined() == 0
        if number == 7:
            chain.ethereum.request("anvil_mine", "0x1")

    clock = Clock(act)
    account = chain.sender(policy=FeePolicy(replace_after_seconds=5), **clock.options())
    receipt = account.send(SINK, b"", 5)
    assert receipt.succeeded
    assert (chain.mined(), chain.received()) == (1, 5)
    mined = chain.ethereum.request("eth_getTransactionByHash", receipt.transaction_hash)
    assert int(mined["maxFeePerGas"], 16) >= 100 * GWEI
    assert int(mined["nonce"], 16) == 0
    assert chain.waiting() == []


def test_the_first_version_counts_when_no_block_maker_saw_the_second(chain: Chain):
    lost: list[Any] = []

    def change(request: Any) -> Answer | None:
        is_sending = isinstance(request, dict) and request["method"] == "eth_sendRawTransaction"
        if not is_sending or not chain.waiting():
            return None
        lost.append(request["params"][0])
        return Answer(result(request, "0x" + "77" * 32))

    def act(_: int) -> None:
        if lost:
            chain.ethereum.request("anvil_mine", "0x1")

    with through(chain, change) as node:
        options = {"ethereum": Ethereum.connect(node.url), **Clock(act).options()}
        receipt = chain.sender(policy=FeePolicy(replace_after_seconds=2), **options).send(
            SINK, b"", 5
        )
    assert len(lost) == 1
    assert receipt.succeeded
    assert receipt.transaction_hash != bytes(keccak(hexstr=lost[0]))
    assert (chain.mined(), chain.received()) == (1, 5)


def test_raising_stops_at_several_times_the_market(chain: Chain):
    clock = Clock()
    policy = FeePolicy(replace_after_seconds=1)
    account = chain.sender(policy=policy, timeout_seconds=40, **clock.options())
    with pytest.raises(NotMinedError):
        account.send(SINK, b"", 5)
    [waits] = chain.waiting()
    market = 2 * 10 * GWEI + chain.ethereum.priority_fee()
    assert 4 * market <= int(waits["maxFeePerGas"], 16) < 5 * market


def test_an_account_that_cannot_pay_more_goes_on_waiting_for_what_it_sent(chain: Chain):
    market = 2 * 10 * GWEI + chain.ethereum.priority_fee()
    gas = 21_000 + 21_000 // 4 + 21_000
    address = str(chain.account.address)
    chain.ethereum.request("anvil_setBalance", address, hex(5 + gas * market))
    policy = FeePolicy(replace_after_seconds=2)
    account = chain.sender(policy=policy, timeout_seconds=6, **Clock().options())
    with pytest.raises(NotMinedError) as caught:
        account.send(SINK, b"", 5)
    [waits] = chain.waiting()
    assert waits["hash"] == "0x" + caught.value.transaction_hash.hex()
    chain.ethereum.request("anvil_mine", "0x1")
    assert chain.received() == 5


# ---- what is on its way --------------------------------------------------------------------------


def test_a_transaction_is_written_down_before_the_node_sees_it(chain: Chain):
    outbox = Remembered()
    seen: list[list[bytes]] = []

    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            seen.append([sent.raw for sent in outbox.kept])
            assert seen[-1] == [bytes.fromhex(request["params"][0][2:])]
        return None

    clock = Clock(lambda _: chain.ethereum.request("anvil_mine", "0x1"))
    with through(chain, change) as node:
        ethereum = Ethereum.connect(node.url)
        account = chain.sender(ethereum=ethereum, outbox=outbox, **clock.options())
        assert account.send(SINK, b"", 5).succeeded
    assert len(seen) == 1
    assert outbox.kept == []


def killed_sender(chain: Chain, outbox: Outbox, at: int = 1) -> None:
    """Send 5 wei with a process that ends while it waits."""

    def act(number: int) -> None:
        if number == at:
            raise Killed

    with pytest.raises(Killed):
        chain.sender(outbox=outbox, **Clock(act).options()).send(SINK, b"", 5)


def test_what_a_killed_process_sent_is_waited_for_and_not_sent_anew(chain: Chain):
    outbox = Remembered()
    killed_sender(chain, outbox)
    [before] = chain.waiting()
    clock = Clock(lambda _: chain.ethereum.request("anvil_mine", "0x1"))
    chain.sender(outbox=outbox, **clock.options()).settle()
    assert (chain.mined(), chain.received()) == (1, 5)
    assert chain.ethereum.receipt(bytes.fromhex(before["hash"][2:])).succeeded
    assert outbox.kept == []


def test_what_was_mined_while_nobody_looked_is_only_forgotten(chain: Chain):
    outbox = Remembered()
    killed_sender(chain, outbox)
    chain.ethereum.request("anvil_mine", "0x1")
    chain.sender(outbox=outbox).settle()
    assert (chain.mined(), chain.received(), outbox.kept) == (1, 5, [])


def test_what_was_signed_and_never_sent_is_sent_once(chain: Chain):
    outbox = Remembered()

    def change(request: Any) -> Answer | None:
        if isinstance(request, dict) and request["method"] == "eth_sendRawTransaction":
            return Answer(cut=True)
        return None

    with through(chain, change) as node:
        options = {"ethereum": Ethereum.connect(node.url), **Clock().options()}
        with pytest.raises(PerhapsSentError):
            chain.sender(outbox=outbox, **options).send(SINK, b"", 5)
    assert (len(outbox.kept), chain.waiting()) == (1, [])
    clock = Clock(lambda _: chain.ethereum.request("anvil_mine", "0x1"))
    # The next thing to send comes after it, under the next nonce.
    assert chain.sender(outbox=outbox, **clock.options()).send(SINK, b"", 7).succeeded
    assert (chain.mined(), chain.received(), outbox.kept) == (2, 12, [])


def test_what_lost_its_nonce_to_another_program_is_forgotten(chain: Chain):
    outbox = Remembered()
    killed_sender(chain, outbox)
    [waits] = chain.waiting()
    chain.ethereum.request("anvil_dropTransaction", waits["hash"])
    clock = Clock(lambda _: chain.ethereum.request("anvil_mine", "0x1"))
    assert chain.sender(**clock.options()).send(SINK, b"", 1).succeeded
    chain.sender(outbox=outbox).settle()
    assert (chain.mined(), chain.received(), outbox.kept) == (1, 1, [])


def test_nothing_new_is_sent_while_something_waits(chain: Chain):
    outbox = Remembered()
    killed_sender(chain, outbox)
    account = chain.sender(outbox=outbox, timeout_seconds=3, **Clock().options())
    for _ in range(2):
        with pytest.raises(NotMinedError):
            account.send(SINK, b"", 7)
    assert len(chain.waiting()) == 1
    clock = Clock(lambda _: chain.ethereum.request("anvil_mine", "0x1"))
    assert chain.sender(outbox=outbox, **clock.options()).send(SINK, b"", 7).succeeded
    assert (chain.mined(), chain.received()) == (2, 12)


def test_a_killed_processs_transaction_that_pays_too_little_by_now_is_replaced(chain: Chain):
    outbox = Remembered()
    killed_sender(chain, outbox)
    [waits] = chain.waiting()
    chain.ethereum.request("anvil_dropTransaction", waits["hash"])
    chain.base_fee(60 * GWEI)
    clock = Clock(lambda _: chain.ethereum.request("anvil_mine", "0x1"))
    policy = FeePolicy(replace_after_seconds=3)
    chain.sender(outbox=outbox, policy=policy, timeout_seconds=30, **clock.options()).settle()
    assert (chain.mined(), chain.received(), outbox.kept) == (1, 5, [])


def test_threads_with_one_outbox_send_one_after_the_other(chain: Chain):
    chain.ethereum.request("evm_setAutomine", True)
    outbox = Remembered()
    account = chain.sender(outbox=outbox)
    failures: list[Exception] = []

    def send() -> None:
        try:
            for _ in range(3):
                account.send(SINK, b"", 1)
        except ChainError as error:
            failures.append(error)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert (failures, chain.mined(), chain.received(), outbox.kept) == ([], 9, 9, [])
