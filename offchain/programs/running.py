"""What all programs share: how they start, stop and say what went wrong."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

import click

from offchain.errors import ConfigurationError, ModelChainError
from offchain.programs.interrupts import say_interrupts
from offchain.programs.standard_output import is_output_error, prepare_output, settle_output, tell

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 plus the signal's number."""

LONGEST_NAME = 200
"""Characters of a file's name that an error shows."""

CLOSED_PIPE = 141
"""Exit status where the reader of the output is gone: as if by SIGPIPE, which Python ignores."""


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

    ``-h`` and ``--help`` say what it does, and do nothing. Where the reader of its
    output is gone it ends without a word, as other programs do.
    """
    say_interrupts()
    prepare_output()
    streams = (sys.stdout, sys.stderr)
    try:
        return _status(command, name, arguments)
    except OSError as error:
        if is_output_error(error):
            tell(f"{name}: the output cannot be written: {error.strerror}")
            return ModelChainError.exit_code
        if error.filename is None:
            raise
        # A folder above that may not be searched, a name that is too long for any file.
        tell(f"{name}: {_one_line(os.fsdecode(error.filename))[:LONGEST_NAME]}: {error.strerror}")
        return ConfigurationError.exit_code
    except SystemExit as ended:
        # So click and rich end a command where a pipe broke, and nothing else does.
        if ended.code != 1:
            raise
        return CLOSED_PIPE
    finally:
        settle_output(*streams)


def _status(command: click.Command, name: str, arguments: Sequence[str] | None) -> int:
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
        tell(f"{name}: interrupted")
        return INTERRUPTED
    except ModelChainError as error:
        tell(f"{name}: {_one_line(str(error))}")
        return error.exit_code
    return result if isinstance(result, int) else 0


def _one_line(text: str) -> str:
    """Files and their columns may be named by somebody who knows what steers a terminal."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(line.split())


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
    tell(f"{command}: {message}: see `{command} --help`")
