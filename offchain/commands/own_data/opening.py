"""Opens own data for a node: all are looked at once, and what is bad is said before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from offchain.commands.own_data.preview import DataPreview
from offchain.errors import DataError
from offchain.learning.kinds.known import find_kind
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.own_data import OwnData
from offchain.learning.own_data.source import OwnDataSource
from offchain.learning.task_file.words import TaskFile


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which data a node shares.

    Attributes:
        path: a file or a folder.
        node: whose part of the data it is, from 0.
        nodes: how many split them.
    """

    path: Path
    node: int = 0
    nodes: int = 1


@dataclass(frozen=True, slots=True)
class OpenedData:
    """Own data that can be drawn from, and what they are."""

    source: OwnDataSource
    preview: DataPreview

    def require_good(self, skip_bad: bool) -> None:
        """Raise `DataError` where something is refused, unless it is to be skipped.

        It does so too where no sample fits at all.
        """
        report = self.preview.report
        if report.refused and not skip_bad:
            raise DataError(
                f"{report.refused} of {report.refused + report.accepted} samples are refused, the "
                f"first: {report.refusals[0]}; mend them, or share the others with --skip-bad"
            )
        if not report.accepted:
            raise DataError(f"no sample of {self.preview.path} fits the task {self.preview.task}")


@contextmanager
def opened_data(
    chosen: Chosen,
    task: TaskFile,
    ledger_file: Path,
    secret: bytes,
    *,
    to_share: bool = True,
) -> Iterator[OpenedData]:
    """Open data by the ledger of a node, and look at every sample.

    What is only looked at (not ``to_share``) is done with a copy of the ledger, if there is one.

    Raises:
        DataError: the path is not there, or of no known layout.
        ConfigurationError: a library is missing, or the ledger cannot be used.
    """
    data = OwnData(chosen.path, task.samples, chosen.node, chosen.nodes)
    encode = partial(find_kind(task.kind).encode_payload, task)
    with _ledger(ledger_file, to_share) as ledger:
        source = OwnDataSource(data, ledger, encode, task.samples_per_part, secret)
        report = source.scan()
        counts = ledger.counts()
        labels = data.preparation.labels
        preview = DataPreview(
            chosen.path,
            task.name,
            task.model.judge,
            labels,
            report,
            counts.waiting,
            counts.drawn,
        )
        yield OpenedData(source, preview)


@contextmanager
def _ledger(file: Path, to_share: bool) -> Iterator[Ledger]:
    if to_share:
        with Ledger(file) as ledger:
            yield ledger
        return
    with TemporaryDirectory(prefix="modelchain-ledger-") as folder:
        copy = Path(folder) / "ledger.sqlite"
        if not file.is_file():
            with Ledger(copy) as ledger:
                yield ledger
            return
        with Ledger(file) as ledger, ledger.copied_to(copy) as copied:
            yield copied
