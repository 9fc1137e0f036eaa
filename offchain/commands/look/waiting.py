"""Progress while the chain is read: on standard error, and only where it takes long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich import progress as bars
from rich.console import Console

PATIENCE_SECONDS: Final = 2.0
"""What takes less needs no word."""


@contextmanager
def shown_reading() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal once two seconds have passed; elsewhere one line."""
    console = Console(stderr=True)
    began = time.monotonic()
    told = False
    with bars.Progress(
        bars.TextColumn("reading the chain"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as display:
        task = display.add_task("", visible=False, total=None)

        def report(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - began < PATIENCE_SECONDS or done == total:
                return
            display.update(task, visible=True, completed=done, total=total)
            if not told and not console.is_terminal:
                console.print(f"reading the chain: {done} of {total} EVM blocks so far")
            told = True

        yield report
