"""The demo's processes: started together, watched, ended together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from offchain.errors import ModelChainError
from offchain.toolchain.child_process import start_child

_STOP_SECONDS = 3.0
_TAIL_BYTES = 4_096
_BEFORE_WORDS = re.compile(r"\S+ \[\w+ *\] ")
"""Time and level, which a line of a program's log begins with."""


class ChildEndedError(ModelChainError):
    """One of the processes has ended although nobody told it to."""

    def __init__(self, name: str, status: int, log: Path, last: str) -> None:
        super().__init__(
            f"{name} ended with status {status}: {last or 'it said nothing'}; read {log}"
        )
        self.name = name
        self.status = status
        self.log = log


@dataclass(frozen=True, slots=True)
class Child:
    """A process with the file that its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    output: IO[bytes]

    def last_line(self) -> str:
        """The last thing that it said."""
        return last_line(self.log)

    def last_words(self) -> str:
        """The last thing that it said, without when; that it starts, before it has said any."""
        said = self.last_line()
        return _BEFORE_WORDS.sub("", said, count=1) if said else "starts: loads PyTorch and data"


class Children:
    """Python programs of this project that end with this object, whatever ends it.

    Args:
        project: the checkout that they run from.
        logs: folder that their output goes to, a file each.
        environment: variables for all of them, beside this process's.
    """

    def __init__(self, project: Path, logs: Path, environment: Mapping[str, str]) -> None:
        self._project = project
        self._logs = logs
        self._environment = {
            **os.environ,
            **environment,
            # The same checkout as this process's, whichever is installed.
            "PYTHONPATH": str(project),
            "PYTHONUNBUFFERED": "1",
        }
        self._children: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    @property
    def running(self) -> Sequence[Child]:
        """Those that were started and not stopped, in order."""
        return tuple(self._children)

    def start(
        self,
        name: str,
        program: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        launcher: Sequence[str] = (),
    ) -> Child:
        """Start ``offchain/PROGRAM.py`` with arguments, under a name.

        Args:
            name: of the child, and of its log.
            program: its file, without the ending.
            arguments: its options.
            environment: variables of its own, beside those of all.
            launcher: a command that executes the one that follows it, as ``ip netns exec NAME``.
        """
        log = self._logs / f"{name}.log"
        output = log.open("ab")
        file = str(self._project / "offchain" / f"{program}.py")
        process = start_child(
            [*launcher, sys.executable, file, *arguments],
            output=output,
            folder=self._project,
            environment={**self._environment, **(environment or {})},
        )
        child = Child(name, process, log, output)
        self._children.append(child)
        return child

    def stop_one(self, child: Child) -> None:
        """End one of them, kindly first; the others go on."""
        self._children.remove(child)
        _end([child])

    def take_ended(self) -> list[Child]:
        """Those that have ended although nobody told them to; they are no more among these."""
        ended = [child for child in self._children if child.process.poll() is not None]
        for child in ended:
            self._children.remove(child)
            child.output.close()
        return ended

    def check(self) -> None:
        """Raise `ChildEndedError` if one has ended."""
        for child in self._children:
            status = child.process.poll()
            if status is not None:
                raise ChildEndedError(child.name, status, child.log, child.last_line())

    def stop(self) -> None:
        """End all of them, kindly first."""
        _end(self._children)
        self._children.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _end(children: Sequence[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        child.output.close()


def last_line(log: Path) -> str:
    """The last line of a file, without reading all of it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
