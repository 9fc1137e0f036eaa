"""One table of a task file, read key by key: what is wrong is told with the key and its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from offchain.learning.task_file.words import MAXIMUM_DECIMALS, TaskFileError
from offchain.strangers.foreign_text import short_repr

Made = TypeVar("Made")

LineOf = Callable[[str], int | None]
"""From a key's path, such as ``table.columns[2].name``, to the line that it is in, from 1."""

LONGEST_LIST = 4096
"""Entries of a list in a file, at most."""


class Section:
    """The keys of one table, each read once; `finish` refuses those that nobody asked for.

    With `whole_units` numbers are whole, in units of 10^-decimals, as in the canonical form. Else
    they are decimal numbers as people write them.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        path: str = "",
        line_of: LineOf = lambda _: None,
        whole_units: bool = False,
    ) -> None:
        self._values = values
        self._path = path
        self._line_of = line_of
        self._whole_units = whole_units
        self._read: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a `default` it must be there."""
        value = self._value(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"is {short_repr(value)}, no text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "is no list of texts")
        return tuple(str(value) for value in values)

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a whole number; without a `default` it must be there."""
        value = self._value(key, default)
        # bool is an int in Python.
        if type(value) is not int:
            raise self.error(key, f"is {short_repr(value)}, no whole number")
        if abs(value) >= 1 << 63:
            raise self.error(key, "is beyond 64 bits")
        return value

    def number(self, key: str, decimals: int) -> int:
        """Return a number in units of 10^-`decimals`, of which it must be a multiple."""
        if self._whole_units:
            return self.whole(key)
        value = self._value(key, None)
        if not 0 <= decimals <= MAXIMUM_DECIMALS:
            return 0  # whoever asks refuses the decimals
        if not isinstance(value, Decimal):
            whole: int = self.whole(key) * 10**decimals
            return whole
        if not value.is_finite() or abs(value) >= Decimal(1 << 63):
            raise self.error(key, f"is {value}, no number that can be")
        scaled = value.scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise self.error(key, f"is {value}: decimals is {decimals}, it has more")
        return int(scaled)

    def section(self, key: str) -> Section:
        """Return the table that a key holds."""
        value = self._value(key, None)
        if not isinstance(value, Mapping):
            raise self.error(key, "is no table")
        return Section(value, self.path(key), self._line_of, self._whole_units)

    def sections(self, key: str) -> list[Section]:
        """Return the list of tables that a key holds."""
        found = []
        for place, value in enumerate(self._list(key)):
            if not isinstance(value, Mapping):
                raise self.error(key, "is no list of tables")
            path = f"{self.path(key)}[{place}]"
            found.append(Section(value, path, self._line_of, self._whole_units))
        return found

    def made(self, make: Callable[[], Made]) -> Made:
        """Return what `make` makes of this table once nothing of it is left over.

        Raises:
            TaskFileError: as `make` did, with this table's name and line in front.
        """
        self.finish()
        try:
            return make()
        except TaskFileError as error:
            raise TaskFileError(f"{self._where(self._path)}{error}") from error

    def finish(self) -> None:
        """Raise `TaskFileError` if the table has a key that was not read."""
        unknown = sorted(set(self._values) - self._read)
        if unknown:
            raise self.error(unknown[0], "is none of the keys that can be here")

    def error(self, key: str, reason: str) -> TaskFileError:
        """The error that says what is wrong with a key's value."""
        path = self.path(key)
        return TaskFileError(f"{self._where(path, named=False)}{path} {reason}")

    def path(self, key: str) -> str:
        """The key with the tables that it is in."""
        shown = key[:64] if key.isprintable() else repr(key[:64])
        return f"{self._path}.{shown}" if self._path else shown

    def _where(self, path: str, *, named: bool = True) -> str:
        line = self._line_of(path)
        parts = [] if line is None else [f"line {line}"]
        if named and path:
            parts.append(path)
        return f"{', '.join(parts)}: " if parts else ""

    def _value(self, key: str, default: object) -> object:
        self._read.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise TaskFileError(f"{self._where(self._path)}{key} is missing")
        return value

    def _list(self, key: str) -> list[object]:
        value = self._value(key, None)
        if not isinstance(value, list):
            raise self.error(key, "is no list")
        if len(value) > LONGEST_LIST:
            raise self.error(key, f"has {len(value)} entries, at most {LONGEST_LIST} are read")
        return value
