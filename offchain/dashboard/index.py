"""The index: views of the chain as JSON in SQLite, so that a page needs no chain to be read.

One writer follows the chain, any number of readers look. What may still change (the rounds that go
on, and those whose rewards were claimed) is written again each time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from offchain.chain.reading.gas import UsedGas
from offchain.errors import ConfigurationError
from offchain.ports import BlockPoint
from offchain.private_files import make_private

VERSION: Final = 2
"""Of the tables: an index of another version is made anew."""

GAS_POINTS: Final = 64
"""EVM blocks by whose hashes it is found which gas a fork took back: two epochs of Ethereum."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS blocks (
    number INTEGER PRIMARY KEY, points INTEGER, previous INTEGER, most INTEGER NOT NULL,
    quiet INTEGER NOT NULL, form TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rounds (number INTEGER PRIMARY KEY, form TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS data (
    round INTEGER, number INTEGER, form TEXT NOT NULL, PRIMARY KEY (round, number));
CREATE TABLE IF NOT EXISTS accounts (
    account TEXT PRIMARY KEY, place INTEGER NOT NULL, form TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS courses (
    account TEXT, round INTEGER, heat INTEGER NOT NULL, earned TEXT NOT NULL,
    PRIMARY KEY (account, round));
CREATE TABLE IF NOT EXISTS gas (
    evm_block INTEGER NOT NULL, round INTEGER NOT NULL, function TEXT NOT NULL,
    gas INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS gas_by_round ON gas (round, function, gas);
CREATE INDEX IF NOT EXISTS gas_by_block ON gas (evm_block);
CREATE TABLE IF NOT EXISTS gas_points (evm_block INTEGER PRIMARY KEY, hash BLOB NOT NULL);
"""

Form = dict[str, Any]
"""A view's JSON form."""


@dataclass(frozen=True, slots=True)
class Score:
    """A block in the accuracy chart; points of at most ``most``, None where there is no model."""

    number: int
    points: int | None
    previous: int | None
    most: int
    quiet: bool


@dataclass(frozen=True, slots=True)
class Course:
    """An account at the end of a round."""

    round: int
    heat: int
    earned: int


@dataclass(frozen=True, slots=True)
class FunctionGas:
    """What the transactions of one function used together."""

    function: str
    transactions: int
    gas: int


@dataclass(frozen=True, slots=True)
class RoundGas:
    """What all transactions of a round used together."""

    round: int
    gas: int


class Index:
    """The index in a file, made if it is not there.

    Args:
        file: where it is; one of another deployment or version is emptied.
        deployment: what tells deployments apart.

    Raises:
        ConfigurationError: the file cannot be used.
    """

    def __init__(self, file: Path, deployment: str) -> None:
        self._file = file
        try:
            make_private(file)
            with self.writing() as index:
                index.prepare(f"{VERSION} {deployment}")
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"the index {file} cannot be used ({error}): choose another --state folder"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Write: all of it appears, or nothing."""
        with closing(self._connect()) as connection, connection:
            yield Writer(connection)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Read, at one moment."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield Reader(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=30.0)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


class Writer:
    """Writes to the index within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def prepare(self, mark: str) -> None:
        """Make the tables; empty them where another mark is on them."""
        self._connection.executescript(_TABLES)
        row = self._connection.execute("SELECT value FROM facts WHERE name = 'mark'").fetchone()
        if row is None or json.loads(row[0]) != mark:
            self.empty()
            self.forget_gas(-1)
            self.fact("mark", mark)

    def empty(self) -> None:
        """Forget everything but the mark and gas, which is not read anew each time."""
        for table in ("blocks", "rounds", "data", "accounts", "courses"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  (a name of ours)
        self._connection.execute("DELETE FROM facts WHERE name != 'mark'")

    def fact(self, name: str, value: object) -> None:
        """Set a fact, anything that JSON has."""
        self._connection.execute(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value))
        )

    def block(self, form: Form, most: int) -> None:
        """Write a block; ``most`` points could be had on its samples."""
        self._connection.execute(
            "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
            (
                form["number"],
                form["points"],
                form["previous_points"],
                most,
                form["quiet"],
                json.dumps(form),
            ),
        )

    def round(self, form: Form) -> None:
        """Write a round."""
        self._connection.execute(
            "INSERT OR REPLACE INTO rounds VALUES (?, ?)", (form["number"], json.dumps(form))
        )

    def data(self, forms: Iterable[Form]) -> None:
        """Write data transactions."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO data VALUES (?, ?, ?)",
            ((form["round"], form["index"], json.dumps(form)) for form in forms),
        )

    def accounts(self, forms: Sequence[Form]) -> None:
        """Write all accounts, in order."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)",
            ((form["account"], place, json.dumps(form)) for place, form in enumerate(forms)),
        )

    def course(self, account: str, rounds: Iterable[Course]) -> None:
        """Write an account's heat and earnings of some rounds."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO courses VALUES (?, ?, ?, ?)",
            ((account, one.round, one.heat, str(one.earned)) for one in rounds),
        )

    def gas(self, used: Iterable[UsedGas], through: BlockPoint) -> None:
        """Add the gas of transactions, each with its round, up to an EVM block."""
        self._connection.executemany(
            "INSERT INTO gas VALUES (?, ?, ?, ?)",
            ((one.evm_block, one.round, one.function, one.gas) for one in used),
        )
        self._connection.execute(
            "INSERT INTO gas_points VALUES (?, ?)", (through.number, through.hash)
        )
        self._connection.execute(
            "DELETE FROM gas_points WHERE evm_block NOT IN "
            "(SELECT evm_block FROM gas_points ORDER BY evm_block DESC LIMIT ?)",
            (GAS_POINTS,),
        )

    def forget_gas(self, after: int) -> None:
        """Forget the gas of EVM blocks after one."""
        for table in ("gas", "gas_points"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE evm_block > ?",  # noqa: S608  (a name of ours)
                (after,),
            )


class Reader:
    """Reads the index at one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fact(self, name: str) -> Any:
        """A fact; None where it is not there."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def block(self, number: int) -> Form | None:
        """A block by number."""
        return self._one("SELECT form FROM blocks WHERE number = ?", number)

    def round(self, number: int) -> Form | None:
        """A round by number."""
        return self._one("SELECT form FROM rounds WHERE number = ?", number)

    def datum(self, round_number: int, number: int) -> Form | None:
        """A data transaction by its round and number."""
        return self._one(
            "SELECT form FROM data WHERE round = ? AND number = ?", round_number, number
        )

    def data_of(self, round_number: int) -> list[Form]:
        """A round's data transactions."""
        return self._many("SELECT form FROM data WHERE round = ? ORDER BY number", round_number)

    def account(self, account: str) -> Form | None:
        """An account by address."""
        return self._one("SELECT form FROM accounts WHERE account = ?", account)

    def accounts(self) -> list[Form]:
        """All accounts."""
        return self._many("SELECT form FROM accounts ORDER BY place")

    def newest_blocks(self, below: int, count: int) -> list[Form]:
        """Blocks with numbers below one, newest first."""
        return self._many(
            "SELECT form FROM blocks WHERE number < ? ORDER BY number DESC LIMIT ?", below, count
        )

    def head(self) -> int:
        """Number of the last block; 0: there is none."""
        return int(
            self._connection.execute("SELECT coalesce(max(number), 0) FROM blocks").fetchone()[0]
        )

    def last_round(self) -> int:
        """Number of the round that collects; 0: none opened."""
        return int(
            self._connection.execute("SELECT coalesce(max(number), 0) FROM rounds").fetchone()[0]
        )

    def scores(self, most: int) -> list[Score]:
        """Blocks for the accuracy chart: all, or evenly spaced ones, the last always among them."""
        head = self.head()
        step = max(1, -(-head // most))
        rows = self._connection.execute(
            "SELECT number, points, previous, most, quiet FROM blocks "
            "WHERE (? - number) % ? = 0 ORDER BY number",
            (head, step),
        )
        return [Score(number, p, previous, m, bool(q)) for number, p, previous, m, q in rows]

    def course(self, account: str, most: int) -> list[Course]:
        """An account over the last rounds, oldest first."""
        rows = self._connection.execute(
            "SELECT round, heat, earned FROM courses WHERE account = ? ORDER BY round DESC LIMIT ?",
            (account, most),
        ).fetchall()
        return [Course(number, heat, int(earned)) for number, heat, earned in reversed(rows)]

    def gas_of(self, round_number: int) -> list[FunctionGas]:
        """A round's gas by function, the dearest first."""
        rows = self._connection.execute(
            "SELECT function, count(*), sum(gas) AS used FROM gas WHERE round = ? "
            "GROUP BY function ORDER BY used DESC, function",
            (round_number,),
        )
        return [FunctionGas(*row) for row in rows]

    def gas_by_round(self, first: int, last: int) -> list[RoundGas]:
        """Gas of rounds with all that was claimed for them so far, in order."""
        rows = self._connection.execute(
            "SELECT round, sum(gas) FROM gas WHERE round BETWEEN ? AND ? "
            "GROUP BY round ORDER BY round",
            (first, last),
        )
        return [RoundGas(*row) for row in rows]

    def gas_points(self) -> list[BlockPoint]:
        """EVM blocks that gas was read up to, the last first."""
        rows = self._connection.execute("SELECT * FROM gas_points ORDER BY evm_block DESC")
        return [BlockPoint(*row) for row in rows]

    def _one(self, query: str, *arguments: object) -> Form | None:
        row = self._connection.execute(query, arguments).fetchone()
        return None if row is None else json.loads(row[0])

    def _many(self, query: str, *arguments: object) -> list[Form]:
        return [json.loads(row[0]) for row in self._connection.execute(query, arguments)]
