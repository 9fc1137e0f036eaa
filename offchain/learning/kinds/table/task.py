"""Rows of a table as a learning task: payloads, dense networks, points for what is told of a row.

PyTorch is imported when something is trained; checking and judging need none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from offchain.learning.exact.dense import reference_sums
from offchain.learning.exact.integer_layer import MAXIMUM_SHIFT
from offchain.learning.exact.integer_network import EXACT_BOUND, WEIGHT_MAXIMUM
from offchain.learning.exact.table_network import (
    MAXIMUM_BINS,
    MAXIMUM_UNITS,
    MODEL_FORMAT,
    TableNetwork,
    encode_model,
    parse_model,
    points,
    units_text,
)
from offchain.learning.formats.samples import TableRows
from offchain.learning.formats.table import (
    PAYLOAD_FORMAT,
    concatenate,
    decode_payload,
    payload_bytes,
    record_bytes,
    records,
    rows_of,
)
from offchain.learning.kinds.file_task import FileTask
from offchain.learning.kinds.table.judge import TABLE_JUDGE, TableJudge
from offchain.learning.task import ProgressCallback
from offchain.learning.task_file.words import NumberTarget, TableSamples, TaskFile, TaskFileError
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.newest_parts import new_samples, newest_parts
from offchain.ports import TrainedModel
from offchain.protocol.words.judge import JUDGE_WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


TRAINING_VALUES = 32_000_000
"""Values that are trained on at most: each takes some ten bytes, by its bins."""


def table_words(file: TaskFile) -> TableSamples:
    """Return what a task file says of its rows.

    Raises:
        TaskFileError: it is of another kind, or names a judge that is none of tables'.
    """
    if not isinstance(file.samples, TableSamples):
        raise TaskFileError(f"the task {file.name} is of {file.kind}, not of tables")
    if file.model.judge not in (None, TABLE_JUDGE):
        raise TaskFileError(f"judge is {file.model.judge}: tables have {TABLE_JUDGE} alone")
    return file.samples


class TableTask(FileTask[TableRows, TableNetwork]):
    """The task of a `file` of tables, trained on `device`; None takes a GPU if there is one."""

    def __init__(self, file: TaskFile, settings: DenseSettings, device: str | None = None) -> None:
        self._table = table_words(file)
        super().__init__(file)
        self._judge = (
            TableJudge(self._table, file.model.maximum_bytes) if file.model.judge else None
        )
        self._settings = settings
        self._device = device

    @property
    def payload_bytes(self) -> int:
        """The length of every payload."""
        return payload_bytes(self._table, self.samples_per_part)

    @property
    def judge(self) -> TableJudge | None:
        """The definition, where a contract has it on chain."""
        return self._judge

    def rules(self) -> Mapping[str, object]:
        """Return the formats, the family's bounds, and what a prediction is worth."""
        number = isinstance(self._table.target, NumberTarget)
        return {
            "payload": PAYLOAD_FORMAT,
            "record": "columns int32 big-endian, target int32 big-endian",
            "record_bytes": record_bytes(self._table),
            "points": (
                "255 * max(0, tolerance - |prediction - target|) // tolerance"
                if number
                else "1 if the lowest class of the largest logits is the target, else 0"
            ),
            "model": MODEL_FORMAT,
            "maximum_model_bytes": self.file.model.maximum_bytes,
            "maximum_bins": MAXIMUM_BINS,
            "maximum_units": MAXIMUM_UNITS,
            "maximum_weight": WEIGHT_MAXIMUM,
            "maximum_shift": MAXIMUM_SHIFT,
            "sums_below": EXACT_BOUND,
            **({JUDGE_WORDS: self._judge.words} if self._judge else {}),
        }

    def decode_payload(self, plaintext: bytes) -> TableRows:
        """Return the rows of a payload; see `table.decode_payload`."""
        return decode_payload(self._table, f"{self.name} payload", plaintext, self.samples_per_part)

    def records(self, samples: TableRows) -> Sequence[bytes]:
        """Return each row's columns and target; see `table.records`."""
        return records(self._table, samples)

    def decode_model(self, data: bytes) -> TableNetwork:
        """Return the network of a model file; see `table_network.parse_model`."""
        return parse_model(self._table, data, self.file.model.maximum_bytes)

    def points(self, network: TableNetwork, samples: Sequence[TableRows]) -> NDArray[np.uint8]:
        """Return what each prediction is worth; see `table_network.points`."""
        return points(self._table, network, concatenate(self._table, samples))

    def points_by_definition(
        self, network: TableNetwork, records: Sequence[bytes]
    ) -> NDArray[np.uint8]:
        """Return the same for the rows of some records, in int64 alone."""
        return points(self._table, network, rows_of(self._table, records), reference_sums)

    def train(
        self,
        samples: Sequence[TableRows],
        previous: TableNetwork | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train a network on `samples`, old ones too; see `table_training.train_table`.

        The oldest are left out where there are more than `TRAINING_VALUES`.
        """
        from offchain.learning.training.device import chosen_device
        from offchain.learning.training.table_training import train_table

        columns = len(self._table.columns)
        used = newest_parts([columns * len(part) for part in samples], ages, TRAINING_VALUES)
        together = concatenate(self._table, [samples[number] for number in used])
        device = chosen_device(self._device)
        result = train_table(
            self._table,
            together,
            previous,
            seed,
            self._settings,
            progress,
            device,
            is_new=new_samples([len(part) for part in samples], ages, used),
            maximum_bytes=self.file.model.maximum_bytes,
        )
        return TrainedModel(
            encode_model(self._table, result.network),
            f"hidden units {units_text(result.network.units)}, step {result.step} on "
            f"{result.samples} rows in {result.seconds:.1f} s, "
            f"{result.points:.3f} points on {result.held_out} held out",
            used,
        )
