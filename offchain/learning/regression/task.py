"""Regression as a learning task: rows of a table, small networks, near misses as the score.

PyTorch is imported when something is trained; checking and judging need none.
"""

from __future__ import annotations

from collections.abc import Sequence

from offchain.learning.regression import regression_network
from offchain.learning.regression.regression_network import RegressionNetwork
from offchain.learning.regression.samples import TableSamples, concatenate, decode_payload
from offchain.learning.regression.settings import RegressionSettings
from offchain.learning.regression.table import Table
from offchain.learning.task import ProgressCallback, Task
from offchain.ports import TrainedModel


class RegressionTask(Task[TableSamples, RegressionNetwork]):
    """The regression of a `table`, with payloads of at most `maximum_samples`."""

    def __init__(
        self, table: Table, maximum_samples: int, settings: RegressionSettings | None = None
    ) -> None:
        self._table = table
        self._maximum_samples = maximum_samples
        self._settings = settings or RegressionSettings()

    @property
    def name(self) -> str:
        """The table's name."""
        return self._table.name

    def decode_payload(self, plaintext: bytes) -> TableSamples:
        """Return the samples of a payload; see `samples.decode_payload`."""
        return decode_payload(self._table, plaintext, self._maximum_samples)

    def sample_count(self, samples: TableSamples) -> int:
        """Return how many rows there are."""
        return len(samples)

    def decode_model(self, data: bytes) -> RegressionNetwork:
        """Return the network of a model file; see `regression_network.parse_model`."""
        return regression_network.parse_model(self._table, data)

    def score(self, network: RegressionNetwork, samples: Sequence[TableSamples]) -> int:
        """Return what the predictions of all samples are worth; see `regression_network.score`."""
        return regression_network.score(self._table, network, concatenate(self._table, samples))

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
            f"{result.credit / self._table.tolerance:.1f} of {result.held_out} held out",
        )
