"""Lines for people, on any terminal: labels and values that wrap, tables that become paragraphs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.text import Text

LABEL: Final = 10
"""Columns that labels take."""

NARROW: Final = 60
"""Columns under which a value begins on a line of its own."""


class Sheet:
    """Writes to a console. Nothing is cut: what is too long goes on in the next line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def width(self) -> int:
        """Columns of a line."""
        return max(20, self._console.width)

    def title(self, text: str) -> None:
        """A line that begins something, after an empty one."""
        self._console.print(Text(text, style="bold"), soft_wrap=True)

    def gap(self) -> None:
        """An empty line."""
        self._console.print()

    def line(self, label: str, value: str, style: str = "") -> None:
        """A label with what it stands for, wrapped to the right of it."""
        indent = 2 if self.width < NARROW else LABEL + 2
        lines = wrapped(value, self.width - indent)
        if self.width < NARROW:
            self._console.print(Text(label, style="bold"), soft_wrap=True)
        else:
            first = Text.assemble(
                (f"{label:<{LABEL}}  ", "bold"), (lines[0] if lines else "", style)
            )
            self._console.print(first, soft_wrap=True)
            lines = lines[1:]
        for text in lines:
            self._console.print(Text(" " * indent + text, style=style), soft_wrap=True)

    def note(self, text: str, style: str = "") -> None:
        """A paragraph."""
        for line in wrapped(text, self.width):
            self._console.print(Text(line, style=style), soft_wrap=True)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns, or a paragraph for each row where they do not fit."""
        widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) <= self.width:
            self._row(header, widths, "dim")
            for row in rows:
                self._row(row, widths, "")
            return
        for row in rows:
            self._console.print(Text(row[0], style="bold"), soft_wrap=True)
            parts = [
                f"{name} {cell}" for name, cell in zip(header[1:], row[1:], strict=True) if cell
            ]
            for line in wrapped(", ".join(parts), self.width - 2):
                self._console.print(escape(f"  {line}"), soft_wrap=True)

    def _row(self, cells: Sequence[str], widths: Sequence[int], style: str) -> None:
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        self._console.print(Text("  ".join(padded).rstrip(), style=style), soft_wrap=True)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a text, broken at spaces alone: an address or a number stays whole."""
    return textwrap.wrap(text, max(10, width), break_long_words=False, break_on_hyphens=False)
