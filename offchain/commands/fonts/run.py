"""What ``modelchain fonts`` shows: the fonts that are here, which are left out, where more are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder
from offchain.learning.fonts.packages import PACKAGES, SETS, fetch_package, package_folder
from offchain.learning.fonts.sets import load_set, write_font_list

_PROCESSES = 2
_REASONS_SHOWN = 12


def list_fonts(chosen: str, names: bool, skipped: bool, list_file: Path | None) -> None:
    """Scan the fonts of a set, show what was asked for, and write the list of usable ones.

    Raises:
        FontError: the set is not there, or the list cannot be written.
    """
    with scan_progress() as progress:
        atlas = load_set(chosen, default_cache_folder(), False, _PROCESSES, progress.advance)
    if names:
        click.echo("\n".join(atlas.names))
    elif skipped:
        click.echo("\n".join(f"{face.name}: {face.reason}" for face in atlas.skipped))
    else:
        _tell(atlas, chosen)
    if list_file is not None:
        write_font_list(atlas, list_file)


def fetch_set(chosen: str) -> None:
    """Download what is missing of a set, scan it and show it; ``FontError`` if it cannot be had."""
    cache = default_cache_folder()
    sizes = {package.name: package.megabytes for package in PACKAGES}
    for name in SETS[chosen]:
        if package_folder(name, cache).is_dir():
            click.echo(f"{name} is there")
            continue
        click.echo(f"{name}: downloading {sizes[name]:g} MB")
        fetch_package(name, cache)
    with scan_progress() as progress:
        atlas = load_set(chosen, cache, False, _PROCESSES, progress.advance)
    _tell(atlas, chosen)


class ScanProgress:
    """A bar on standard error that appears when the first file has been scanned."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("looking at fonts", visible=False)

    def advance(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` files are scanned; nothing is shown for a cached scan."""
        self._bar.update(self._task, completed=done, total=total, visible=True)


@contextmanager
def scan_progress() -> Iterator[ScanProgress]:
    """A progress bar for as long as the block lasts."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        yield ScanProgress(bar)


def _tell(atlas: GlyphAtlas, chosen: str) -> None:
    console = Console()
    console.print(
        f"{len(atlas)} usable fonts (distinct bitmaps), {atlas.family_count} plainly different"
    )
    reasons = Counter(_kind(face.reason) for face in atlas.skipped)
    if reasons:
        table = Table("left out", "because", box=None)
        for reason, count in reasons.most_common(_REASONS_SHOWN):
            table.add_row(str(count), reason)
        console.print(table)
    table = Table("package", "MB", "usable faces", "set", "", box=None, title="More fonts")
    for package in PACKAGES:
        sets = [name for name, members in SETS.items() if package.name in members]
        there = package_folder(package.name, default_cache_folder()).is_dir()
        table.add_row(
            package.name,
            f"{package.megabytes:g}",
            f"{package.faces:,}",
            ", ".join(sets),
            "fetched" if there else "",
        )
    console.print(table)
    if chosen == "machine":
        console.print(
            "`modelchain fonts fetch --set small|full` fetches a set: nothing is installed"
        )


def _kind(reason: str) -> str:
    """A reason with N for what is particular to one font, so that equal ones can be counted."""
    if reason.startswith("looks the same as"):
        return "looks the same as another"
    return re.sub(r"\b(digit|glyph for|only) \d+", r"\1 N", reason)
