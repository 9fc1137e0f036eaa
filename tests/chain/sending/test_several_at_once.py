"""Several transactions of one account on their way: each is mined once, whatever gets lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.sender import Sender
from offchain.errors import ChainError, InsufficientFundsError
from offchain.toolchain.anvil import Anvil
from tests.support.chains.sending_chain import SINK, Remembered, SendingChain
from tests.support.waiting import PATIENCE_SECONDS, wait_until

AT_ONCE = 12


@pytest.fixture(scope="module")
def started() -> Iterator[SendingChain]:
    with Anvil(accounts=2, extra_arguments=["--no-mining"]) as anvil:
        chain = SendingChain(anvil, mines=True)
        yield chain
        chain.ethereum.close()


@pytest.fixture
def chain(started: SendingChain) -> Iterator[SendingChain]:
    """The chain, put back afterwards."""
    snapshot = started.ethereum.request("evm_snapshot")
    yield started
    assert started.ethereum.request("evm_revert", snapshot)
    started.ethereum.request("anvil_dropAllTransactions")


class Sending:
    """Payments of 1, 2, ... wei, each sent by a thread of its own."""

    def __init__(self, sender: Sender, count: int) -> None:
        self.came_to: dict[int, object] = {}
        self.threads = [
            threading.Thread(target=self._send, args=(sender, number), daemon=True)
            for number in range(1, count + 1)
        ]
        for thread in self.threads:
            thread.start()

    def _send(self, sender: Sender, number: int) -> None:
        try:
            self.came_to[number] = sender.send(SINK, b"", number).succeeded
        except ChainError as error:
            self.came_to[number] = error

    def end(self, meanwhile: Callable[[], object]) -> None:
        def are_done() -> bool:
            meanwhile()
            return not any(thread.is_alive() for thread in self.threads)

        wait_until(are_done, "all payments")


def in_pool(chain: SendingChain, count: int) -> None:
    wait_until(
        lambda: chain.ethereum.nonce(chain.address) - chain.mined() >= count,
        f"{count} transactions that wait",
    )


def mine(chain: SendingChain) -> None:
    chain.ethereum.request("anvil_mine", "0x1")


def real_sender(chain: SendingChain, outbox: Remembered | None) -> Sender:
    """A sender with this machine's clock."""
    policy = FeePolicy(replace_after_seconds=PATIENCE_SECONDS)
    account = chain.account
    return Sender(chain.ethereum, account, 31337, outbox=outbox, policy=policy)


@pytest.fixture(params=[True, False], ids=["outbox", "none"])
def outbox(request: pytest.FixtureRequest) -> Remembered | None:
    return Remembered() if request.param else None


def test_all_of_them_wait_together_and_are_mined_in_one_block(chain, outbox):
    before, block = chain.mined(), chain.ethereum.block_number()
    sending = Sending(real_sender(chain, outbox), AT_ONCE)
    in_pool(chain, AT_ONCE)
    if outbox is not None:
        assert len(outbox.kept) == AT_ONCE
    mine(chain)
    sending.end(lambda: None)
    assert sending.came_to == dict.fromkeys(range(1, AT_ONCE + 1), True)
    assert chain.received() == sum(range(1, AT_ONCE + 1))
    assert (chain.mined(), chain.ethereum.block_number()) == (before + AT_ONCE, block + 1)
    if outbox is not None:
        assert outbox.kept == []


def test_what_a_node_dropped_is_handed_over_again_and_no_gap_stays(chain, outbox):
    sending = Sending(real_sender(chain, outbox), 4)
    in_pool(chain, 4)
    chain.ethereum.request("anvil_dropAllTransactions")
    sending.end(lambda: mine(chain))
    assert sending.came_to == dict.fromkeys(range(1, 5), True)
    assert (chain.received(), chain.mined()) == (10, 4)


def test_a_gap_in_the_middle_is_closed_by_what_was_lost(chain, outbox):
    sender = real_sender(chain, outbox)
    sending = Sending(sender, 3)
    in_pool(chain, 3)
    content = chain.ethereum.request("txpool_content")["pending"]
    [waiting] = content.values()
    chain.ethereum.request("anvil_dropTransaction", waiting["1"]["hash"])
    sending.end(lambda: mine(chain))
    assert sending.came_to == dict.fromkeys(range(1, 4), True)
    # None of them was taken for a gap that somebody else left.
    assert (chain.received(), chain.mined()) == (6, 3)


def test_a_transaction_for_which_the_others_leave_too_little_is_not_sent(chain):
    sender = real_sender(chain, None)
    [balance] = chain.ethereum.balances([chain.address])
    first = threading.Thread(target=lambda: sender.send(SINK, b"", balance * 3 // 4), daemon=True)
    first.start()
    in_pool(chain, 1)
    with pytest.raises(InsufficientFundsError):
        sender.send(SINK, b"", balance // 2)
    mine(chain)
    first.join(PATIENCE_SECONDS)
    assert chain.received() == balance * 3 // 4


def test_only_the_first_of_those_that_wait_gets_dearer(chain):
    policy = FeePolicy(replace_after_seconds=0.5)
    sender = Sender(chain.ethereum, chain.account, 31337, policy=policy)
    sending = Sending(sender, 3)
    in_pool(chain, 3)

    def prices() -> dict[str, int]:
        [waiting] = chain.ethereum.request("txpool_content")["pending"].values()
        return {nonce: int(sent["maxFeePerGas"], 16) for nonce, sent in waiting.items()}

    before = prices()
    wait_until(lambda: prices()["0"] > before["0"], "a dearer first one")
    now = prices()
    assert (now["1"], now["2"]) == (before["1"], before["2"])
    sending.end(lambda: mine(chain))
    assert chain.received() == 6
