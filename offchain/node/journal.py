"""A node's journal: what a kill must not take from it.

The data transaction that was signed, so that the same bytes are handed over again; the sealed copy
of a model, which else only the store has; and what would cost time to find out again. Without it a
node goes on as well: all secrets follow from its seed, data are drawn and signed anew. A journal
that cannot be read is set aside and begun anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import structlog

from offchain.errors import ConfigurationError
from offchain.private_files import make_private, write_ahead

log = structlog.get_logger()

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS shares (
    round INTEGER, place INTEGER, content BLOB NOT NULL, PRIMARY KEY (round, place)
);
CREATE TABLE IF NOT EXISTS models (round INTEGER PRIMARY KEY, sealed_copy BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS part_roots (
    data_id BLOB, part INTEGER, root BLOB NOT NULL, PRIMARY KEY (data_id, part)
);
CREATE TABLE IF NOT EXISTS points (
    data_root BLOB, model_hash BLOB, points BLOB NOT NULL, PRIMARY KEY (data_root, model_hash)
);
"""

_KEPT_ROUNDS: Final = 2
"""Rounds whose shares and models are kept."""

_KEPT_ROOTS: Final = 8_192
"""Parts whose roots are kept: of the largest possible ring in two rounds."""


class Journal:
    """Remembers what a node shared, trained and computed over restarts.

    Points and roots are kept under hashes of what they belong to, so a journal of another chain
    does no harm; shares and models are kept by round, so every chain needs a file of its own.

    SQLite keeps any value in any column, and a damaged file may hold any: whoever reads checks what
    it reads.

    Args:
        file: the SQLite file; its folder is made if it is not there.

    Raises:
        ConfigurationError: the folder cannot be written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._is_failing = False
        try:
            make_private(file)
            try:
                self._database = _open(file)
            except sqlite3.DatabaseError as error:
                damaged = file.with_name(file.name + ".damaged")
                log.warning("the journal is damaged, a new one begins", kept_as=str(damaged))
                log.debug("what SQLite says", reason=str(error))
                file.replace(damaged)
                make_private(file)
                self._database = _open(file)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"the journal {file} cannot be written ({error}): choose another --state folder"
            ) from error

    def share(self, round_number: int) -> list[bytes]:
        """What `keep_share` kept for a round: the call, then the sealed parts; empty if nothing."""
        rows = self._rows("SELECT content FROM shares WHERE round = ? ORDER BY place", round_number)
        return [content for (content,) in rows if isinstance(content, bytes)]

    def keep_share(self, round_number: int, call: bytes, sealed: Sequence[bytes]) -> None:
        """Remember a signed data transaction as the call that shares it, and its sealed parts."""
        past = round_number - _KEPT_ROUNDS
        self._write("BEGIN")
        self._write("DELETE FROM shares WHERE round <= ? OR round = ?", past, round_number)
        for place, content in enumerate((call, *sealed)):
            self._write("INSERT INTO shares VALUES (?, ?, ?)", round_number, place, content)
        self._write("COMMIT")

    def sealed_copy(self, round_number: int) -> bytes | None:
        """The sealed copy of the model last trained for a round."""
        return self._value("SELECT sealed_copy FROM models WHERE round = ?", round_number)

    def keep_sealed_copy(self, round_number: int, sealed_copy: bytes) -> None:
        """Remember the model trained for a round; a later one replaces it."""
        self._write("DELETE FROM models WHERE round <= ?", round_number - _KEPT_ROUNDS)
        self._write("INSERT OR REPLACE INTO models VALUES (?, ?)", round_number, sealed_copy)

    def part_roots(self, data_id: bytes) -> dict[int, bytes]:
        """What `keep_part_root` kept for a data transaction, by part."""
        rows = self._rows("SELECT part, root FROM part_roots WHERE data_id = ?", data_id)
        return {part: root for part, root in rows if isinstance(root, bytes)}

    def keep_part_root(self, data_id: bytes, part: int, root: bytes) -> None:
        """Remember a part's samples root; empty: the part cannot be used."""
        self._write("INSERT OR REPLACE INTO part_roots VALUES (?, ?, ?)", data_id, part, root)
        self._write(
            "DELETE FROM part_roots WHERE rowid <= (SELECT max(rowid) FROM part_roots) - ?",
            _KEPT_ROOTS,
        )

    def points(self, data_root: bytes, model_hash: bytes) -> bytes | None:
        """A model's points on the test samples of a data set, a byte each."""
        return self._value(
            "SELECT points FROM points WHERE data_root = ? AND model_hash = ?",
            data_root,
            model_hash,
        )

    def keep_points(self, data_root: bytes, model_hash: bytes, points: bytes) -> None:
        """Remember points; empty: the model is malformed. Those on other data sets are dropped."""
        self._write("DELETE FROM points WHERE data_root != ?", data_root)
        self._write("INSERT OR REPLACE INTO points VALUES (?, ?, ?)", data_root, model_hash, points)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _value(self, query: str, *values: object) -> bytes | None:
        """The bytes that a query of one column finds."""
        rows = self._rows(query, *values)
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) else None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            rows: list[tuple[Any, ...]] = self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            log.warning("the journal cannot be read", reason=str(error))
            return []
        return rows

    def _write(self, statement: str, *values: object) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            # The node goes on; after a kill it would do again what it did. Said once: a full disk
            # refuses dozens of entries a second, and logs fill disks too.
            if not self._is_failing:
                log.warning("the journal cannot be written", reason=str(error))
            self._is_failing = True
            return
        if self._is_failing and statement.startswith("INSERT"):
            log.info("the journal is written again")
            self._is_failing = False


def _open(file: Path) -> sqlite3.Connection:
    # Autocommit: each entry is a transaction of its own; the write-ahead log makes that cheap.
    # One thread uses it at a time: the one that opens and closes it may be another.
    database = sqlite3.connect(file, isolation_level=None, timeout=10.0, check_same_thread=False)
    try:
        write_ahead(database)
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_SCHEMA)
        database.execute("SELECT count(*) FROM models").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database
