"""Data sets of Hugging Face's library, saved to a folder (the extra ``datasets``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from offchain.errors import ConfigurationError
from offchain.learning.own_data.columns import Columns
from offchain.learning.own_data.found import DataFile, Found, Refusal, unreadable

MARKS: Final = ("dataset_info.json", "dataset_dict.json")
"""Files that `Dataset.save_to_disk` and `DatasetDict.save_to_disk` leave in a folder."""


@dataclass(frozen=True)
class HuggingFaceFolder(DataFile):
    """A data set that ``save_to_disk`` wrote, all its splits; classes go by their names.

    Rows are mapped from disk, not loaded. ``path`` is the folder's file that tells of a change.
    """

    path: Path
    name: str
    columns: Columns

    def read(self) -> Iterator[Found | Refusal]:
        """Yield row by row, split by split.

        Raises:
            ConfigurationError: the library is not installed.
            DataError: it is no data set, or lacks a column.
        """
        try:
            import datasets
        except ImportError as error:
            raise ConfigurationError(
                f"{self.name} needs Hugging Face's library: pip install 'modelchain[datasets]'"
            ) from error
        try:
            loaded = datasets.load_from_disk(str(self.path.parent))
            splits = loaded if isinstance(loaded, dict) else {"": loaded}
            place = 0
            for split in sorted(splits):
                rows = splits[split]
                chosen = self.columns.chosen(rows.column_names, self.name)
                for row in self._rows(rows.select_columns(list(chosen)), datasets):
                    where = f"{self.name} {split} row {place}".replace("  ", " ")
                    yield self.columns.found(place, where, row, chosen)
                    place += 1
        except (OSError, ValueError, KeyError) as error:
            raise unreadable(self.name, error) from error

    def _rows(self, rows: Any, datasets: Any) -> Iterator[dict[str, object]]:
        """Yield rows with pictures as the files that they are, and classes by name."""
        classes = {}
        for column, feature in rows.features.items():
            if isinstance(feature, datasets.Image):
                rows = rows.cast_column(column, datasets.Image(decode=False))
            elif isinstance(feature, datasets.ClassLabel) and feature.names:
                classes[column] = feature
        for row in rows:
            for column, feature in classes.items():
                number = row[column]
                if isinstance(number, int) and 0 <= number < feature.num_classes:
                    row[column] = feature.int2str(number)
            yield row
