"""What a file of own data holds: samples as they were found, or why something is none."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.errors import DataError
from offchain.strangers.foreign_text import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_SHOWN: Final = 60
"""Characters of foreign text that a message repeats."""

MAXIMUM_SAMPLE_BYTES: Final = 64 << 20
"""Of one sample as a file has it; arrays are read in pieces that are no longer."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A sample as a file has it.

    Attributes:
        place: its number in the file, from 0.
        where: file and place in words, for messages on this machine alone.
        label: its class by name, or by number where the file has numbers; None for rows of a
            table, which hold their target.
        content: a PNG or JPEG file or pixels (uint8 [height, width] or with channels last), a
            text, or a row's values by column.
    """

    place: int
    where: str
    label: str | int | None
    content: bytes | NDArray[np.uint8] | str | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that cannot be shared: where it is, and why."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class DataFile(ABC):
    """One file of own data.

    Attributes:
        path: the file, by whose size and time of change its content is known again.
        name: of the file, for messages on this machine alone.
    """

    path: Path
    name: str

    @abstractmethod
    def read(self) -> Iterator[Found | Refusal]:
        """Yield what the file holds, in an order that stays; never more in memory than a piece.

        Raises:
            DataError: the file as a whole cannot be read.
        """

    def fingerprint(self) -> tuple[int, int]:
        """Return the file's size and time of change in nanoseconds.

        Raises:
            DataError: the file is gone, or is not to be read.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise unreadable(self.name, error) from error
        return status.st_size, status.st_mtime_ns


def unreadable(name: str, error: Exception) -> DataError:
    """Return the error that says that a file cannot be read, and what the system says to it."""
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return DataError(f"{name} cannot be read: {shown(reason or type(error).__name__)}")


def shown(text: object) -> str:
    """Return foreign text as a message may repeat it: short, on one line, without control signs."""
    line = in_one_line(str(text))
    return line if len(line) <= LONGEST_SHOWN else line[: LONGEST_SHOWN - 3] + "..."


def in_one_line(name: str) -> str:
    """Return a file's name for messages, whole: systems take control signs and half letters."""
    return printable(name, len(name))


def in_form(name: str) -> str:
    """Return a label's or a column's name as tasks have it: in Unicode's normal form C, stripped.

    Some systems take file names apart into letters and accents.
    """
    return unicodedata.normalize("NFC", name.strip())


def piece_of(most: int, sample_bytes: int) -> int:
    """Return how many samples of so many bytes are read at a time: `most`, or what memory bears."""
    return max(1, min(most, MAXIMUM_SAMPLE_BYTES // sample_bytes))
