"""Proposes what a table's rows are: ranges of numbers, categories, and what is to be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Final

from offchain.errors import DataError
from offchain.learning.own_data.columns import Columns
from offchain.learning.own_data.csv_file import CSV_SUFFIXES, CsvFile
from offchain.learning.own_data.discovery import entries_of
from offchain.learning.own_data.found import DataFile, Found, in_one_line, shown
from offchain.learning.own_data.parquet import PARQUET_SUFFIXES, ParquetFile
from offchain.learning.own_data.rows import NUMBER, OTHER_VALUES
from offchain.learning.proposing.labels import ordered_labels
from offchain.learning.task_file.words import (
    CATEGORIES,
    COLUMNS,
    LARGEST_VALUE,
    MAXIMUM_DECIMALS,
    CategoryColumn,
    ClassTarget,
    Column,
    NumberColumn,
    NumberTarget,
    TableSamples,
    Target,
)

ROOM: Final = Decimal("0.1")
"""Part of its range that a number gets on either side: others' rows are not these."""

MOST_TEXTS: Final = 256
"""Of a column that are kept, and one more: no task has so many categories or classes."""

FEW_CLASSES: Final = 20
"""Whole numbers of a target with at most so many values are taken for classes."""


_NOTHING: Final = frozenset({"", "nan", "inf", "+inf", "-inf"})
"""What stands where there is no number; a row with it is refused when it is shared."""


class EveryColumn(Columns):
    """Reads rows with all columns that a file has."""

    def chosen(self, names: Sequence[str], file: str) -> tuple[str, ...]:
        """Return all columns; `DataError` if one has no name or another's."""
        if not names or "" in names or len(set(names)) != len(names):
            raise DataError(f"{file}: its first line must name all columns, each differently")
        return tuple(names)

    def found(self, place: int, where: str, row: object, chosen: tuple[str, ...]) -> Found:
        """Return a row as it is."""
        del chosen
        assert isinstance(row, dict)  # noqa: S101  (what both readers give)
        return Found(place, where, None, row)


def rows_of(path: Path) -> Iterator[DataFile]:
    """Yield the files with named columns at a path, which is one or a folder of them."""
    files = [path] if path.is_file() else [one for one in entries_of(path) if one.is_file()]
    for file in files:
        if file.suffix.lower() in CSV_SUFFIXES:
            yield CsvFile(file, in_one_line(file.name), EveryColumn())
        elif file.suffix.lower() in PARQUET_SUFFIXES:
            yield ParquetFile(file, in_one_line(file.name), EveryColumn())


@dataclass(slots=True)
class Seen:
    """What a column's values are: numbers with a range, or texts, of which some are kept.

    ``no_number`` is the first one that is none, ``other`` what values are called that are no texts.
    """

    lowest: Decimal | None = None
    highest: Decimal | None = None
    decimals: int = 0
    is_number: bool = True
    no_number: str = ""
    other: str = ""
    texts: set[str] = field(default_factory=set)

    def see(self, value: object) -> None:
        """Look at one value; what is empty tells nothing."""
        if isinstance(value, OTHER_VALUES):
            self.other = type(value).__name__
            return
        text = repr(value) if isinstance(value, float) else str(value).strip()
        if value is None or text.lower() in _NOTHING:
            return
        if isinstance(value, bool):
            text = text.lower()
        if len(self.texts) <= MOST_TEXTS:
            self.texts.add(text)
        if isinstance(value, bool) or not NUMBER.fullmatch(text):
            self.is_number, self.no_number = False, self.no_number or text
            return
        number = Decimal(text)
        exponent = number.normalize().as_tuple().exponent
        self.decimals = max(self.decimals, -exponent if isinstance(exponent, int) else 0)
        self.lowest = number if self.lowest is None else min(self.lowest, number)
        self.highest = number if self.highest is None else max(self.highest, number)


def propose_table(files: Iterable[DataFile], target: str | None) -> TableSamples:
    """Return the words for the rows in some files.

    Columns of numbers get a tenth of their range more on either side, others are categories. What
    is to be told is the column `target`, else the last one: classes where it holds texts or few
    whole numbers, else a number with a tenth of its range as tolerance.

    Raises:
        DataError: there are no rows, no such column, or a column that no task can have.
    """
    seen: dict[str, Seen] = {}
    rows = 0
    for file in files:
        for item in file.read():
            if isinstance(item, Found) and isinstance(item.content, dict):
                rows += 1
                for name, value in item.content.items():
                    seen.setdefault(name, Seen()).see(value)
    if not rows:
        raise DataError("there are no rows: CSV, TSV and Parquet files with named columns are read")
    wanted = target if target is not None else list(seen)[-1]
    if wanted not in seen:
        raise DataError(f"no column is named {shown(wanted)!r}: there are {', '.join(seen)}")
    for name, one in seen.items():
        if one.other:
            raise DataError(
                f"column {shown(name)} holds {one.other}, neither numbers nor texts: leave it out "
                "of the file"
            )
    columns = tuple(_column(name, one) for name, one in seen.items() if name != wanted)
    if not COLUMNS[0] <= len(columns) <= COLUMNS[1]:
        raise DataError(
            f"{len(columns)} columns beside the target: a task has {COLUMNS[0]} to {COLUMNS[1]}"
        )
    return TableSamples(columns, _target(wanted, seen[wanted]))


def _column(name: str, seen: Seen) -> Column:
    if seen.is_number and seen.lowest is not None:
        lowest, highest, decimals = _range(name, seen, ROOM)
        return NumberColumn(name, lowest, highest, decimals)
    if not CATEGORIES[0] <= len(seen.texts) <= CATEGORIES[1]:
        mend = "leave the column out of the file"
        if seen.lowest is not None:
            mend = f"mend {shown(seen.no_number)!r}, which is no number, or {mend}"
        count = f"more than {MOST_TEXTS}" if len(seen.texts) > MOST_TEXTS else len(seen.texts)
        raise DataError(
            f"column {shown(name)} holds {count} different texts: a category has "
            f"{CATEGORIES[0]} to {CATEGORIES[1]}; {mend}"
        )
    return CategoryColumn(name, ordered_labels(seen.texts, f"categories of {name}"))


def _target(name: str, seen: Seen) -> Target:
    if not seen.is_number or (not seen.decimals and len(seen.texts) <= FEW_CLASSES):
        return ClassTarget(name, ordered_labels(seen.texts, f"classes of {name}"))
    lowest, highest, decimals = _range(name, seen, ROOM)
    return NumberTarget(name, lowest, highest, decimals, "", max(1, (highest - lowest) // 10))


def _range(name: str, seen: Seen, room: Decimal) -> tuple[int, int, int]:
    """The range with `room` on either side, in units of 10^-decimals that 31 bits hold."""
    assert seen.lowest is not None and seen.highest is not None  # noqa: PT018, S101
    decimals = min(seen.decimals, MAXIMUM_DECIMALS)
    more = (seen.highest - seen.lowest) * room
    # What is never below zero here is likely never below it.
    least = seen.lowest - more
    if seen.lowest >= 0 and least < 0:
        least = Decimal(0)
    most = seen.highest + more
    while decimals and max(abs(least), abs(most)).scaleb(decimals) > LARGEST_VALUE:
        decimals -= 1
    lowest = int(least.scaleb(decimals).to_integral_value(ROUND_FLOOR))
    highest = int(most.scaleb(decimals).to_integral_value(ROUND_CEILING))
    if max(abs(lowest), abs(highest)) > LARGEST_VALUE:
        raise DataError(
            f"column {shown(name)} reaches {seen.highest}: at most {LARGEST_VALUE} can be"
        )
    return lowest, max(highest, lowest + 1), decimals
