"""Files that appear whole or not at all: one atomic write for everything that is kept."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from offchain.errors import ConfigurationError


class UnwritableFile(ConfigurationError):
    """A file cannot be written; ``reason`` is what the operating system says."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} cannot be written: {reason}")
        self.file = file
        self.reason = reason


def write_whole(
    file: Path, content: bytes, *, mode: int | None = None, make_folder: bool = True
) -> None:
    """Write a file in one step: readers see the one of before, or all of the new one.

    The content is on the disk before it has its name, so that a crash leaves no half of it. Of
    several writers at once the last one counts. What fails leaves the file as it was.

    Args:
        file: where it goes; a symbolic link there is replaced.
        content: all of it.
        mode: who may read and write it; None leaves that to the process's umask.
        make_folder: whether its folder is made if it is not there.

    Raises:
        UnwritableFile: it cannot be written.
    """
    with _part(file, content, mode, make_folder) as part:
        part.replace(file)


def require_writable(file: Path, *, make_folder: bool = True) -> None:
    """Try a file's folder with another one that is removed at once.

    Raises:
        UnwritableFile: the file could not be written.
    """
    with _part(file, b"", None, make_folder):
        pass


@contextmanager
def _part(file: Path, content: bytes, mode: int | None, make_folder: bool) -> Iterator[Path]:
    """A whole file beside another, under a name of its own, which is gone afterwards."""
    part = file.parent / f".part-{secrets.token_hex(8)}"
    try:
        if make_folder:
            file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            part.chmod(mode)
        yield part
    except OSError as error:
        raise UnwritableFile(file, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            part.unlink()
