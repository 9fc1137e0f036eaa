"""Which files under a path hold samples of a task, and how they are read."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from offchain.errors import DataError
from offchain.learning.own_data.columns import IMAGE_COLUMNS, TEXT_COLUMNS, Columns
from offchain.learning.own_data.csv_file import CSV_SUFFIXES, CsvFile
from offchain.learning.own_data.found import (
    DataFile,
    Refusal,
    in_one_line,
    shown,
    unreadable,
)
from offchain.learning.own_data.hugging_face import MARKS, HuggingFaceFolder
from offchain.learning.own_data.idx import IdxFiles, dimensions, is_idx, labels_of
from offchain.learning.own_data.image_files import IMAGE_SUFFIXES, ImageFile
from offchain.learning.own_data.npz import NpzFile
from offchain.learning.own_data.parquet import PARQUET_SUFFIXES, ParquetFile
from offchain.learning.own_data.text_files import TEXT_SUFFIXES, LinesFile, TextFile
from offchain.learning.task_file.words import (
    ImageSamples,
    SampleWords,
    TableSamples,
    TextSamples,
)

NPZ_SUFFIX: Final = ".npz"
NO_DATA: Final = frozenset({"thumbs.db", "desktop.ini"})
"""Files that systems leave in folders, beside those whose names begin with a dot."""

_NO_FILE: Final = "is no file, or a link to nothing"


def find_files(path: Path, samples: SampleWords) -> Iterator[DataFile | Refusal]:
    """Yield the files under `path` that hold samples of a task, always in the same order.

    Refused are files that lie where samples belong and are none.

    Raises:
        DataError: there is nothing, or nothing of a layout that is known; says which is.
    """
    is_folder = require_there(path)
    layout = Layout.of(path, samples)
    found = layout.folder(path) if is_folder else layout.one(path, in_one_line(path.name))
    is_empty = True
    for file in found:
        is_empty = False
        yield file
    if is_empty:
        raise DataError(f"{path} holds no {layout.what}: {layout.expected}")


def require_there(path: Path) -> bool:
    """Return whether a path is a folder; it is a file else.

    Raises:
        DataError: nothing is there, or something that cannot be read again, such as a pipe.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataError(f"{path} is not there: give a file or a folder of samples") from None
    except OSError as error:
        raise unreadable(str(path), error) from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise DataError(f"{path} is neither a file nor a folder: data are read more than once")
    return stat.S_ISDIR(mode)


class Layout:
    """What files of a task look like.

    Args:
        root: where names in messages begin.
        what: the task's samples are called.
        columns: of files with named columns.
        suffixes: of files that are samples themselves, in folders named by their label.
        sample: makes such a file, of its path, name and label.
        formats: of files of many samples, by suffix.
        expected: the layouts that are known, in words.
    """

    def __init__(
        self,
        root: Path,
        what: str,
        suffixes: frozenset[str],
        sample: Callable[[Path, str, str], DataFile] | None,
        formats: dict[str, Callable[[Path, str], DataFile]],
        columns: Columns,
        expected: str,
    ) -> None:
        self._root = root
        self.what = what
        self._suffixes = suffixes
        self._sample = sample
        self._formats = formats
        self._columns = columns
        self.expected = expected

    @classmethod
    def of(cls, root: Path, samples: SampleWords) -> Layout:
        """Return the layout of a kind's data; `DataError` for a kind that none is known of."""
        match samples:
            case ImageSamples():
                columns = Columns(samples=IMAGE_COLUMNS)
                formats = _columnar(columns, csv=False)
                formats[NPZ_SUFFIX] = NpzFile
                return _Images(
                    root,
                    "pictures",
                    IMAGE_SUFFIXES,
                    ImageFile,
                    formats,
                    columns,
                    "PNG or JPEG files in a sub-folder for each label, idx, npz or Parquet files, "
                    "or a folder that Hugging Face's library saved",
                )
            case TableSamples():
                names = tuple(column.name for column in samples.columns)
                columns = Columns(of_table=(*names, samples.target.name))
                formats = _columnar(columns)
                formats[NPZ_SUFFIX] = lambda path, name: NpzFile(path, name, columns.of_table)
                return cls(
                    root,
                    "rows",
                    frozenset(),
                    None,
                    formats,
                    columns,
                    "CSV, TSV, Parquet or npz files, or a folder that Hugging Face's library saved",
                )
            case TextSamples():
                columns = Columns(samples=TEXT_COLUMNS)
                return _Texts(
                    root,
                    "texts",
                    TEXT_SUFFIXES,
                    TextFile,
                    _columnar(columns),
                    columns,
                    "a .txt file for each text in a sub-folder for each label, a file LABEL.txt "
                    "with a text in each line, CSV, TSV or Parquet files with the columns text "
                    "and label, or a folder that Hugging Face's library saved",
                )
            case _:
                raise DataError(
                    f"samples as {type(samples).__name__} says them are not read from files: "
                    "images, tables and texts are"
                )

    def folder(self, path: Path) -> Iterator[DataFile | Refusal]:
        """Yield the files of a folder: of many samples, or sub-folders of samples by label."""
        mark = next((path / mark for mark in MARKS if (path / mark).is_file()), None)
        if mark is not None:
            yield HuggingFaceFolder(mark, in_one_line(path.name), self._columns)
            return
        for entry in entries_of(path):
            name, mode = in_one_line(entry.name), _mode(entry)
            if stat.S_ISDIR(mode):
                if self._sample is not None:
                    yield from self._labelled(entry, entry.name)
            elif stat.S_ISREG(mode):
                yield from self.at_the_top(entry, name)
            elif entry.suffix.lower() in {*self._formats, *self._suffixes}:
                yield Refusal(name, _NO_FILE)

    def at_the_top(self, path: Path, name: str) -> Iterator[DataFile | Refusal]:
        """Yield what a file is that lies in no sub-folder; what is of no format is left out."""
        make = self._formats.get(path.suffix.lower())
        if make is not None:
            yield make(path, name)

    def one(self, path: Path, name: str) -> Iterator[DataFile | Refusal]:
        """Yield a file that was named by itself; `DataError` if it is of no format."""
        found = list(self.at_the_top(path, name))
        refusals = [str(item) for item in found if isinstance(item, Refusal)]
        if refusals or not found:
            reason = f"{refusals[0]}: " if refusals else f"{path} is no file of {self.what}: "
            raise DataError(f"{reason}give {self.expected}")
        yield from found

    def _labelled(self, folder: Path, label: str) -> Iterator[DataFile | Refusal]:
        """Yield the samples in a sub-folder and below it, which are all of its label."""
        assert self._sample is not None  # noqa: S101  (asked before)
        wanted = ", ".join(sorted(self._suffixes))
        for path, reason in files_below(folder):
            name = in_one_line(str(path.relative_to(self._root)))
            if reason:
                yield Refusal(name, reason)
            elif path.suffix.lower() in self._suffixes:
                yield self._sample(path, name, label)
            else:
                yield Refusal(shown(name), f"is none of {wanted}")


class _Images(Layout):
    def at_the_top(self, path: Path, name: str) -> Iterator[DataFile | Refusal]:
        """Yield idx files with their labels as well; a picture there has no label."""
        if path.suffix.lower() in self._suffixes:
            yield Refusal(name, "lies in no sub-folder named by its label")
        elif path.suffix.lower() not in self._formats and is_idx(path):
            if dimensions(path) < 3:
                return
            labels = labels_of(path)
            if labels is None:
                yield Refusal(name, "has no file of labels beside it, named as it is by `labels`")
            else:
                yield IdxFiles(path, labels, name)
        else:
            yield from super().at_the_top(path, name)


class _Texts(Layout):
    def at_the_top(self, path: Path, name: str) -> Iterator[DataFile | Refusal]:
        """Yield a file of lines as well, whose name is their label."""
        if path.suffix.lower() in self._suffixes:
            yield LinesFile(path, name, path.stem)
        else:
            yield from super().at_the_top(path, name)


def _columnar(columns: Columns, *, csv: bool = True) -> dict[str, Callable[[Path, str], DataFile]]:
    """Return the formats with named columns, by suffix."""
    formats: dict[str, Callable[[Path, str], DataFile]] = {
        suffix: lambda path, name: ParquetFile(path, name, columns) for suffix in PARQUET_SUFFIXES
    }
    if csv:
        formats |= {
            suffix: lambda path, name: CsvFile(path, name, columns) for suffix in CSV_SUFFIXES
        }
    return formats


def files_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files in a folder and below it, and with what is none the reason.

    Links may lead round in a circle: no folder is looked at twice.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                yield path, ""
            elif not stat.S_ISDIR(status.st_mode):
                yield path, _NO_FILE
            elif (status.st_dev, status.st_ino) in seen:
                yield path, "is a link to a folder that was looked at before"
            else:
                seen.add((status.st_dev, status.st_ino))
                waiting.extend(reversed(entries_of(path)))
        except OSError as error:
            yield path, f"cannot be read: {error.strerror}"
        except DataError as error:
            yield path, str(error).removeprefix(f"{path} ")


def _mode(path: Path) -> int:
    """Return what a path is, 0 where nothing can be said."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def entries_of(folder: Path) -> list[Path]:
    """Return what a folder holds by name, without what systems leave there."""
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise unreadable(str(folder), error) from error
    kept = (
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in NO_DATA
    )
    return sorted(kept, key=lambda entry: entry.name)
