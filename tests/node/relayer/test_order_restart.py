"""The relayer as a program, killed between sending an order and its receipt: nobody pays twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from offchain.chain.deployment.file import write_deployment
from offchain.chain.rpc.ethereum import LATEST
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.order_wire import encode_order
from scripts.support.chains.evm import ROOT
from tests.support.chains.deployed_world import World, world
from tests.support.chains.token_holders import RECEIVER, Holders, holder, mint
from tests.support.waiting import PATIENCE_SECONDS, wait_until

NUMBER = 6
RELAYER = str(account(NUMBER).address)
TOKENS = 10**18
FEE = 10**16


@pytest.fixture(scope="module")
def base() -> Iterator[World]:
    with world() as started:
        for number in range(3):
            mint(started, holder(number), TOKENS)
        yield started


@pytest.fixture
def holders(base: World) -> Holders:
    return Holders(base, RELAYER, FEE)


@contextmanager
def relayer(world: World, folder: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The program until the body ends or it was killed, and a client of it."""
    url, file = f"http://127.0.0.1:{free_port()}", folder / "31337.json"
    write_deployment(world.deployment, file)
    command = [
        *(sys.executable, str(ROOT / "offchain" / "relayer.py"), "--account", str(NUMBER)),
        *("--listen", url, "--rpc", world.anvil.url, "--deployment", str(file)),
        *("--store", str(folder / "store"), "--state", str(folder / "state")),
        *("--order-fee", "0.01"),
    ]
    log = folder / "relayer.log"
    with log.open("a") as output, httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
            text=True,
        )
        try:
            wait_until(lambda: answers(process, http), log.read_text)
            yield process, http
        finally:
            if process.poll() is None:
                process.terminate()
                assert process.wait(PATIENCE_SECONDS) == 0


def answers(process: subprocess.Popen[str], http: httpx.Client) -> bool:
    assert process.poll() is None, "the relayer ended"
    try:
        return http.get("/status").status_code == 200
    except httpx.HTTPError:
        return False


def kill(process: subprocess.Popen[str]) -> None:
    """What no program can prepare for."""
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL


def queued(http: httpx.Client) -> int:
    return http.get("/status").json()["queuedOrders"]


@contextmanager
def unmined(world: World) -> Iterator[None]:
    """No block is mined until the body ends."""
    world.ethereum.request("evm_setAutomine", False)
    try:
        yield
    finally:
        world.ethereum.request("evm_setAutomine", True)


def test_an_order_sent_before_a_kill_and_mined_after_it_is_paid_once(holders, tmp_path):
    ethereum = holders.world.ethereum
    before = ethereum.nonce(RELAYER, LATEST)
    with unmined(holders.world), relayer(holders.world, tmp_path) as (process, http):
        assert http.post("/orders", json=encode_order(holders.signed(0))).status_code == 202
        wait_until(lambda: ethereum.nonce(RELAYER) == before + 1, "a transaction at the node")
        kill(process)
    with relayer(holders.world, tmp_path) as (_, http):
        ethereum.request("anvil_mine", "0x1")
        wait_until(lambda: queued(http) == 0, "an empty queue")
        assert http.get("/status").json()["dropped"] == {}
    assert ethereum.nonce(RELAYER) == before + 1
    assert holders.tokens(holder(0), RECEIVER, RELAYER) == [0, TOKENS - FEE, FEE]


def test_an_order_mined_while_the_relayer_was_down_is_not_sent_again(holders, tmp_path):
    ethereum = holders.world.ethereum
    before = ethereum.nonce(RELAYER, LATEST)
    held = holders.tokens(RECEIVER, RELAYER)
    with unmined(holders.world), relayer(holders.world, tmp_path) as (process, http):
        assert http.post("/orders", json=encode_order(holders.signed(1))).status_code == 202
        wait_until(lambda: ethereum.nonce(RELAYER) == before + 1, "a transaction at the node")
        kill(process)
    ethereum.request("anvil_mine", "0x1")
    with relayer(holders.world, tmp_path) as (_, http):
        wait_until(lambda: queued(http) == 0, "an empty queue")
        assert http.get("/status").json()["dropped"] == {}
    assert ethereum.nonce(RELAYER) == before + 1
    assert holders.tokens(RECEIVER, RELAYER) == [held[0] + TOKENS - FEE, held[1] + FEE]
