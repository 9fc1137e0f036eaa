"""A relayer's memory on disk: what it accepted, what it signed, what it had to drop.

SQLite with a write-ahead log and full synchronisation: what `insert` or `keep` returned from is
there after the process was killed and after the power went. One process uses a file at a time.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import structlog

from offchain.chain.sending.fees import Fees
from offchain.chain.sending.outbox import Outbox, SignedTransaction
from offchain.errors import ConfigurationError, StoreError
from offchain.private_files import make_private, write_ahead

log = structlog.get_logger()

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL,
    UNIQUE (kind, name)
);
CREATE TABLE IF NOT EXISTS dropped (
    kind TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (kind, code)
);
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    nonce INTEGER NOT NULL, receiver TEXT, content BLOB NOT NULL, value TEXT NOT NULL,
    gas INTEGER NOT NULL, fee_limit TEXT NOT NULL, priority TEXT, raw BLOB NOT NULL
);
"""


class RelayerDatabase:
    """The file, open for this process alone; threads may share it.

    Args:
        file: its folder is made if it is not there. A file that is damaged is set aside.

    Raises:
        ConfigurationError: the folder cannot be written, or another relayer uses the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        try:
            make_private(file)
            try:
                self._connection = _open(file)
            except sqlite3.OperationalError:
                raise  # locked, or not writable: nothing is wrong with what it holds
            except sqlite3.DatabaseError as error:
                damaged = file.with_name(file.name + ".damaged")
                log.error(
                    "the relayer's queue is damaged: what it held is lost, a new one begins",
                    kept_as=str(damaged),
                    reason=str(error),
                )
                file.replace(damaged)
                for leftover in ("-wal", "-shm"):
                    file.with_name(file.name + leftover).unlink(missing_ok=True)
                make_private(file)
                self._connection = _open(file)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"the relayer's queue {file} cannot be used ({error}): end the other relayer that "
                "uses it, or choose another --state folder"
            ) from error

    @property
    def file(self) -> Path:
        """Where it is."""
        return self._file

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- entries -----------------------------------------------------------------------------

    def insert(self, kind: str, name: str, content: str) -> None:
        """Keep an entry; ``StoreError`` if it cannot be kept."""
        statement = "INSERT OR REPLACE INTO entries (kind, name, content) VALUES (?, ?, ?)"
        self._write(statement, [(kind, name, content)])

    def delete(self, kind: str, names: Iterable[str]) -> None:
        """Forget entries; ``StoreError`` if that cannot be written."""
        self._write(
            "DELETE FROM entries WHERE kind = ? AND name = ?", [(kind, name) for name in names]
        )

    def entries(self, kind: str) -> list[tuple[str, str]]:
        """Name and content of all entries of a kind, in the order of `insert`."""
        return self._read(
            "SELECT name, content FROM entries WHERE kind = ? ORDER BY position", kind
        )

    # ---- what was dropped --------------------------------------------------------------------

    def count_dropped(self, kind: str, code: str) -> None:
        """Count an entry that was accepted and will never be on chain, by reason."""
        statement = (
            "INSERT INTO dropped VALUES (?, ?, 1) "
            "ON CONFLICT (kind, code) DO UPDATE SET count = count + 1"
        )
        self._write(statement, [(kind, code)])

    def dropped(self) -> Mapping[str, Mapping[str, int]]:
        """How many entries were dropped, by kind and reason, since the file began."""
        found: dict[str, dict[str, int]] = {}
        for kind, code, count in self._read("SELECT kind, code, count FROM dropped ORDER BY 1, 2"):
            found.setdefault(kind, {})[code] = count
        return found

    # ---- SQLite ------------------------------------------------------------------------------

    def _write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        try:
            with self._lock, self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise StoreError(
                f"the relayer's queue {self._file} cannot be written ({error}): free space or "
                "mend its permissions"
            ) from error

    def _read(self, query: str, *values: object) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"the relayer's queue {self._file} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class DurableOutbox(Outbox):
    """The signed transactions of the relayer's account, in its database."""

    database: RelayerDatabase

    def keep(self, transaction: SignedTransaction) -> None:
        """See `Outbox.keep`; ``StoreError`` if it cannot be written: then nothing is sent."""
        fees = transaction.fees
        row = (
            transaction.nonce,
            transaction.to,
            transaction.content,
            str(transaction.value),
            transaction.gas,
            str(fees.limit),
            None if fees.priority is None else str(fees.priority),
            transaction.raw,
        )
        columns = "nonce, receiver, content, value, gas, fee_limit, priority, raw"
        self.database._write(
            f"INSERT INTO outbox ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            [row],
        )

    def waiting(self) -> list[SignedTransaction]:
        """See `Outbox.waiting`."""
        rows = self.database._read(
            "SELECT nonce, receiver, content, value, gas, fee_limit, priority, raw "
            "FROM outbox ORDER BY nonce, position"
        )
        try:
            return [
                SignedTransaction(
                    nonce=nonce,
                    to=receiver,
                    content=content,
                    value=int(value),
                    gas=gas,
                    fees=Fees(int(limit), None if priority is None else int(priority)),
                    raw=raw,
                )
                for nonce, receiver, content, value, gas, limit, priority, raw in rows
            ]
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"a signed transaction in the relayer's queue {self.database.file} is damaged: "
                "move the file away; what it held is lost"
            ) from error

    def forget(self, nonce: int) -> None:
        """See `Outbox.forget`."""
        self.database._write("DELETE FROM outbox WHERE nonce = ?", [(nonce,)])


def _open(file: Path) -> sqlite3.Connection:
    # Threads share the connection under a lock.
    connection = sqlite3.connect(file, timeout=1.0, check_same_thread=False)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
        for table in ("entries", "dropped", "outbox"):
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        # A write takes the lock that only this process then holds.
        with connection:
            connection.execute("DELETE FROM dropped WHERE count < 0")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
