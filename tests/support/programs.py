"""The project's programs as processes of their own, run to their end.

To start an interpreter and import the chain's libraries takes seconds. `Programs` does that once,
in a process that then forks for every run and executes the program's file there, as `python FILE`
does: a run has its own arguments, environment, output and exit status, and costs milliseconds.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scripts.support.chains.evm import ROOT
from tests.support.waiting import PATIENCE_SECONDS

FILES = {
    "worker": "offchain/worker.py",
    "relayer": "offchain/relayer.py",
    "feeder": "offchain/feeder.py",
    "modelchain": "offchain/cli.py",
}
"""Every program by the name that it calls itself."""


@dataclass(frozen=True)
class Run:
    """How a program ended, and all that it said."""

    status: int
    out: str
    err: str


def plain_environment(folder: Path) -> dict[str, str]:
    """This process's environment without settings of the project; files go to ``folder``."""
    kept = {name: value for name, value in os.environ.items() if "MODELCHAIN" not in name}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
        "MODELCHAIN_STORE": str(folder / "store"),
        "MODELCHAIN_STATE": str(folder / "state"),
    }


class Programs:
    """Runs programs one after the other; also a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.environment = plain_environment(folder)
        self._starter = subprocess.Popen(
            [sys.executable, "-m", "tests.support.programs"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(
        self, program: str, *arguments: object, environment: Mapping[str, str] | None = None
    ) -> Run:
        """Run a program with arguments, in the folder, and wait until it ends."""
        out, err = self._folder / "out.txt", self._folder / "err.txt"
        request = {
            "file": str(ROOT / FILES[program]),
            "arguments": [str(argument) for argument in arguments],
            "environment": self.environment | dict(environment or {}),
            "folder": str(self._folder),
            "out": str(out),
            "err": str(err),
        }
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.write(json.dumps(request).encode() + b"\n")
        self._starter.stdin.flush()
        status = int(self._starter.stdout.readline())
        return Run(status, out.read_text(), err.read_text())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.close()
        self._starter.stdout.close()
        self._starter.wait(PATIENCE_SECONDS)


def serve() -> None:
    """Fork for every request on standard input; answer with the exit status."""
    import httpx

    import offchain.commands.demo.run
    import offchain.commands.doctor.run
    import offchain.commands.feeder.run
    import offchain.commands.headers.command
    import offchain.commands.relayer.run
    import offchain.commands.store.run
    import offchain.commands.verify.run
    import offchain.commands.wallet.balance
    import offchain.commands.worker.run  # noqa: F401

    # What it imports when it is first used.
    httpx.Client().close()
    # Else every run's end looks at all objects once more, and copies their pages.
    gc.freeze()
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(request)
            runpy.run_path(request["file"], run_name="__main__")
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(request: dict) -> None:
    """Take a run's arguments, environment, folder and output."""
    signal.alarm(int(PATIENCE_SECONDS))  # it ends with SIGALRM's status then
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["file"], *request["arguments"]]
    for descriptor, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        mode = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(name, mode, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)


if __name__ == "__main__":
    serve()
