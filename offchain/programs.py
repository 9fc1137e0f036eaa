"""What all programs share: how they start, stop and say what went wrong."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

import click

from offchain.errors import ModelChainError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 plus the signal's number."""


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    stopped = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        if stopped.is_set():
            os._exit(128 + number)
        stopped.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def run_program(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a program's command; returns its exit status. An error is one line on standard error.

    ``-h`` and ``--help`` say what it does, and do nothing.
    """
    try:
        result = command.main(
            args=None if arguments is None else list(arguments),
            prog_name=name,
            standalone_mode=False,
            help_option_names=["-h", "--help"],
        )
    except click.ClickException as error:
        tell_wrong_use(error, name)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except ModelChainError as error:
        print(f"{name}: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code
    return result if isinstance(result, int) else 0


def tell_wrong_use(error: click.ClickException, name: str) -> None:
    """Say in one line on standard error what a command line has wrong, and where help is.

    A group that was called without a command shows its help instead.
    """
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = name if context is None else context.command_path
    message = " ".join(error.format_message().split()).rstrip(".")
    print(f"{command}: {message}: see `{command} --help`", file=sys.stderr)
