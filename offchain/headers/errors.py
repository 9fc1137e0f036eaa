"""The errors of header sources."""

from __future__ import annotations

from pathlib import Path

from offchain.errors import HeaderError


class BadHeaderFile(HeaderError):
    """A header file, or the description beside it, cannot be used.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class HeadersNotHeld(HeaderError):
    """A source was asked for headers that it does not have."""

    def __init__(self, start_height: int, count: int, first_height: int, best_height: int) -> None:
        super().__init__(
            f"{count} headers from {start_height} were asked for, "
            f"heights {first_height} to {best_height} are there"
        )
        self.start_height = start_height
        self.count = count
        self.first_height = first_height
        self.best_height = best_height
