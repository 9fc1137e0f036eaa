"""CSV and TSV files: named columns in the first line, a sample in every other one (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from offchain.errors import DataError
from offchain.learning.own_data.columns import Columns
from offchain.learning.own_data.found import DataFile, Found, Refusal, in_form, shown, unreadable

CSV_SUFFIXES: Final = frozenset({".csv", ".tsv"})

MAXIMUM_ROW: Final = 1 << 20
"""Characters of a row, the first line among them: so much is in memory at a time."""

_NO_TEXT: Final = "is no text in UTF-8: save the file as UTF-8"


@dataclass(frozen=True)
class CsvFile(DataFile):
    """Rows of a file in UTF-8; one that is in another encoding is refused.

    Fields are separated by tabs in .tsv, else by commas, or by semicolons where the first line has
    no comma.
    """

    path: Path
    name: str
    columns: Columns

    def read(self) -> Iterator[Found | Refusal]:
        """Yield row by row; one with another number of fields than the first line is refused."""
        line = 1
        try:
            with self.path.open(
                encoding="utf-8-sig", errors="surrogateescape", newline=""
            ) as stream:
                first = stream.readline(MAXIMUM_ROW)
                stream.seek(0)
                lines = _RowLines(stream)
                rows = csv.reader(lines, delimiter=self._delimiter(first), strict=True)
                header = [in_form(name) for name in next(rows, [])]
                if not _is_text(header):
                    raise DataError(f"{self.name} {_NO_TEXT}")
                chosen = self.columns.chosen(header, self.name)
                lines.room = MAXIMUM_ROW
                for place, row in enumerate(rows):
                    lines.room = MAXIMUM_ROW
                    line = rows.line_num
                    where = f"{self.name} line {line}"
                    if not row:
                        continue
                    if not _is_text(row):
                        yield Refusal(where, _NO_TEXT)
                        continue
                    if len(row) != len(header):
                        yield Refusal(where, f"has {len(row)} fields, the first line {len(header)}")
                        continue
                    named = dict(zip(header, row, strict=True))
                    yield self.columns.found(
                        place, where, {name: named[name].strip() for name in chosen}, chosen
                    )
        except csv.Error as error:
            raise DataError(f"{self.name} line {line + 1}: {shown(error)}") from error
        except OSError as error:
            raise unreadable(self.name, error) from error

    def _delimiter(self, first: str) -> str:
        if self.path.suffix.lower() == ".tsv":
            return "\t"
        return ";" if ";" in first and "," not in first else ","


def _is_text(row: list[str]) -> bool:
    """Whether a row that was read with surrogates in place of other bytes has none."""
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return False
    return True


class _RowLines:
    """A file's lines, of which one row may take `MAXIMUM_ROW` characters: quoted it has several.

    ``room`` is what is left to the row; whoever has read one sets it again.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.room = MAXIMUM_ROW

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(self.room + 1)
        if not line:
            raise StopIteration
        self.room -= len(line)
        if self.room < 0:
            raise csv.Error(f"a row of more than {MAXIMUM_ROW} characters")
        return line
