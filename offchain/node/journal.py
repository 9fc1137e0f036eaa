"""A node's journal: what would cost time to find out again, never the only copy of anything.

Everything in it follows from the node's seed, the chain and the content store. It is deleted
without loss, and one that cannot be read is set aside and begun anew.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final, Self

import structlog

from offchain.errors import ConfigurationError

log = structlog.get_logger()

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS models (round INTEGER PRIMARY KEY, sealed_copy BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS scores (
    data_root BLOB NOT NULL, model_hash BLOB NOT NULL, score INTEGER NOT NULL,
    PRIMARY KEY (data_root, model_hash)
);
CREATE TABLE IF NOT EXISTS samples (item_id BLOB PRIMARY KEY, samples INTEGER);
"""


class Journal:
    """Remembers trained models, scores and sample counts over restarts.

    Scores and counts are kept under hashes of what they belong to, so a journal of another chain
    does no harm; models are kept by round, so every chain needs a file of its own.

    Args:
        file: the SQLite file; its folder is made if it is not there.

    Raises:
        ConfigurationError: the folder cannot be written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._database = _open(file)
            except sqlite3.DatabaseError as error:
                damaged = file.with_name(file.name + ".damaged")
                log.warning("the journal is damaged, a new one begins", kept_as=str(damaged))
                log.debug("what SQLite says", reason=str(error))
                file.replace(damaged)
                self._database = _open(file)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"the journal {file} cannot be written ({error}): choose another --state folder"
            ) from error

    def sealed_copy(self, round_number: int) -> bytes | None:
        """Sha2-256 of the sealed copy of the model last trained for a round."""
        row = self._row("SELECT sealed_copy FROM models WHERE round = ?", round_number)
        # SQLite keeps any value in any column, and a damaged file may hold any.
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def keep_sealed_copy(self, round_number: int, sealed_copy: bytes) -> None:
        """Remember where the model trained for a round is; a later one replaces it."""
        self._write("INSERT OR REPLACE INTO models VALUES (?, ?)", round_number, sealed_copy)

    def score(self, data_root: bytes, model_hash: bytes) -> int | None:
        """A model's score on the test items of a data set."""
        row = self._row(
            "SELECT score FROM scores WHERE data_root = ? AND model_hash = ?",
            data_root,
            model_hash,
        )
        return row[0] if row is not None and isinstance(row[0], int) else None

    def keep_score(self, data_root: bytes, model_hash: bytes, score: int) -> None:
        """Remember a score."""
        self._write("INSERT OR REPLACE INTO scores VALUES (?, ?, ?)", data_root, model_hash, score)

    def samples(self, item_id: bytes) -> tuple[bool, int | None]:
        """Whether an item was opened, and how many samples it has; None: it is not sound."""
        row = self._row("SELECT samples FROM samples WHERE item_id = ?", item_id)
        if row is None or not isinstance(row[0], int | None):
            return False, None
        return True, row[0]

    def keep_samples(self, item_id: bytes, samples: int | None) -> None:
        """Remember how many samples an item has; None: it is not sound."""
        self._write("INSERT OR REPLACE INTO samples VALUES (?, ?)", item_id, samples)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        except sqlite3.Error as error:
            log.warning("the journal cannot be read", reason=str(error))
            return None
        return row

    def _write(self, statement: str, *values: object) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            # A cache that cannot be written costs time after the next start, nothing else.
            log.warning("the journal cannot be written", reason=str(error))


def _open(file: Path) -> sqlite3.Connection:
    # Autocommit: each entry is a transaction of its own; the write-ahead log makes that cheap.
    database = sqlite3.connect(file, isolation_level=None, timeout=10.0)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
        database.execute("SELECT count(*) FROM models").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database
