"""Parquet files, read in batches of rows with PyArrow (the extra ``parquet``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.errors import ConfigurationError
from offchain.learning.own_data.columns import Columns
from offchain.learning.own_data.found import DataFile, Found, Refusal, unreadable

PARQUET_SUFFIXES: Final = frozenset({".parquet"})
_BATCH: Final = 16
"""Rows in memory at once: a dictionary lets each of them be as long as its longest entry."""


@dataclass(frozen=True)
class ParquetFile(DataFile):
    """Rows with named columns; pictures may be structures with the file in ``bytes``."""

    path: Path
    name: str
    columns: Columns

    def read(self) -> Iterator[Found | Refusal]:
        """Yield row by row.

        Raises:
            ConfigurationError: PyArrow is not installed.
            DataError: the file is no Parquet file, or lacks a column.
        """
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise ConfigurationError(
                f"{self.name} needs PyArrow: pip install 'modelchain[parquet]'"
            ) from error
        try:
            with parquet.ParquetFile(self.path) as file:
                chosen = self.columns.chosen(file.schema_arrow.names, self.name)
                place = 0
                for batch in file.iter_batches(batch_size=_BATCH, columns=list(chosen)):
                    for row in batch.to_pylist():
                        where = f"{self.name} row {place}"
                        yield self.columns.found(place, where, row, chosen)
                        place += 1
        except (pyarrow.ArrowException, OSError, ValueError, ArithmeticError, KeyError) as error:
            # Moments that Python has no word for, time zones that this machine does not know.
            raise unreadable(self.name, error) from error
