"""Makes rows fit a task of tables: numbers in whole units, categories and classes by number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import numpy as np

from offchain.learning.formats.samples import TableRows
from offchain.learning.own_data.found import Found, in_form, shown
from offchain.learning.own_data.labels import named
from offchain.learning.own_data.prepared import (
    Change,
    Observer,
    Preparation,
    Prepared,
    RefusedSample,
)
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
)

NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
"""A decimal number as files have it."""

OTHER_VALUES: Final = (bytes, list, tuple, dict)
"""What columns of Parquet files and arrays may hold that no task has."""

_LONGEST_NUMBER: Final = 64


class RowPreparation(Preparation):
    """Rows of a table: its columns and its target by name. Other columns are left out."""

    repeats = True

    def __init__(self, table: TableSamples) -> None:
        self._table = table
        self._is_class = isinstance(table.target, ClassTarget)
        if isinstance(table.target, ClassTarget):
            self.labels = table.target.classes

    def prepare(self, found: Found) -> Prepared:
        """Return the row in the task's units; `RefusedSample` names the column that is wrong."""
        row = found.content
        if not isinstance(row, Mapping):
            raise RefusedSample("is no row of a table")
        changes: set[Change] = set()
        values = [
            _whole(row.get(column.name), column, changes)
            for column in (*self._table.columns, self._table.target)
        ]
        record = np.array(values, ">i4").tobytes()
        label = values[-1] if self._is_class else None
        return Prepared(record, label, values, frozenset(changes))

    def observer(self) -> Observer:
        """Return what finds columns that hardly vary."""
        return RowObserver(self._table)

    def gather(self, prepared: Sequence[Prepared]) -> TableRows:
        """Return rows with their targets."""
        values = np.array([one.value for one in prepared], np.int32)
        values = values.reshape(len(prepared), len(self._table.columns) + 1)
        return TableRows(values[:, :-1].copy(), values[:, -1].copy())


class RowObserver(Observer):
    """Finds columns that have one value in all rows, where others' rows may have another."""

    def __init__(self, table: TableSamples) -> None:
        self._columns = table.columns
        self._first: list[int] | None = None
        self._varies = [False] * len(table.columns)
        self._rows = 0

    def see(self, sample: Prepared) -> None:
        """Compare a row with the first one."""
        self._rows += 1
        if self._first is None:
            self._first = sample.value
            return
        for number, first in enumerate(self._first[: len(self._varies)]):
            self._varies[number] |= sample.value[number] != first

    def findings(self) -> list[str]:
        """Name the columns that do not vary."""
        if self._rows < 2 or self._first is None:
            return []
        still = [
            column.name
            for column, varies in zip(self._columns, self._varies, strict=True)
            if not varies
        ]
        return [f"all rows have one value in {named(still)}"] if still else []


def _whole(
    value: object,
    column: NumberColumn | CategoryColumn | NumberTarget | ClassTarget,
    changes: set[Change],
) -> int:
    if value is None or value == "":
        raise RefusedSample(f"has nothing in {column.name}")
    if isinstance(value, OTHER_VALUES):
        raise RefusedSample(f"{column.name} is {type(value).__name__}, neither number nor text")
    match column:
        case CategoryColumn(categories=names) | ClassTarget(classes=names):
            text = in_form(str(value).lower() if isinstance(value, bool) else str(value))
            if text not in names:
                raise RefusedSample(
                    f"{column.name} is {shown(text)!r}, none of the task's: {named(names)}"
                )
            return names.index(text)
        case _:
            return _in_units(value, column, changes)


def _in_units(value: object, column: NumberColumn | NumberTarget, changes: set[Change]) -> int:
    text = repr(value) if isinstance(value, float) else str(value)
    if isinstance(value, bool) or len(text) > _LONGEST_NUMBER or not NUMBER.fullmatch(text):
        raise RefusedSample(f"{column.name} is {shown(text)!r}, no number")
    exact = Decimal(text).scaleb(column.decimals)
    whole = exact.to_integral_value(ROUND_HALF_EVEN)
    if not column.lowest <= whole <= column.highest:
        lowest, highest = (in_decimals(end, column) for end in (column.lowest, column.highest))
        raise RefusedSample(f"{column.name} is {shown(text)}, the task takes {lowest} to {highest}")
    if whole != exact:
        changes.add(Change.ROUNDED)
    return int(whole)


def in_decimals(value: int, column: NumberColumn | NumberTarget) -> str:
    """Return a number of whole units as people write it."""
    return f"{Decimal(value).scaleb(-column.decimals):f}"
