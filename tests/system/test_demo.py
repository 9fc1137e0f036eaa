"""The demo's processes end with it, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offchain.programs.running import INTERRUPTED
from tests.support.chains.node_chain import ROOT
from tests.support.waiting import PATIENCE_SECONDS, wait_until

WORKERS = 3


class Demo:
    """A demo that runs in a folder of its own, with all its descendants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "offchain.cli", "demo", "--nodes", str(WORKERS)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
            )

    def children(self, program: str = "") -> list[int]:
        """Processes that inherited this demo's environment, of a program if one is named."""
        mark = f"TMPDIR={self.folder}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal() or int(entry.name) == self.process.pid:
                continue
            try:
                environment = (entry / "environ").read_bytes().split(b"\x00")
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark in environment and program.encode() in command:
                found.append(int(entry.name))
        return found

    def wait_for(self, what: str, holds: Callable[[], bool]) -> None:
        wait_until(holds, lambda: f"{what}\n{self.output.read_text()}")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    try:
        demo.wait_for(
            "workers",
            lambda: demo.process.poll() is not None or len(demo.children("worker.py")) == WORKERS,
        )
        yield demo
    finally:
        demo.process.kill()
        demo.process.wait()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_all_processes_end_when_it_is_interrupted(demo, signal_number):
    assert len(demo.children()) >= WORKERS + 3
    demo.process.send_signal(signal_number)
    assert demo.process.wait(PATIENCE_SECONDS) == INTERRUPTED
    demo.wait_for("end of the children", lambda: not demo.children())
    assert "Traceback" not in demo.output.read_text()


def test_all_processes_end_when_it_is_killed(demo):
    demo.process.kill()
    demo.process.wait()
    demo.wait_for("end of the children", lambda: not demo.children())


def test_it_fails_and_names_the_log_when_one_of_its_processes_dies(demo):
    os.kill(demo.children("worker.py")[0], signal.SIGKILL)
    assert demo.process.wait(PATIENCE_SECONDS) not in (0, None)
    output = " ".join(demo.output.read_text().split())
    assert "ended with status -9" in output
    assert (demo.folder / "out" / "demo-logs" / "anvil.log").exists()
    demo.wait_for("end of the children", lambda: not demo.children())


@pytest.mark.full
def test_one_honest_node_of_four_overturns_three_liars(tmp_path: Path):
    lying = ["demo", "--nodes", "4", "--liars", "3", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "offchain.cli", *lying],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "demo.json").read_text())
    [fallen] = [one for one in report["disputes"] if one["kind"] == "StatementFell"]
    assert "nodes 1, 2, 3 lose 3 ETH" in fallen["text"]
    [block] = report["blocks"]
    assert "1 of 4" in done.stdout
    assert block["number"] == 1
