"""Samples without a label: pictures, rows and lines of text, made to fit a task as shared ones are.

What reads and prepares own data does it here too (`offchain.learning.own_data`), so that a model is
asked about a picture in the form in which it has seen others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from offchain.errors import DataError
from offchain.learning.own_data.columns import Columns
from offchain.learning.own_data.csv_file import CSV_SUFFIXES, CsvFile
from offchain.learning.own_data.discovery import files_below
from offchain.learning.own_data.found import DataFile, Found, Refusal, in_one_line
from offchain.learning.own_data.image_files import IMAGE_SUFFIXES, ImageFile
from offchain.learning.own_data.own_data import preparation_for
from offchain.learning.own_data.parquet import PARQUET_SUFFIXES, ParquetFile
from offchain.learning.own_data.prepared import Prepared, RefusedSample
from offchain.learning.own_data.rows import in_decimals
from offchain.learning.own_data.text_files import LinesFile
from offchain.learning.task_file.words import (
    ClassTarget,
    ImageSamples,
    NumberTarget,
    SampleWords,
    TableSamples,
    TextSamples,
)

STANDARD_INPUT: Final = "-"
_STANDARD_INPUT_FILE: Final = Path("/dev/stdin")


class Inputs:
    """Makes samples of a task from files and from what a program has in memory.

    Args:
        samples: what the task says of its samples.

    Raises:
        DataError: samples of this kind are not read from files.
    """

    def __init__(self, samples: SampleWords) -> None:
        self._samples = samples
        self._preparation = preparation_for(samples)
        # Preparation wants what is to be told of a sample; predicting does not look at it.
        self._label = self._preparation.labels[0] if self._preparation.labels else None
        self._target = _any_target(samples)

    def read(self, files: Sequence[str]) -> Iterator[tuple[str, Prepared] | Refusal]:
        """Yield the samples of files, each with where it is, and what is none.

        Of a folder all pictures below it are taken, in the order of their names. A file that is of
        no format of the task's samples, or cannot be read, is refused, or its rest is.
        """
        for text in files:
            try:
                found = list(self._files(text))
            except DataError as error:
                yield Refusal(in_one_line(text), str(error).removeprefix(f"{text} "))
                continue
            for file in found:
                if isinstance(file, Refusal):
                    yield file
                else:
                    yield from self._read(file)

    def given(self, sample: object, where: str, place: int = 0) -> Prepared:
        """Return what a program has in memory as the task has it.

        Args:
            sample: of pictures a path, the content of a file, pixels, or an object with pixels such
                as Pillow's images; of tables a mapping from columns to values; of texts a string.
            where: what messages call it.
            place: its number.

        Raises:
            DataError: it does not fit the task; says what is wrong with it.
        """
        if isinstance(sample, os.PathLike) or (
            isinstance(sample, str) and isinstance(self._samples, ImageSamples)
        ):
            path = Path(sample)
            [found] = ImageFile(path, str(path), "").read()
            if isinstance(found, Refusal):
                raise DataError(str(found))
            return self._checked(found.content, str(path), place)
        if hasattr(sample, "__array__") or hasattr(sample, "__array_interface__"):
            sample = np.asarray(sample)
        return self._checked(sample, where, place)

    def gather(self, prepared: Sequence[Prepared]) -> Any:
        """Return samples as the arrays of their kind."""
        return self._preparation.gather(prepared)

    def _checked(self, content: object, where: str, place: int) -> Prepared:
        try:
            return self._prepared(Found(place, where, None, content))  # type: ignore[arg-type]
        except RefusedSample as error:
            raise DataError(f"{where} {error}") from error

    def _files(self, text: str) -> Iterator[DataFile | Refusal]:
        path, name = Path(text), in_one_line(text)
        match self._samples:
            case ImageSamples():
                if text == STANDARD_INPUT:
                    raise DataError(f"{text} is standard input, which is for texts: name files")
                if path.is_dir():
                    yield from _pictures_below(path)
                elif path.suffix.lower() in IMAGE_SUFFIXES or not path.suffix:
                    yield ImageFile(path, name, "")
                else:
                    raise DataError(f"{text} is no picture: give PNG or JPEG files, or folders")
            case TableSamples():
                columns = Columns(of_table=tuple(one.name for one in self._samples.columns))
                if path.suffix.lower() in PARQUET_SUFFIXES:
                    yield ParquetFile(path, name, columns)
                elif path.suffix.lower() in CSV_SUFFIXES:
                    yield CsvFile(path, name, columns)
                else:
                    raise DataError(f"{text} is no file of rows: give CSV, TSV or Parquet files")
            case TextSamples():
                if text == STANDARD_INPUT:
                    yield LinesFile(_STANDARD_INPUT_FILE, "standard input", "")
                elif path.is_dir():
                    raise DataError(f"{text} is a folder: give files with a text in each line")
                else:
                    yield LinesFile(path, name, "")

    def _read(self, file: DataFile) -> Iterator[tuple[str, Prepared] | Refusal]:
        try:
            for found in file.read():
                if isinstance(found, Refusal):
                    yield found
                    continue
                try:
                    yield found.where, self._prepared(found)
                except RefusedSample as error:
                    yield Refusal(found.where, str(error))
        except DataError as error:
            yield Refusal(file.name, str(error).removeprefix(file.name).lstrip(": "))

    def _prepared(self, found: Found) -> Prepared:
        content = found.content
        if self._target is not None and isinstance(content, Mapping):
            content = {**content, **self._target}
        return self._preparation.prepare(Found(found.place, found.where, self._label, content))


def _pictures_below(folder: Path) -> Iterator[DataFile | Refusal]:
    is_empty = True
    for path, reason in files_below(folder):
        if path == folder and reason:
            raise DataError(f"{folder} {reason}")
        if path.suffix.lower() in IMAGE_SUFFIXES:
            is_empty = False
            name = in_one_line(str(path))
            yield Refusal(name, reason) if reason else ImageFile(path, name, "")
    if is_empty:
        raise DataError(f"{folder} holds no pictures: PNG or JPEG files are read")


def _any_target(samples: SampleWords) -> dict[str, str] | None:
    if not isinstance(samples, TableSamples):
        return None
    match samples.target:
        case ClassTarget(name=name, classes=classes):
            return {name: classes[0]}
        case NumberTarget(name=name, lowest=lowest):
            return {name: in_decimals(lowest, samples.target)}
