"""A file of log lines that does not grow without end, and whose disk may be full."""

from __future__ import annotations

import logging
import os
import weakref
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from offchain.private_files import PRIVATE


class LogFile:
    """Lines in a file that only its owner reads; threads may share it.

    Args:
        file: the newest lines; older ones are beside it, with ``.1``, ``.2`` and so on added.
        maximum: bytes after which another file is begun.
        kept: older files that are kept.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, file: Path, maximum: int, kept: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._handler = _Unfailing(
            file, maxBytes=maximum, backupCount=kept, encoding="utf-8", errors="backslashreplace"
        )
        weakref.finalize(self, self._handler.close)

    def write(self, line: str) -> None:
        """Write a line, as far as that can be: an error is none of who logs."""
        self._handler.handle(logging.LogRecord("", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


class _Unfailing(RotatingFileHandler):
    """The library's file that rotates; it opens the file anew after whatever failed."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(
            self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE
        )
        # A file object that the library closes.
        return TextIOWrapper(BufferedWriter(FileIO(descriptor, "a")), self.encoding, self.errors)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002
        """Lose the line. Called by the library, under its lock, within ``except``."""
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.close()
