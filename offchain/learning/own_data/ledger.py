"""What of a node's own data waits, and what was drawn for which round: kept over restarts.

Every sample is known by a hash of what it is, not by its file: renamed and copied files change
nothing. What was drawn for a round is written down with the payloads in one step, so that after a
kill at any moment the same round gives the same bytes, and no sample is drawn twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from offchain.errors import ConfigurationError
from offchain.private_files import make_private, write_ahead

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, size INTEGER, changed INTEGER
);
CREATE TABLE IF NOT EXISTS samples (
    id BLOB, file INTEGER, place INTEGER, rank INTEGER, PRIMARY KEY (id, file)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_of_file ON samples (file);
CREATE TABLE IF NOT EXISTS drawn (id BLOB PRIMARY KEY, round INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS drawn_for ON drawn (round);
CREATE TABLE IF NOT EXISTS rounds (round INTEGER PRIMARY KEY, given_out INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS payloads (
    round INTEGER, part INTEGER, content BLOB NOT NULL, PRIMARY KEY (round, part)
);
"""

KEPT_ROUNDS: Final = 3
"""Rounds whose payloads are kept: the collecting one, the competing one, and one before."""

_WAITING: Final = "NOT EXISTS (SELECT 1 FROM drawn WHERE drawn.id = samples.id)"


@dataclass(frozen=True, slots=True)
class Listed:
    """A sample in the ledger: what it is known by, where it was found, its place in the draw."""

    id: bytes
    file: str
    place: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Samples that wait, and those that were drawn for a round."""

    waiting: int
    drawn: int


class Ledger:
    """The ledger of one node on one deployment; see the module.

    Args:
        file: the SQLite file; its folder is made if it is not there.

    Raises:
        ConfigurationError: it cannot be written, or is damaged. A new one is never begun by itself:
            it would share again what the old one knows to be shared.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            make_private(file)
            # The loop's thread draws, the one that started it prepares and closes.
            self._database = sqlite3.connect(
                file, isolation_level=None, timeout=10.0, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"the ledger {file} cannot be written ({error}): choose another --state folder"
            ) from error
        with self._checked():
            write_ahead(self._database)
            # What was drawn must be known after a power cut too.
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
            self._database.execute("SELECT count(*) FROM rounds").fetchone()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write down all or nothing of what is written within; one step is much the quickest."""
        with self._transaction():
            yield

    def copied_to(self, file: Path) -> Ledger:
        """Return a copy, for whoever only wants to look."""
        copy = Ledger(file)
        with self._checked():
            self._database.backup(copy._database)
        return copy

    # ---- files -------------------------------------------------------------------------------

    def knows(self, path: str, fingerprint: tuple[int, int]) -> bool:
        """Whether a file was listed as it is now."""
        query = "SELECT size, changed FROM files WHERE path = ?"
        return self._rows(query, path) == [fingerprint]

    def list_file(
        self,
        path: str,
        fingerprint: tuple[int, int],
        samples: Iterable[tuple[bytes, int, int]],
    ) -> None:
        """Write down a file's samples (id, place, rank from -2^63 on) in place of earlier ones."""
        with self._transaction():
            self._forget(path)
            cursor = self._database.execute(
                "INSERT INTO files (path, size, changed) VALUES (?, ?, ?)", (path, *fingerprint)
            )
            number = cursor.lastrowid
            self._database.executemany(
                "INSERT OR IGNORE INTO samples VALUES (?, ?, ?, ?)",
                ((id_, number, place, rank) for id_, place, rank in samples),
            )

    def forget_others(self, paths: Iterable[str]) -> None:
        """Forget the files that are none of `paths`; what was drawn from them stays known."""
        with self._transaction():
            self._database.execute("CREATE TEMP TABLE IF NOT EXISTS there (path TEXT PRIMARY KEY)")
            self._database.execute("DELETE FROM there")
            self._database.executemany(
                "INSERT OR IGNORE INTO there VALUES (?)", ((path,) for path in paths)
            )
            gone = self._rows("SELECT path FROM files WHERE path NOT IN (SELECT path FROM there)")
            for (path,) in gone:
                self._forget(path)

    def forget_file(self, path: str) -> None:
        """Forget a file, to list it anew."""
        with self._transaction():
            self._forget(path)

    def _forget(self, path: str) -> None:
        for (number,) in self._rows("SELECT number FROM files WHERE path = ?", path):
            self._database.execute("DELETE FROM samples WHERE file = ?", (number,))
            self._database.execute("DELETE FROM files WHERE number = ?", (number,))

    # ---- samples -----------------------------------------------------------------------------

    def counts(self) -> Counts:
        """How many samples wait, each counted once, and how many were drawn."""
        [(waiting,)] = self._rows(f"SELECT count(DISTINCT id) FROM samples WHERE {_WAITING}")  # noqa: S608
        [(drawn,)] = self._rows("SELECT count(*) FROM drawn")
        return Counts(waiting, drawn)

    def first_waiting(self, count: int) -> list[Listed]:
        """The `count` samples that are next, by rank; fewer if fewer wait."""
        query = (
            "SELECT chosen.id, files.path, chosen.place FROM "  # noqa: S608  (no foreign text)
            f"(SELECT id, min(file) AS file, place, rank FROM samples WHERE {_WAITING} "
            "GROUP BY id ORDER BY rank, id LIMIT ?) AS chosen JOIN files ON files.number = "
            "chosen.file ORDER BY chosen.rank, chosen.id"
        )
        return [Listed(id_, path, place) for id_, path, place in self._rows(query, count)]

    # ---- rounds ------------------------------------------------------------------------------

    def is_known(self, round_number: int) -> bool:
        """Whether something was drawn for a round, and not taken back."""
        return bool(self._rows("SELECT 1 FROM rounds WHERE round = ?", round_number))

    def last_round(self) -> int:
        """The last round that something was drawn for; 0: none."""
        [(last,)] = self._rows("SELECT max(round) FROM rounds")
        return int(last or 0)

    def keeps_payloads(self, round_number: int) -> bool:
        """Whether the payloads that were drawn for a round are kept."""
        return bool(self._rows("SELECT 1 FROM payloads WHERE round = ? LIMIT 1", round_number))

    def payloads(self, round_number: int) -> list[bytes]:
        """The payloads that were drawn for a round, by part; empty if none are kept."""
        query = "SELECT content FROM payloads WHERE round = ? ORDER BY part"
        return [content for (content,) in self._rows(query, round_number)]

    def keep_draw(self, round_number: int, ids: Sequence[bytes], payloads: Sequence[bytes]) -> None:
        """Write down in one step what a round was given."""
        with self._transaction():
            self._database.execute("INSERT INTO rounds VALUES (?, 0)", (round_number,))
            self._database.executemany(
                "INSERT INTO drawn VALUES (?, ?)", ((id_, round_number) for id_ in ids)
            )
            self._database.executemany(
                "INSERT INTO payloads VALUES (?, ?, ?)",
                ((round_number, part, content) for part, content in enumerate(payloads)),
            )
            self._database.execute(
                "DELETE FROM payloads WHERE round <= ?", (round_number - KEPT_ROUNDS,)
            )

    def give_out(self, round_number: int) -> None:
        """Write down that the keys of a round's data are given out: they are shared for good."""
        with self._transaction():
            self._database.execute(
                "UPDATE rounds SET given_out = 1 WHERE round = ?", (round_number,)
            )

    def take_back(self, before_round: int) -> int:
        """Let wait again what was drawn for earlier rounds whose keys were never given out.

        Returns how many samples that are.
        """
        query = "SELECT round FROM rounds WHERE round < ? AND NOT given_out"
        passed = self._rows(query, before_round)
        returned = 0
        with self._transaction():
            for (number,) in passed:
                cursor = self._database.execute("DELETE FROM drawn WHERE round = ?", (number,))
                returned += cursor.rowcount
                self._database.execute("DELETE FROM payloads WHERE round = ?", (number,))
                self._database.execute("DELETE FROM rounds WHERE round = ?", (number,))
        return returned

    # ---- SQLite ------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._checked():
            rows: list[tuple[Any, ...]] = self._database.execute(query, values).fetchall()
        return rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._database.in_transaction:
            yield
            return
        with self._checked():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Translate SQLite's errors."""
        try:
            yield
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"the ledger {self._file} cannot be used ({error}): it knows what was shared, so "
                "that nothing is shared twice; bring it back from a copy, or share other data"
            ) from error
