"""Which columns of a file with named columns make a sample of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offchain.errors import DataError
from offchain.learning.own_data.found import Found, Refusal, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TEXT_COLUMNS: Final = ("text", "sentence", "content", "line")
IMAGE_COLUMNS: Final = ("image", "img", "picture")
LABEL_COLUMNS: Final = ("label", "labels", "class", "language")
"""Names that columns have by custom; the first one that a file has counts."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Makes samples of rows: all columns ``of_table`` by name, or one of samples and their labels.

    ``samples`` is the names that the samples' column may have, where it is no table.
    """

    of_table: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()

    def chosen(self, names: Sequence[str], file: str) -> tuple[str, ...]:
        """Return the columns that are read, samples before labels.

        Raises:
            DataError: the file lacks one; says which it has.
        """
        there = shown(", ".join(names) or "none")
        if self.of_table:
            repeated = {name for name in names if names.count(name) > 1} & set(self.of_table)
            missing = [name for name in self.of_table if name not in names]
            if missing or repeated:
                what = f"no column {missing[0]!r}" if missing else f"two columns {min(repeated)!r}"
                raise DataError(f"{file} has {what}, which the task names; it has {there}")
            return self.of_table
        pair = tuple(
            next((name for name in known if name in names), "")
            for known in (self.samples, LABEL_COLUMNS)
        )
        for name in pair:
            if names.count(name) > 1:
                raise DataError(f"{file} has two columns {name!r}; it has {there}")
        if "" in pair:
            raise DataError(
                f"{file} has the columns {there}: one named {self.samples[0]} and one named "
                f"{LABEL_COLUMNS[0]} are needed"
            )
        return pair

    def found(
        self, place: int, where: str, row: Mapping[str, object], chosen: tuple[str, ...]
    ) -> Found | Refusal:
        """Return the sample of a row, of which ``chosen`` are the columns that are read."""
        if self.of_table:
            return Found(place, where, None, row)
        content, label = (row[name] for name in chosen)
        if isinstance(label, bool) or not isinstance(label, str | int):
            return Refusal(where, "has no label" if label is None else f"its label is {label!r}")
        if isinstance(content, Mapping):
            # How Hugging Face's data sets keep pictures in Parquet files.
            content = content.get("bytes")
        if content is None:
            return Refusal(where, f"has no {chosen[0]}")
        if not isinstance(content, str | bytes) and not _is_pixels(content):
            return Refusal(where, f"its {chosen[0]} is {type(content).__name__}")
        kept: str | bytes | NDArray[np.uint8] = content  # type: ignore[assignment]
        return Found(place, where, label.strip() if isinstance(label, str) else label, kept)


def _is_pixels(content: object) -> bool:
    import numpy as np

    return isinstance(content, np.ndarray) and content.dtype == np.uint8
