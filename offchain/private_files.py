"""Files that are their owner's alone, and held by one process at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from offchain.errors import ConfigurationError

PRIVATE = 0o600

WRITTEN_AHEAD_PAGES = 64
WRITTEN_AHEAD_BYTES = 1 << 20
"""Pages after which a database folds in what was written ahead of it, and what is kept of that file
then. SQLite's own 1,000 pages are 4 MB beside databases of a few hundred kB."""


def make_private(file: Path) -> None:
    """Make a file that its owner alone reads and writes, or make the one that is there so.

    Raises:
        OSError: it cannot be made, or is somebody else's.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, PRIVATE)
    os.close(descriptor)
    file.chmod(PRIVATE)


def write_ahead(database: sqlite3.Connection) -> None:
    """Let a database write ahead, into a second file that stays small; ``sqlite3.Error``."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {WRITTEN_AHEAD_PAGES}")
    database.execute(f"PRAGMA journal_size_limit = {WRITTEN_AHEAD_BYTES}")


@contextmanager
def held_alone(file: Path, what: str, option: str = "state") -> Iterator[None]:
    """Hold a file that no other process can hold meanwhile; a process that is killed lets it go.

    SQLite's lock is used: it works on every system, and needs no file to be tidied up.

    Args:
        file: made if it is not there.
        what: the file stands for, in words.
        option: of the command line that says in which folder it is.

    Raises:
        ConfigurationError: another process holds it, or it cannot be made.
    """
    try:
        make_private(file)
        connection = sqlite3.connect(file, timeout=0.0, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(
            f"{file} cannot be written ({error}): choose another folder with --{option}"
        ) from error
    with closing(connection):
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"{what} runs already, or {file} cannot be locked ({error}): end the other process"
            ) from error
        yield
