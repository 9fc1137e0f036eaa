"""Regression as a learning task: rows of a table, small networks, points for near misses.

PyTorch is imported when something is trained; checking and judging need none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from offchain.learning.exact.integer_layer import MAXIMUM_SHIFT
from offchain.learning.regression import regression_network
from offchain.learning.regression.regression_network import RegressionNetwork
from offchain.learning.regression.samples import (
    TableSamples,
    concatenate,
    decode_payload,
    payload_bytes,
    payload_format,
    record_bytes,
    records,
)
from offchain.learning.regression.settings import RegressionSettings
from offchain.learning.regression.table import MAXIMUM_POINTS, Table
from offchain.learning.task import ProgressCallback, Task
from offchain.ports import TrainedModel
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class RegressionTask(Task[TableSamples, RegressionNetwork]):
    """The regression of a `table`, with `samples_per_part` rows in each payload."""

    def __init__(
        self, table: Table, samples_per_part: int, settings: RegressionSettings | None = None
    ) -> None:
        self._table = table
        super().__init__(samples_per_part)
        self._settings = settings or RegressionSettings()

    @property
    def name(self) -> str:
        """The table's name."""
        return self._table.name

    @property
    def payload_bytes(self) -> int:
        """The length of every payload; see `samples.payload_bytes`."""
        return payload_bytes(self._table, self.samples_per_part)

    def rules(self) -> Mapping[str, object]:
        """Return the table, the formats, and what a prediction is worth."""
        table = self._table
        return {
            "payload": payload_format(table),
            "record": "columns int32 big-endian, target int32 big-endian",
            "record_bytes": record_bytes(table),
            "points": "255 * max(0, tolerance - |prediction - target|) // tolerance",
            "columns": [asdict(column) for column in table.columns],
            "target": asdict(table.target),
            "tolerance": table.tolerance,
            "model": regression_network.model_format(table),
            "maximum_model_bytes": MAXIMUM_MODEL_BYTES,
            "maximum_hidden": regression_network.MAXIMUM_HIDDEN,
            "maximum_shift": MAXIMUM_SHIFT,
        }

    def decode_payload(self, plaintext: bytes) -> TableSamples:
        """Return the samples of a payload; see `samples.decode_payload`."""
        return decode_payload(self._table, plaintext, self.samples_per_part)

    def records(self, samples: TableSamples) -> Sequence[bytes]:
        """Return each row's columns and target; see `samples.records`."""
        return records(self._table, samples)

    def decode_model(self, data: bytes) -> RegressionNetwork:
        """Return the network of a model file; see `regression_network.parse_model`."""
        return regression_network.parse_model(self._table, data)

    def points(
        self, network: RegressionNetwork, samples: Sequence[TableSamples]
    ) -> NDArray[np.uint8]:
        """Return what each prediction is worth; see `regression_network.points`."""
        return regression_network.points(self._table, network, concatenate(self._table, samples))

    def points_by_definition(
        self, network: RegressionNetwork, records: Sequence[bytes]
    ) -> NDArray[np.uint8]:
        """Return what each prediction is worth; see `regression_network.points_by_definition`."""
        return regression_network.points_by_definition(self._table, network, records)

    def train(
        self,
        samples: Sequence[TableSamples],
        previous: RegressionNetwork | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train a network on all `samples`, old ones too; see `training.train_network`."""
        del ages
        from offchain.learning.regression.training import train_network

        together = concatenate(self._table, samples)
        result = train_network(self._table, together, previous, seed, self._settings, progress)
        return TrainedModel(
            regression_network.encode_model(self._table, result.network),
            f"{result.network.hidden_units} hidden units, step {result.step} on "
            f"{len(together) - result.held_out} samples in {result.seconds:.1f} s, "
            f"{result.points / MAXIMUM_POINTS:.1f} of {result.held_out} held out",
        )
