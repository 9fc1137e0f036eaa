"""Standard output and standard error, whatever is behind them.

What is behind a program's output may be full, gone, or a terminal of another character set. None of
that is a reason to end a program that works, or to end a command with a traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Final

Stream = IO[str]

_NOT_WRITTEN: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN, errno.EPIPE}
)
"""What a system says where a disk is full, a quota used up, a terminal gone or a stream closed."""


def prepare_output() -> None:
    """Let both streams take every text.

    Characters that a stream's encoding lacks, or that no encoding has, are written as escapes. A
    stream that the process was started without goes nowhere.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Held open until the end: else the next file opened would be the stream.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        else:
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="backslashreplace")


def goes_nowhere(stream: Stream) -> bool:
    """Whether the process was started without a stream; see `prepare_output`."""
    return getattr(stream, "name", None) == os.devnull


def is_output_error(error: OSError) -> bool:
    """Whether an error says that what was written to a stream does not go out.

    The project's own files are written where their errors are translated, and other calls that fail
    name a file.
    """
    return error.filename is None and error.errno in _NOT_WRITTEN


def settle_output(*streams: Stream) -> None:
    """Drop what does not go out, so that the interpreter's end does not fail on it."""
    for stream in streams:
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), stream.fileno())
        except ValueError:  # it is closed
            continue


def tell(line: str) -> None:
    """Write a line to standard error, or nowhere if that cannot be."""
    stream = SteadyStream(lambda: sys.stderr)
    stream.write(f"{line}\n")
    stream.flush()


class SteadyStream:
    """A stream for lines that nobody may need: what cannot be written is dropped.

    Once the reader of a pipe is gone, or the stream closed, nothing is tried any more. Where a disk
    is full, the next line is tried again.

    Args:
        stream: gives the stream, which may be exchanged meanwhile.
    """

    def __init__(self, stream: Callable[[], Stream]) -> None:
        self._stream = stream
        self._gone = False

    def write(self, text: str) -> int:
        """Write a text; returns its length."""
        self._try(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Send on what was written."""
        self._try(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self._stream().isatty()
        except (AttributeError, ValueError):
            return False

    def _try(self, use: Callable[[Stream], object]) -> None:
        if self._gone:
            return
        try:
            use(self._stream())
        except (BrokenPipeError, ValueError):
            self._gone = True
        except OSError:
            return
