"""What a process holds, as Linux tells it in /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from offchain.errors import ToolchainError

_RESIDENT, _ANONYMOUS = "VmRSS:", "RssAnon:"


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """Memory in bytes, open file descriptors and threads of a process.

    ``resident`` is all that it has in memory, ``anonymous`` what of it is no file: its heap and its
    stacks, which nobody but the process itself gives back.
    """

    resident: int
    anonymous: int
    handles: int
    threads: int


def figures_of(process: int, proc: Path = Path("/proc")) -> ProcessFigures:
    """The figures of a running process (proc(5)).

    Raises:
        ToolchainError: there is no such process, or the system has no ``/proc``.
    """
    folder = proc / str(process)
    try:
        lines = (folder / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        handles = len(os.listdir(folder / "fd"))  # noqa: PTH208  (names alone, quickly)
    except OSError as error:
        raise ToolchainError(
            f"process {process} cannot be looked at ({error.strerror}): it has ended, or this "
            "system has no /proc"
        ) from error
    found = {line.split()[0]: int(line.split()[1]) for line in lines if _is_number(line)}
    try:
        return ProcessFigures(
            1024 * found[_RESIDENT], 1024 * found[_ANONYMOUS], handles, found["Threads:"]
        )
    except KeyError as error:
        raise ToolchainError(f"process {process} has ended: it holds nothing any more") from error


def _is_number(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and words[1].isdecimal()
