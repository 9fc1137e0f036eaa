"""Blocks are taken back while a transaction is waited for: it is mined after all, or it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from offchain.chain.sending.fate import OvertakenError
from offchain.errors import NotMinedError
from offchain.toolchain.anvil import Anvil
from tests.support.chains.sending_chain import OTHERS, PAID, SINK, Remembered, SendingChain


class Disturbed(SendingChain):
    """Mines a block at each pause, but for some pauses, in the first of which something happens."""

    def __init__(self, anvil: Anvil) -> None:
        super().__init__(anvil, mines=False)
        self.happens: Callable[[], object] = lambda: None
        self.idle = 0

    def pause(self, seconds: float) -> None:
        if not self.idle:
            super().pause(seconds)
            return
        self.now += seconds
        self.idle -= 1
        happens, self.happens = self.happens, lambda: None
        happens()


@pytest.fixture(scope="module")
def started() -> Iterator[Disturbed]:
    with Anvil(accounts=2, extra_arguments=["--no-mining"]) as anvil:
        chain = Disturbed(anvil)
        yield chain
        chain.ethereum.close()


@pytest.fixture
def chain(started: Disturbed) -> Iterator[Disturbed]:
    """The chain, put back afterwards."""
    snapshot = started.ethereum.request("evm_snapshot")
    yield started
    assert started.ethereum.request("evm_revert", snapshot)
    started.ethereum.request("anvil_dropAllTransactions")
    started.idle = 0


@pytest.fixture(params=[True, False], ids=["outbox", "none"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"outbox": Remembered()} if request.param else {}


def test_a_transaction_that_vanished_is_handed_over_again(chain: Disturbed, options):
    sender = chain.sender(**options)
    chain.idle = 10
    chain.happens = lambda: chain.ethereum.request("anvil_dropAllTransactions")
    began = chain.now
    assert sender.send(SINK, b"", PAID).succeeded
    assert chain.received() == PAID
    assert chain.now - began < 10


def test_where_the_transaction_before_is_taken_back_too_the_gap_is_filled(
    chain: Disturbed, options
):
    sender = chain.sender(**options)
    snapshot = chain.ethereum.request("evm_snapshot")
    sender.send(SINK, b"", PAID)

    def take_back() -> None:
        chain.ethereum.request("evm_revert", snapshot)
        chain.ethereum.request("anvil_dropAllTransactions")

    chain.idle, chain.happens = 10, take_back
    before = chain.mined()
    assert sender.send(SINK, b"", 2 * PAID).succeeded
    # The first payment is undone, and is whoever's who made it.
    assert (chain.received(), chain.mined()) == (2 * PAID, before + 1)
    if options:
        assert options["outbox"].kept == []


def test_a_transaction_whose_nonce_another_took_is_waited_for_no_longer(chain: Disturbed, options):
    sender = chain.sender(**options)

    def overtake() -> None:
        chain.ethereum.request("anvil_dropAllTransactions")
        chain.other_program_sends()

    chain.idle, chain.happens = 1, overtake
    began = chain.now
    with pytest.raises(OvertakenError, match="another transaction of the account has its nonce"):
        sender.send(SINK, b"", PAID)
    assert chain.now - began < 15
    assert (chain.received(), chain.received(OTHERS)) == (0, 1)
    # What is sent next is not held up by it.
    assert sender.send(SINK, b"", PAID).succeeded
    assert chain.received() == PAID


def test_a_transaction_that_waits_for_its_block_alone_is_left_alone(chain: Disturbed):
    sender = chain.sender()
    chain.idle = 1_000
    with pytest.raises(NotMinedError):
        sender.send(SINK, b"", PAID)
    chain.idle = 0
    chain.pause(0)
    assert (chain.received(), chain.mined()) == (PAID, 1)
