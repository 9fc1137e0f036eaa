"""Tables whose amounts and addresses are never cut, however narrow the terminal is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final, Literal

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

WIDEST: Final = 1_000
"""Characters of the widest line that is measured: an amount of 2^256 - 1 units has 97."""


def add_exact_column(
    table: Table, header: str, justify: Literal["left", "right"] = "right"
) -> None:
    """Add a column of amounts or addresses: where a table is too wide, others give way."""
    table.add_column(header, justify=justify, no_wrap=True)


def fits(table: Table, console: Console) -> bool:
    """Whether a table can be printed with every cell on one line."""
    return _measure(table, console).maximum <= console.width


def print_whole(table: Table, console: Console) -> None:
    """Print a table, wider than the terminal if it must be: a cut amount is another amount."""
    wide = console.options.update(width=WIDEST)
    for column in table.columns:
        if column.no_wrap:
            cells = (column.header, *column.cells)
            column.min_width = max(Measurement.get(console, wide, cell).maximum for cell in cells)
    needed = _measure(table, console).minimum
    if needed > console.width:
        console.width = needed
    console.print(table)


def flowing(parts: Iterable[str], width: int) -> str:
    """Parts with commas between them on indented lines; no part is broken at its spaces."""
    glued = ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = textwrap.fill(
        glued,
        width,
        initial_indent="  ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def _measure(table: Table, console: Console) -> Measurement:
    return Measurement.get(console, console.options.update(width=WIDEST), table)
