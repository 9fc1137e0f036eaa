"""The relayer as a program, killed at its worst moments: nothing is lost, nothing sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from offchain.chain.deployment.file import write_deployment
from offchain.chain.rpc.ethereum import LATEST
from offchain.node.demo.local_network import free_port
from offchain.node.relayer.wire import encode_publication, encode_share
from offchain.programs.running import run_program
from offchain.relayer import relayer
from scripts.support.chains.evm import ROOT
from tests.support.chains.sharing_place import Drawn, SharingPlace, sharing_place
from tests.support.servers.served_relayer import RELAYER
from tests.support.waiting import PATIENCE_SECONDS, wait_until

MEMBERS = 3
HELD = ("--mixing", "3600")
AT_ONCE = ("--mixing", "0")


@dataclass
class Program:
    """A relayer's process and a client of it."""

    process: subprocess.Popen[str]
    http: httpx.Client

    def post(self, drawn: Drawn, files: Sequence[bytes] | None = None) -> int:
        """Hand in a data transaction with its files, or with some of them."""
        answer = self.http.post("/transactions", json=encode_share(drawn.share))
        for file in drawn.files if files is None else files:
            name = sha256(file).hexdigest()
            self.http.post(f"/files/{name}", content=file)
        return answer.status_code

    def status(self) -> dict:
        return self.http.get("/status").json()

    def kill(self) -> None:
        """What no program can prepare for."""
        os.kill(self.process.pid, signal.SIGKILL)
        assert self.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL


class Place:
    """A chain, and the files of one relayer."""

    def __init__(self, chain: SharingPlace, folder: Path) -> None:
        self.chain, self.folder = chain, folder
        self.ethereum = chain.place.ethereum
        self.address = chain.place.account(RELAYER)
        self.deployment = folder / "deployment.json"
        write_deployment(chain.place.deployment, self.deployment)

    def command(self, url: str, *options: str) -> list[str]:
        return [
            *(sys.executable, str(ROOT / "offchain" / "relayer.py")),
            *("--account", str(RELAYER), "--listen", url, "--rpc", self.chain.place.anvil.url),
            *("--deployment", str(self.deployment)),
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


def answers(program: Program) -> bool:
    assert program.process.poll() is None, "the relayer ended"
    try:
        return program.http.get("/status").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def base() -> Iterator[SharingPlace]:
    with sharing_place() as chain:
        yield chain


@pytest.fixture
def place(base: SharingPlace, tmp_path: Path) -> Iterator[Place]:
    with base.undone():
        yield Place(base, tmp_path)


def emptied(program: Program) -> bool:
    status = program.status()
    return status["queuedTransactions"] == status["queuedKeys"] == 0


def test_what_was_accepted_before_a_kill_is_sent_after_it_once(place: Place):
    drawn = [place.chain.draw(number) for number in range(MEMBERS)]
    with place.relayer(*HELD) as program:
        assert [program.post(one) for one in drawn[1:]] == [202] * (MEMBERS - 1)
        assert program.post(drawn[0], drawn[0].files[:2]) == 202
        assert program.status()["queuedTransactions"] == MEMBERS
        program.kill()
    assert place.sent() == 0
    with place.relayer() as program:
        wait_until(lambda: program.status()["queuedTransactions"] == 1, "a queue that gets empty")
        # Files that came before the kill need not come again.
        answer = program.http.post("/transactions", json=encode_share(drawn[0].share)).json()
        late = drawn[0].files[2:]
        assert answer["missing"] == [f"0x{sha256(file).hexdigest()}" for file in late]
        program.post(drawn[0], late)
        wait_until(lambda: emptied(program), "an empty queue")
        assert [program.post(one) for one in drawn] == [200] * MEMBERS
        assert program.http.get("/healthz").status_code == 200
        assert_refused_beside(place)
    assert place.sent() == MEMBERS
    nullifiers = [one.share.transaction.nullifier_x for one in drawn]
    assert sorted(place.chain.order()) == sorted(nullifiers)


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
    drawn = [place.chain.draw(number) for number in range(2)]
    place.ethereum.request("evm_setAutomine", False)
    try:
        with place.relayer(*AT_ONCE) as program:
            assert [program.post(one) for one in drawn] == [202] * 2
            wait_until(lambda: place.waiting() == 1, "a transaction at the node")
            program.kill()
        with place.relayer(*AT_ONCE) as program:
            # Long enough to send again, if it were to.
            time.sleep(2.0)
            assert program.status()["queuedTransactions"] == 2
            assert place.waiting() == 1
            place.ethereum.request("anvil_mine", "0x1")
            place.ethereum.request("evm_setAutomine", True)
            wait_until(lambda: emptied(program), "an empty queue")
    finally:
        place.ethereum.request("evm_setAutomine", True)
    assert len(place.chain.order()) == 2
    assert (place.sent(), place.waiting()) == (2, 0)


def test_keys_that_were_accepted_before_a_kill_are_sent_after_it_once(place: Place):
    drawn = [place.chain.draw(number) for number in range(MEMBERS)]
    place.chain.share_directly(*drawn)
    place.chain.partition()
    place.chain.close()
    messages = [encode_publication(place.chain.training_keys(one)) for one in drawn]
    with place.relayer(*HELD) as program:
        answers = [program.http.post("/keys", json=message) for message in messages]
        assert [answer.status_code for answer in answers] == [202] * MEMBERS
        program.kill()
    with place.relayer() as program:
        wait_until(lambda: emptied(program), "an empty queue")
        assert program.status()["dropped"] == {}
    assert place.sent() == MEMBERS
    assert all(place.chain.shared(one).training_words for one in drawn)


def test_what_is_mined_or_too_late_after_a_kill_leaves_the_queue_unsent(place: Place):
    late = place.chain.draw_before(0)
    mined = place.chain.draw(1)
    with place.relayer(*HELD) as program:
        assert [program.post(one) for one in (late, mined)] == [202, 202]
        program.kill()
    place.chain.share_directly(mined)
    place.chain.partition()
    with place.relayer() as program:
        wait_until(lambda: emptied(program), "an empty queue")
        assert program.status()["dropped"] == {"transactions": {"timestamp": 1}}
        assert program.http.get("/healthz").status_code == 200
    assert (place.sent(), len(place.chain.order())) == (0, 1)
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
