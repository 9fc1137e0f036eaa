"""npz files of NumPy: an array of samples and one of labels, read piece by piece.

Nothing is unpickled. Arrays are compressed files of a zip archive, which are read as streams, so
that no array has to fit into memory.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO, Final, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from offchain.errors import DataError
from offchain.learning.own_data.found import (
    MAXIMUM_SAMPLE_BYTES,
    DataFile,
    Found,
    Refusal,
    piece_of,
    shown,
    unreadable,
)

PAIRS: Final = (
    ("images", "labels"),
    ("x", "y"),
    ("X", "y"),
    ("data", "target"),
    ("x_train", "y_train"),
    ("x_test", "y_test"),
    ("arr_0", "arr_1"),
)
"""Names that samples and labels have; the first pair in a file counts, training and test both."""

_CHUNK: Final = 256
"""Samples that are read at a time, at most."""

_UNREADABLE: Final = (
    OSError,
    EOFError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    # Of an archive with a password, or packed in a way that this Python does not know.
    RuntimeError,
    # Of the text that says what an array holds: the last where it nests too deep to be parsed.
    SyntaxError,
    TokenError,
    TypeError,
    LookupError,
    MemoryError,
)


@dataclass(frozen=True)
class NpzFile(DataFile):
    """Samples along the first axis of arrays.

    With ``columns`` it is a table: an array for each column by name. Else it is a pair of arrays of
    `PAIRS`, pictures uint8 with their labels.
    """

    path: Path
    name: str
    columns: tuple[str, ...] | None = None

    def read(self) -> Iterator[Found | Refusal]:
        """Yield sample by sample."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                yield from self._rows(archive) if self.columns else self._pictures(archive)
        except _UNREADABLE as error:
            raise unreadable(self.name, error) from error

    def _pictures(self, archive: zipfile.ZipFile) -> Iterator[Found | Refusal]:
        place = 0
        for images, labels in self._pairs(archive):
            for picture, label in self._together(archive, (images, labels)):
                where = f"{self.name} {images} {place}"
                if picture.dtype != np.uint8 or picture.ndim not in (2, 3):
                    raise DataError(
                        f"{self.name}: {images} holds {picture.dtype} of shape {picture.shape} a "
                        "sample: pictures are uint8 [height, width] or with channels last"
                    )
                name = _label(label)
                if name is None:
                    yield Refusal(where, f"its label is {label.dtype} of shape {label.shape}")
                else:
                    yield Found(place, where, name, picture)
                place += 1

    def _rows(self, archive: zipfile.ZipFile) -> Iterator[Found | Refusal]:
        columns = self.columns or ()
        missing = sorted(set(columns) - set(_names(archive)))
        if missing:
            raise DataError(
                f"{self.name} has no array {', '.join(missing)}: one for each column is needed"
            )
        for place, values in enumerate(self._together(archive, columns)):
            row: Mapping[str, object] = {
                column: value.item() if value.ndim == 0 else None
                for column, value in zip(columns, values, strict=True)
            }
            yield Found(place, f"{self.name} row {place}", None, row)

    def _pairs(self, archive: zipfile.ZipFile) -> list[tuple[str, str]]:
        names = set(_names(archive))
        found = [pair for pair in PAIRS if set(pair) <= names]
        if not found:
            raise DataError(
                f"{self.name} holds the arrays {shown(', '.join(sorted(names)) or 'none')}: "
                "`images` and `labels` are needed, or x and y"
            )
        is_split = found[0][0] in ("x_train", "x_test")
        return found if is_split else found[:1]

    def _together(
        self, archive: zipfile.ZipFile, names: tuple[str, ...]
    ) -> Iterator[tuple[NDArray[Any], ...]]:
        """Yield the arrays' samples side by side; they have to be equally many."""
        arrays = [_Array(archive, name, self.name) for name in names]
        counts = {array.shape[0] for array in arrays}
        if len(counts) > 1:
            lengths = ", ".join(f"{array.name} {array.shape[0]}" for array in arrays)
            raise DataError(f"{self.name}: arrays of different lengths: {lengths}")
        [count] = counts
        each = piece_of(_CHUNK, max(array.sample_bytes for array in arrays))
        for first in range(0, count, each):
            pieces = [array.take(min(each, count - first)) for array in arrays]
            yield from zip(*pieces, strict=True)


class _Array:
    """One array of an archive, read from its beginning on."""

    def __init__(self, archive: zipfile.ZipFile, name: str, file: str) -> None:
        self.name, self._file = name, file
        self._stream = cast(BinaryIO, archive.open(f"{name}.npy"))
        version = npy.read_magic(self._stream)
        # Headers of later versions may be as long as they like, and no plain array needs one.
        if version != (1, 0):
            raise DataError(f"{file}: {name} is written in version {version} of npy")
        self.shape, fortran, self._dtype = npy.read_array_header_1_0(self._stream)
        if (
            not self.shape
            or min(self.shape) < 0
            or (fortran and len(self.shape) > 1)
            or self._dtype.hasobject
        ):
            raise DataError(
                f"{file}: {name} of type {self._dtype} and shape {self.shape} cannot be read "
                "sample by sample: save it with the samples first, in C order, without objects"
            )
        self.sample_bytes = prod(self.shape[1:]) * self._dtype.itemsize
        if not 1 <= self.sample_bytes <= MAXIMUM_SAMPLE_BYTES:
            raise DataError(f"{file}: a sample of {name} has {self.sample_bytes} bytes")

    def take(self, count: int) -> NDArray[Any]:
        """Return the next samples."""
        wanted = count * self.sample_bytes
        content = self._stream.read(wanted)
        if len(content) != wanted:
            raise DataError(f"{self._file}: {self.name} ends too early")
        return np.frombuffer(content, self._dtype).reshape(count, *self.shape[1:])


def _names(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _label(value: NDArray[Any]) -> str | int | None:
    """Return a label from an element: a whole number or a text."""
    if value.ndim == 1 and len(value) == 1:
        value = value[0]
    if value.ndim != 0:
        return None
    if np.issubdtype(value.dtype, np.integer):
        return int(value)
    return str(value) if value.dtype.kind == "U" else None
