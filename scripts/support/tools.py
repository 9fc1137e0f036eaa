"""Runs programs of the system to their end."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from offchain.errors import ToolchainError

DOWNLOAD_SECONDS: Final = 600.0


def run_tool(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = DOWNLOAD_SECONDS,
) -> str:
    """Run a program to its end; returns what it printed.

    Raises:
        ToolchainError: there is none, it failed, with the last line of what it said, or it took
            more than ``seconds``.
    """
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if line.strip()]
        raise ToolchainError(f"{command[0]} failed: {said[-1] if said else error}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"{command[0]} failed: {error}") from error
    return done.stdout
