"""Which kind of samples a file or folder holds, and a task file that takes them.

A proposal is for people to look at and change: what other people's data hold, and what a prediction
is to be worth, nobody can read out of one file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from offchain.errors import DataError
from offchain.learning.kinds.table.judge import TABLE_JUDGE
from offchain.learning.kinds.text.judge import TEXT_JUDGE
from offchain.learning.own_data.columns import LABEL_COLUMNS, TEXT_COLUMNS
from offchain.learning.own_data.csv_file import CSV_SUFFIXES
from offchain.learning.own_data.discovery import files_below, find_files, require_there
from offchain.learning.own_data.found import DataFile, Found
from offchain.learning.own_data.image_files import IMAGE_SUFFIXES
from offchain.learning.own_data.parquet import PARQUET_SUFFIXES
from offchain.learning.own_data.text_files import TEXT_SUFFIXES
from offchain.learning.proposing.images import propose_images
from offchain.learning.proposing.table import EveryColumn, propose_table, rows_of
from offchain.learning.proposing.text import propose_text
from offchain.learning.task_file.words import (
    ImageSamples,
    ModelLimits,
    SampleWords,
    TaskFile,
    TextSamples,
)

KINDS: Final = ("images", "table", "text")

SAMPLES_PER_PART: Final = {"images": 200, "table": 50, "text": 100}
"""As a deployment of digits has them; a table's rows and texts are often fewer."""

JUDGES: Final = {"table": TABLE_JUDGE, "text": TEXT_JUDGE}
"""Images are of any size, and have a judge of one size alone."""

_ANY_LABELS = ("a", "b")
"""Stand for labels that are not known yet; files are found without looking at them."""

IMAGES_HERE: Final = ImageSamples(8, 8, 1, _ANY_LABELS)
TEXTS_HERE: Final = TextSamples(1, _ANY_LABELS)


def propose_task(
    path: Path,
    name: str | None = None,
    kind: str | None = None,
    target: str | None = None,
    samples_per_part: int | None = None,
) -> TaskFile:
    """Return a task file that takes the data at `path`.

    Args:
        path: a file or a folder, as ``share`` takes them.
        name: of the task; None: the path's.
        kind: of the samples; None: as they look.
        target: a table's column that is to be told; None: the last one.
        samples_per_part: in each part; None: the usual number for the kind.

    Raises:
        DataError: nothing is there, it cannot be read, or no task could take it.
        TaskFileError: a name or a number is none that a task file can have.
    """
    require_there(path)
    kind = kind or guess_kind(path)
    if target is not None and kind != "table":
        raise DataError(f"{path} holds {kind}, of which no column is the target: leave it out")
    propose: dict[str, Callable[[], SampleWords]] = {
        "images": lambda: propose_images(find_data(path, IMAGES_HERE)),
        "table": lambda: propose_table(rows_of(path), target),
        "text": lambda: propose_text(find_data(path, TEXTS_HERE)),
    }
    return TaskFile(
        name or name_of(path),
        kind,
        propose[kind](),
        samples_per_part or SAMPLES_PER_PART[kind],
        ModelLimits(judge=JUDGES.get(kind)),
    )


def guess_kind(path: Path) -> str:
    """Return the kind that data look like.

    Raises:
        DataError: they look like none.
    """
    suffixes = {file.suffix.lower() for file in _some_files(path)}
    if suffixes & IMAGE_SUFFIXES:
        return "images"
    if suffixes & (CSV_SUFFIXES | PARQUET_SUFFIXES):
        return "text" if _has_texts(path) else "table"
    if suffixes & TEXT_SUFFIXES:
        return "text"
    for kind, words in (("images", IMAGES_HERE), ("text", TEXTS_HERE)):
        try:
            if any(isinstance(item, DataFile) for item in find_files(path, words)):
                return kind
        except DataError:
            continue
    raise DataError(
        f"{path} holds nothing that looks like samples: give pictures or texts in a sub-folder for "
        "each label, idx or npz files, or CSV or Parquet files; or say --kind"
    )


def find_data(path: Path, words: SampleWords) -> Iterator[DataFile]:
    """Yield the files of samples under a path; what lies beside them is left out."""
    for item in find_files(path, words):
        if isinstance(item, DataFile):
            yield item


def name_of(path: Path) -> str:
    """Return a task's name made of a path's: small letters, digits and hyphens."""
    text = unicodedata.normalize("NFKD", path.resolve().stem).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return re.sub(r"^[^a-z]+", "", name)[:40].rstrip("-") or "task"


def _some_files(path: Path, most: int = 2000) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for _, (file, reason) in zip(range(most), files_below(path), strict=False):
        if not reason:
            yield file


def _has_texts(path: Path) -> bool:
    """Whether files with named columns have one of texts and one of labels."""
    for file in rows_of(path):
        for item in file.read():
            if not isinstance(item, Found) or not isinstance(item.content, dict):
                continue
            row = item.content
            text = next((name for name in TEXT_COLUMNS if name in row), None)
            label = next((name for name in LABEL_COLUMNS if name in row), None)
            return text is not None and label is not None and isinstance(row[text], str)
    return False


__all__ = ["KINDS", "EveryColumn", "guess_kind", "name_of", "propose_task"]
