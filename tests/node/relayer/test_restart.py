"""The relayer as a program, killed at its worst moments: nothing is lost, nothing sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from offchain.chain.rpc.ethereum import LATEST
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.wire import encode_submission
from offchain.programs.running import run_program
from offchain.protocol.words.actions import Share
from offchain.relayer import relayer
from offchain.toolchain.anvil import Anvil
from scripts.support.chains.evm import ROOT
from tests.support.chains.node_chain import NODES, NodeChain
from tests.support.waiting import PATIENCE_SECONDS, wait_until

RELAYER = NODES + 2


@dataclass
class Program:
    """A relayer's process and a client of it."""

    process: subprocess.Popen[str]
    http: httpx.Client

    def post(self, entries) -> list[int]:
        return [
            self.http.post("/transactions", json=encode_submission(*entry)).status_code
            for entry in entries
        ]

    def status(self) -> dict:
        return self.http.get("/status").json()

    def kill(self) -> None:
        """What no program can prepare for."""
        os.kill(self.process.pid, signal.SIGKILL)
        assert self.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL


class Place:
    """A chain with four nodes' keys, and the files of one relayer."""

    def __init__(self, anvil: Anvil, folder: Path) -> None:
        self.chain = NodeChain(anvil.url, folder)
        self.chain.start()
        self.anvil, self.folder = anvil, folder
        self.ethereum = self.chain.contracts.ethereum
        self.address = str(account(RELAYER).address)

    def command(self, url: str, *options: str) -> list[str]:
        return [
            *(sys.executable, str(ROOT / "offchain" / "relayer.py")),
            *("--account", str(RELAYER), "--listen", url, "--rpc", self.anvil.url),
            *("--deployment", str(self.chain.plan.deployment)),
            *("--store", str(self.folder / "store"), "--state", str(self.folder / "state")),
            *options,
        ]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT)}

    @contextmanager
    def relayer(self, *options: str) -> Iterator[Program]:
        """Run the program until the body ends, or was killed."""
        url = f"http://127.0.0.1:{free_port()}"
        log = self.folder / "relayer.log"
        with log.open("a") as output, httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http:
            process = subprocess.Popen(
                self.command(url, *options),
                env=self.environment(),
                stdout=output,
                stderr=output,
                text=True,
            )
            program = Program(process, http)
            try:
                wait_until(lambda: answers(program), log.read_text)
                yield program
            finally:
                if process.poll() is None:
                    process.terminate()
                    assert process.wait(PATIENCE_SECONDS) == 0

    def sent(self) -> int:
        """Transactions of the relayer that are in blocks."""
        return self.ethereum.nonce(self.address, LATEST)

    def waiting(self) -> int:
        """Transactions of the relayer that the node holds."""
        return self.ethereum.nonce(self.address) - self.sent()

    def items(self) -> list[int]:
        """Nullifiers of the items on chain."""
        self.chain.refresh()
        return [shared.item.nullifier_x for shared in self.chain.view.history.items]


def answers(program: Program) -> bool:
    assert program.process.poll() is None, "the relayer ended"
    try:
        return program.http.get("/status").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Anvil(accounts=10) as anvil:
        place = Place(anvil, tmp_path_factory.mktemp("restart"))
        yield place
        place.ethereum.close()


@pytest.fixture
def place(base: Place, tmp_path: Path) -> Place:
    """The same chain, a relayer's files of its own."""
    base.folder = tmp_path
    return base


def test_what_was_accepted_before_a_kill_is_sent_after_it_once(place: Place):
    entries = place.chain.draw(0)[:3]
    sent, items = place.sent(), place.items()
    with place.relayer("--flush", "3600") as program:
        assert program.post(entries) == [202] * 3
        assert program.status()["queuedTransactions"] == 3
        program.kill()
    assert place.sent() == sent
    with place.relayer() as program:
        wait_until(lambda: len(place.items()) == len(items) + 3, "items on chain")
        wait_until(lambda: program.status()["queuedTransactions"] == 0, "an empty queue")
        assert program.post(entries) == [200] * 3
        assert program.http.get("/healthz").status_code == 200
        assert_refused_beside(place)
    assert place.sent() == sent + 1
    assert place.items() == [*items, *(entry[0].item.nullifier_x for entry in entries)]


def assert_refused_beside(place: Place) -> None:
    """A second relayer on the same queue would send everything twice: one line, and no more."""
    ran = subprocess.run(
        place.command(f"http://127.0.0.1:{free_port()}"),
        env=place.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ran.returncode == 2
    [line] = ran.stderr.splitlines()
    assert "end the other relayer that uses it" in line


def test_what_was_sent_before_a_kill_and_mined_after_it_is_not_sent_again(place: Place):
    entries = place.chain.draw(1)[:2]
    sent, items = place.sent(), place.items()
    place.ethereum.request("evm_setAutomine", False)
    try:
        with place.relayer("--flush", "0") as program:
            assert program.post(entries) == [202] * 2
            wait_until(lambda: place.waiting() == 1, "a transaction at the node")
            program.kill()
        with place.relayer("--flush", "0") as program:
            # Long enough to send again, if it were to.
            time.sleep(2.0)
            assert program.status()["queuedTransactions"] == 2
            assert place.waiting() == 1
            place.ethereum.request("anvil_mine", "0x1")
            place.ethereum.request("evm_setAutomine", True)
            wait_until(lambda: program.status()["queuedTransactions"] == 0, "an empty queue")
    finally:
        place.ethereum.request("evm_setAutomine", True)
    found = place.items()
    assert sorted(found[len(items) :]) == sorted(entry[0].item.nullifier_x for entry in entries)
    # The first may have gone alone; then the second went after the restart. None went twice.
    assert sent + 1 <= place.sent() <= sent + 2
    assert place.waiting() == 0


def test_what_was_mined_while_the_relayer_was_down_leaves_its_queue_unsent(place: Place):
    entries = place.chain.draw(2)[:2]
    with place.relayer("--flush", "3600") as program:
        assert program.post(entries) == [202] * 2
        program.kill()
    place.chain.chains[0].execute(share(entries))
    sent = place.sent()
    with place.relayer() as program:
        wait_until(lambda: program.status()["queuedTransactions"] == 0, "an empty queue")
        assert program.status()["dropped"] == {}
    assert place.sent() == sent


def test_what_is_too_late_after_a_kill_is_dropped_with_the_reason(place: Place):
    """The last test of its chain: the partition leaves the entries' timestamps behind."""
    late = place.chain.draw(3)[:4]
    with place.relayer("--flush", "3600") as program:
        assert program.post(late) == [202] * 4
        program.kill()
    for node in (0, 1, 2, 3):
        place.chain.chains[0].execute(share(place.chain.draw(node)[4:]))
    place.chain.refresh()
    place.chain.partition()
    sent, items = place.sent(), place.items()
    with place.relayer() as program:
        wait_until(lambda: program.status()["queuedTransactions"] == 0, "an empty queue")
        assert sum(program.status()["dropped"]["transactions"].values()) == 4
        assert program.http.get("/healthz").status_code == 200
    assert (place.sent(), place.items()) == (sent, items)
    assert "dropped from the queue" in (place.folder / "relayer.log").read_text()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--minimum-balance", "lots", "is no amount"),
        ("--order-fee", "1e3", "is no amount"),
        ("--maximum-fee", "0.0000000001", "digits after the point"),
    ],
)
def test_an_amount_that_is_none_is_said_in_one_line(capsys, option, value, message):
    assert run_program(relayer, "relayer", [option, value]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


def share(entries) -> Share:
    return Share(tuple(transaction for transaction, _ in entries))
