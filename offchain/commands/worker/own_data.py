"""A worker's own data: opened by its ledger, previewed before anything is signed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from offchain.chain.web3_chain import Web3Chain
from offchain.commands.own_data.chain import preview_on
from offchain.commands.own_data.opening import Chosen, OpenedData, opened_data
from offchain.commands.own_data.shown import preview_lines
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.source import DrawnBefore, OwnDataSource, ledger_file
from offchain.learning.task_file.words import TaskFile
from offchain.ports import DataSource
from offchain.programs.standard_output import tell

_LOOK_SECONDS: Final = 1.0


@contextmanager
def open_for_node(
    chosen: Chosen, task: TaskFile, seed: bytes, journal: Path
) -> Iterator[OpenedData]:
    """Open a node's data for the task of its deployment; raises as `opened_data`."""
    with opened_data(chosen, task, ledger_file(journal), seed) as opened:
        yield opened


@contextmanager
def with_drawn_before(source: DataSource | None, journal: Path) -> Iterator[DataSource | None]:
    """A source that also keeps the ledger of an earlier run with data of one's own, if any."""
    file = ledger_file(journal)
    if not file.is_file():
        yield source
        return
    with Ledger(file) as ledger:
        yield DrawnBefore(source, ledger)


def tell_preview(opened: OpenedData, task: TaskFile, chain: Web3Chain, *, direct: bool) -> None:
    """Say on standard error what will be shared, among whom, and what it gives away."""
    preview = preview_on(opened.preview, task, chain.contracts, chain.account, direct=direct)
    for line in preview_lines(preview):
        tell(f"worker: {line}")


def stop_when_shared(source: OwnDataSource, stopped: threading.Event) -> None:
    """Stop a node once all of its data are shared."""

    def watch() -> None:
        while not stopped.wait(_LOOK_SECONDS):
            if source.is_finished:
                stopped.set()

    threading.Thread(target=watch, name="own-data", daemon=True).start()
