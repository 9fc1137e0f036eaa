"""A relayer that is killed between sending an order and its receipt: nobody pays twice."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.rpc.ethereum import LATEST
from offchain.node.demo.local_network import account
from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.orders import OrderDesk
from tests.support.chains.token_place import RECEIVER, Holders, TokenPlace, holder, token_place
from tests.support.servers.order_relayer import open_desk
from tests.support.waiting import PATIENCE_SECONDS, wait_until

NUMBER = 6
RELAYER = str(account(NUMBER).address)
TOKENS = 10**18
FEE = 10**16


@pytest.fixture(scope="module")
def base() -> Iterator[TokenPlace]:
    with token_place() as started:
        started.mint(holder(0), TOKENS)
        yield started


@pytest.fixture
def holders(base: TokenPlace) -> Iterator[Holders]:
    with base.undone():
        yield Holders(base, RELAYER, FEE)


@contextmanager
def killed_while_sending(holders: Holders, folder: Path) -> Iterator[Path]:
    """The files of a relayer as they are when it has sent an order and waits for its receipt.

    What goes on here and what a killed process leaves behind are two copies of them.
    """
    ethereum, first = holders.place.ethereum, folder / "first"
    ethereum.request("evm_setAutomine", False)
    try:
        with RelayerDatabase(first / "queue.sqlite") as database:
            desk = open_desk(holders.place.contracts, NUMBER, database, FEE)
            desk.take(holders.signed(0), lambda _: False)
            sending = threading.Thread(target=desk.send)
            sending.start()
            wait_until(lambda: ethereum.nonce(RELAYER) == 1, "a transaction at the node")
            shutil.copytree(first, folder / "second")
            yield folder / "second" / "queue.sqlite"
            sending.join(PATIENCE_SECONDS)
            assert not sending.is_alive()
    finally:
        ethereum.request("evm_setAutomine", True)


@contextmanager
def started_again(holders: Holders, file: Path) -> Iterator[OrderDesk]:
    with RelayerDatabase(file) as database:
        desk = open_desk(holders.place.contracts, NUMBER, database, FEE)
        assert len(desk.lane) == 1
        yield desk
        assert len(desk.lane) == 0
        assert database.dropped() == {}


def assert_paid_once(holders: Holders) -> None:
    assert holders.place.ethereum.nonce(RELAYER, LATEST) == 1
    assert holders.place.ethereum.nonce(RELAYER) == 1
    assert holders.place.tokens(holder(0), RECEIVER, RELAYER) == [0, TOKENS - FEE, FEE]


def test_an_order_sent_before_a_kill_and_mined_after_it_is_paid_once(holders, tmp_path):
    with (
        killed_while_sending(holders, tmp_path) as file,
        started_again(holders, file) as desk,
    ):
        settling = threading.Thread(target=desk.chain.settle)
        settling.start()
        # It waits for what is on its way, and sends nothing new.
        settling.join(1.0)
        assert settling.is_alive()
        assert holders.place.ethereum.nonce(RELAYER) == 1
        holders.place.ethereum.request("anvil_mine", "0x1")
        settling.join(PATIENCE_SECONDS)
        assert not settling.is_alive()
        assert not desk.send()
    assert_paid_once(holders)


def test_an_order_mined_while_the_relayer_was_down_is_not_sent_again(holders, tmp_path):
    with killed_while_sending(holders, tmp_path) as file:
        holders.place.ethereum.request("anvil_mine", "0x1")
    with started_again(holders, file) as desk:
        desk.chain.settle()
        assert not desk.send()
    assert_paid_once(holders)


def test_an_order_accepted_before_a_kill_is_paid_after_it(holders, tmp_path):
    file = tmp_path / "queue.sqlite"
    with RelayerDatabase(file) as database:
        open_desk(holders.place.contracts, NUMBER, database, FEE).take(
            holders.signed(0), lambda _: False
        )
    with started_again(holders, file) as desk:
        desk.chain.settle()
        assert desk.send()
    assert_paid_once(holders)


def test_an_order_that_was_paid_in_a_block_that_is_taken_back_is_paid_again(holders, tmp_path):
    ethereum, deep = holders.place.ethereum, 3
    with RelayerDatabase(tmp_path / "queue.sqlite") as database:
        desk = open_desk(holders.place.contracts, NUMBER, database, FEE)
        desk = replace(desk, confirmations=deep)
        desk.take(holders.signed(0), lambda _: False)
        snapshot = ethereum.request("evm_snapshot")
        assert desk.send()
        assert ethereum.request("evm_revert", snapshot)
        assert holders.place.tokens(RECEIVER) == [0]
        for _ in range(deep + 1):
            assert len(desk.lane) == 1
            ethereum.request("evm_mine")
        assert desk.send()
        assert holders.place.tokens(RECEIVER) == [TOKENS - FEE]
        # It is forgotten once so many blocks follow it, and not before.
        for _ in range(deep):
            assert not desk.send()
            assert len(desk.lane) == 1
            ethereum.request("evm_mine")
        assert not desk.send()
        assert (len(desk.lane), database.dropped()) == (0, {})
        assert holders.place.tokens(RECEIVER) == [TOKENS - FEE]
