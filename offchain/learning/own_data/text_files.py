"""Texts in files: one a file in folders named by label, or one a line in files named by label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.learning.own_data.found import DataFile, Found, Refusal, unreadable

TEXT_SUFFIXES: Final = frozenset({".txt"})

MAXIMUM_TEXT_BYTES: Final = 1 << 20
"""What of a text or a line is read: a task allows far less."""


@dataclass(frozen=True)
class TextFile(DataFile):
    """One text with its label."""

    path: Path
    name: str
    label: str

    def read(self) -> Iterator[Found | Refusal]:
        """Yield the text, without white space around it."""
        try:
            with self.path.open("rb") as stream:
                content = stream.read(MAXIMUM_TEXT_BYTES + 1)
        except OSError as error:
            raise unreadable(self.name, error) from error
        yield _text(0, self.name, self.label, content)


@dataclass(frozen=True)
class LinesFile(DataFile):
    """A text in every line, all of one label; empty lines are none."""

    path: Path
    name: str
    label: str

    def read(self) -> Iterator[Found | Refusal]:
        """Yield line by line."""
        try:
            with self.path.open("rb") as stream:
                number = 0
                while line := stream.readline(MAXIMUM_TEXT_BYTES + 1):
                    number += 1
                    while not line.endswith(b"\n") and len(line) > MAXIMUM_TEXT_BYTES:
                        # The rest of a line without an end is passed over, piece by piece.
                        rest = stream.readline(MAXIMUM_TEXT_BYTES)
                        if not rest or rest.endswith(b"\n"):
                            break
                    if line.strip():
                        yield _text(number - 1, f"{self.name} line {number}", self.label, line)
        except OSError as error:
            raise unreadable(self.name, error) from error


def _text(place: int, where: str, label: str, content: bytes) -> Found | Refusal:
    if len(content) > MAXIMUM_TEXT_BYTES:
        return Refusal(where, f"is longer than {MAXIMUM_TEXT_BYTES >> 20} MiB")
    try:
        text = content.decode("utf-8-sig" if place == 0 else "utf-8")
    except UnicodeDecodeError as error:
        return Refusal(
            where, f"is no text in UTF-8: byte {error.start} is 0x{content[error.start]:02x}"
        )
    return Found(place, where, label, text.strip())
