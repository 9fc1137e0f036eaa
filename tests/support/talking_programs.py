"""Programs that are to talk and do nothing else: what else they try is refused, and ends them.

They run one after the other in one process that has imported what they use. An audit hook
(https://docs.python.org/3/library/audit_events.html) stops them where they would write a file,
start a program or reach the network. A hook stays for good, hence the process of its own.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from scripts.support.chains.evm import ROOT
from tests.support.programs import Run
from tests.support.waiting import PATIENCE_SECONDS

REFUSED = ("os.", "shutil.", "socket.bind", "socket.connect", "subprocess.", "tempfile.")
"""Beginnings of the names of events that are doings."""

LOOKING = ("os.listdir", "os.scandir", "os.walk")
"""... but for these."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def talk(runs: Sequence[Sequence[str]]) -> list[Run]:
    """Run programs, each given by its file in the checkout and its arguments."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.talking_programs"],
        cwd=ROOT,
        # What is imported on the way is compiled, and not written.
        env={**os.environ, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
        input=json.dumps(runs),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Run(**run) for run in json.loads(done.stdout)]


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise where an event is a doing: an audit hook."""
    is_writing = event == "open" and bool(arguments[2] & WRITING)
    if is_writing or (event.startswith(REFUSED) and event not in LOOKING):
        raise AssertionError(f"it does something: {event} {arguments}")


def run_here(file: str, arguments: Sequence[str]) -> Run:
    """Run a program in this process, as `python FILE ARGUMENTS` does."""
    sys.argv = [file, *arguments]
    status: object = 0
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        try:
            runpy.run_path(file, run_name="__main__")
        except SystemExit as ended:
            status = ended.code or 0
        except AssertionError:
            traceback.print_exc()
            status = 1
    assert isinstance(status, int), status
    return Run(status, out.getvalue(), err.getvalue())


def main() -> None:
    """Run what standard input says; write how it ended to standard output."""
    runs = json.load(sys.stdin)
    for file in {file for file, *_ in runs}:
        importlib.import_module(file.removesuffix(".py").replace("/", "."))
    sys.addaudithook(refuse)
    ended = [asdict(run_here(file, arguments)) for file, *arguments in runs]
    print(json.dumps(ended))


if __name__ == "__main__":
    main()
