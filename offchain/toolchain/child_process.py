"""Children that end with their parent, whatever ends the parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1


def start_child(
    command: Sequence[str],
    *,
    output: IO[bytes],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own that Linux ends when the starting thread ends.

    Its own group keeps a Ctrl-C in the terminal from it: the parent decides in which order its
    children stop. Call this from a thread that lives as long as the child shall (prctl(2): the
    signal is sent when the *thread* that made the child ends).

    Args:
        command: the program and its arguments.
        output: an open file that takes standard output and error together.
        folder: the working directory, by default this process's.
        environment: the variables, by default this process's.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        start_new_session=True,
        preexec_fn=_DieWithParent() if sys.platform == "linux" else None,
    )


class _DieWithParent:
    """Runs in the child between fork and exec, where only what was prepared before is safe."""

    def __init__(self) -> None:
        self._prctl = ctypes.CDLL(None).prctl
        self._parent = os.getpid()

    def __call__(self) -> None:
        self._prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        # The parent may have ended before the line above: then no signal will come.
        if os.getppid() != self._parent:
            os._exit(1)
