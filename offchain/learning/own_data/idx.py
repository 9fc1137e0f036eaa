"""idx files, as the MNIST data set has them: one of pictures, one of labels, either packed by gzip.

The format: two zero bytes, a byte for the type (8: uint8), a byte for the number of dimensions,
each dimension as a big-endian uint32, then the values (Y. LeCun, C. Cortes and C. Burges, "The
MNIST Database of Handwritten Digits").
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np

from offchain.errors import DataError
from offchain.learning.own_data.found import (
    MAXIMUM_SAMPLE_BYTES,
    DataFile,
    Found,
    Refusal,
    piece_of,
    unreadable,
)

_UINT8: Final = 8
_CHUNK: Final = 1_024
"""Samples that are read at a time, at most."""


@dataclass(frozen=True)
class IdxFiles(DataFile):
    """Pictures uint8 [n, height, width] or [n, height, width, channels] with labels uint8 [n]."""

    path: Path
    labels: Path
    name: str

    def read(self) -> Iterator[Found | Refusal]:
        """Yield each picture with its label's number."""
        with _opened(self.path) as images, _opened(self.labels) as labels:
            shape = _header(images, self.name)
            [count] = _labels_shape(labels, self.labels.name)
            length = prod(shape[1:])
            if len(shape) not in (3, 4) or not 1 <= length <= MAXIMUM_SAMPLE_BYTES:
                raise DataError(f"{self.name} holds values of shape {shape}: no pictures")
            if shape[0] != count:
                raise DataError(
                    f"{self.name} holds {shape[0]} pictures, {self.labels.name} {count} labels: "
                    "they do not belong together"
                )
            each = piece_of(_CHUNK, length)
            for first in range(0, count, each):
                number = min(each, count - first)
                pixels = _exactly(images, number * length, self.name)
                names = _exactly(labels, number, self.labels.name)
                pictures = np.frombuffer(pixels, np.uint8).reshape(number, *shape[1:])
                for at, (picture, label) in enumerate(zip(pictures, names, strict=True)):
                    place = first + at
                    yield Found(place, f"{self.name} picture {place}", label, picture)


def labels_of(images: Path) -> Path | None:
    """Return the labels' file that belongs to a file of pictures by its name, if it is there."""
    name = images.name
    for old, new in (("images", "labels"), ("idx3", "idx1"), ("idx4", "idx1")):
        name = name.replace(old, new)
    if name == images.name:
        return None
    found = [images.with_name(name), images.with_name(f"{name}.gz")]
    found.append(images.with_name(name.removesuffix(".gz")))
    return next((file for file in found if file.is_file()), None)


def is_idx(file: Path) -> bool:
    """Return whether a file begins as an idx file does, of whatever type."""
    try:
        with _opened(file) as stream:
            magic = stream.read(4)
    except DataError:
        return False
    return len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in range(8, 15) and magic[3] > 0


def dimensions(file: Path) -> int:
    """Return how many dimensions an idx file says that it has; `DataError` if it is none."""
    with _opened(file) as stream:
        return len(_header(stream, file.name))


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if not packed:
                yield plain
                return
            with gzip.GzipFile(fileobj=plain) as unpacked:
                yield cast(BinaryIO, unpacked)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(file.name, error) from error


def _header(stream: BinaryIO, name: str) -> tuple[int, ...]:
    magic = _exactly(stream, 4, name)
    if magic[:2] != b"\0\0" or magic[2] != _UINT8 or not 1 <= magic[3] <= 4:
        raise DataError(f"{name} begins with {magic.hex()}: it is no idx file of uint8 values")
    sizes = np.frombuffer(_exactly(stream, 4 * magic[3], name), ">u4")
    return tuple(int(size) for size in sizes)


def _labels_shape(stream: BinaryIO, name: str) -> tuple[int, ...]:
    shape = _header(stream, name)
    if len(shape) != 1:
        raise DataError(f"{name} holds values of shape {shape}: no labels")
    return shape


def _exactly(stream: BinaryIO, count: int, name: str) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise DataError(f"{name} ends too early: {len(content)} bytes where {count} belong")
    return content
