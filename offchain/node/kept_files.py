"""Which files a program has put into the store for which round, and when they may go.

A file is needed in its round and the next one; the last best model as long as it is that. Whoever
wants to verify a chain later needs all of them: so they are kept for many rounds more, or for ever.
Only what a program itself put is ever removed, or its pin taken off.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Final

import structlog

from offchain.errors import ConfigurationError, StoreError
from offchain.ports import ContentStore
from offchain.private_files import make_private, write_ahead
from offchain.protocol.words.chain_status import ChainStatus

log = structlog.get_logger()

LEAST_ROUNDS: Final = 4
"""Fewer would take away what rules still need."""

AT_ONCE: Final = 256
"""Files that are let go of between two looks at the list."""

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS files (digest BLOB PRIMARY KEY, round INTEGER)"


class KeptFiles(ContentStore):
    """A store that remembers what was put into it, and forgets that when it is old.

    Args:
        store: the store.
        file: where it is remembered; one that is damaged is begun anew, and its files stay.
        rounds: for how many rounds files are kept; 0: for ever.

    Raises:
        ConfigurationError: the file cannot be written, or the rounds are too few.
    """

    def __init__(self, store: ContentStore, file: Path, rounds: int) -> None:
        if 0 < rounds < LEAST_ROUNDS:
            raise ConfigurationError(
                f"files are to be kept for {rounds} rounds: choose {LEAST_ROUNDS} at least, or 0 "
                "for ever"
            )
        self._store = store
        self._rounds = rounds
        self._round = 0
        self._needed = b""
        self._lock = threading.Lock()
        self._forgetting: threading.Thread | None = None
        try:
            make_private(file)
            try:
                self._database = _open(file)
            except sqlite3.DatabaseError:
                log.warning("the list of kept files is damaged, a new one begins", file=str(file))
                file.unlink()
                make_private(file)
                self._database = _open(file)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"the list of kept files {file} cannot be written ({error}): choose another "
                "--state folder"
            ) from error

    def put(self, content: bytes) -> bytes:
        """See `ContentStore.put`."""
        digest = self._store.put(content)
        if self._rounds:
            self._write("INSERT OR REPLACE INTO files VALUES (?, ?)", digest, self._round)
        return digest

    def get(self, digest: bytes) -> bytes:
        """See `ContentStore.get`."""
        return self._store.get(digest)

    def has(self, digest: bytes) -> bool:
        """See `ContentStore.has`."""
        return self._store.has(digest)

    def forget(self, digest: bytes) -> None:
        """See `ContentStore.forget`."""
        self._store.forget(digest)
        self._write("DELETE FROM files WHERE digest = ?", digest)

    def look(self, status: ChainStatus) -> None:
        """Take note of the round that collects; when it is another one, old files go, beside."""
        if status.collection.round == self._round and self._needed == status.head.model_hash:
            return
        self._round, self._needed = status.collection.round, status.head.model_hash
        is_busy = self._forgetting is not None and self._forgetting.is_alive()
        if self._rounds and not is_busy:
            self._forgetting = threading.Thread(target=self.forget_old, daemon=True)
            self._forgetting.start()

    def forget_old(self) -> int:
        """Let go of what is too old; returns how many files that were.

        What cannot be removed is tried again with the next round.
        """
        forgotten = 0
        while True:
            oldest = self._round - self._rounds
            rows = self._rows(
                "SELECT digest FROM files WHERE round <= ? AND digest != ? LIMIT ?",
                oldest,
                self._needed,
                AT_ONCE,
            )
            for (digest,) in rows:
                try:
                    self.forget(digest)
                except StoreError as error:
                    log.warning("an old file cannot be let go of now", reason=str(error))
                    return forgotten
                forgotten += 1
            if len(rows) < AT_ONCE:
                break
        if forgotten:
            log.info("old files are kept no longer", files=forgotten, rounds=self._rounds)
        return forgotten

    def close(self) -> None:
        """Close the list."""
        with self._lock:
            self._database.close()

    def _rows(self, query: str, *values: object) -> list[tuple[bytes]]:
        try:
            with self._lock:
                return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            log.warning("the list of kept files cannot be read", reason=str(error))
            return []

    def _write(self, statement: str, *values: object) -> None:
        try:
            with self._lock:
                self._database.execute(statement, values)
        except sqlite3.Error as error:
            # The file stays, and is never removed.
            log.warning("the list of kept files cannot be written", reason=str(error))


def _open(file: Path) -> sqlite3.Connection:
    # Autocommit; threads share the connection under a lock.
    database = sqlite3.connect(file, isolation_level=None, timeout=10.0, check_same_thread=False)
    try:
        write_ahead(database)
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(_SCHEMA)
        database.execute("SELECT count(*) FROM files").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database
