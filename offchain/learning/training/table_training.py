"""Trains networks of tables: floating-point numbers here, whole numbers in what is submitted."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from offchain.learning.exact.table_network import (
    TableNetwork,
    check_network,
    input_count,
    inputs_of,
    number_columns,
    output_count,
    points,
)
from offchain.learning.formats.samples import TableRows
from offchain.learning.task import ProgressCallback
from offchain.learning.task_file.words import NumberTarget, TableSamples
from offchain.learning.training.dense_loop import DenseResult, Trainee, held_out, train_dense
from offchain.learning.training.dense_network import DenseLayers
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.quantisation import dequantise_layer, quantise_layer, to_numpy

STATISTICS_ROWS = 4000
"""Rows over which a network that was taken over has its normalisation set."""


def train_table(
    table: TableSamples,
    rows: TableRows,
    previous: TableNetwork | None,
    seed: int,
    settings: DenseSettings,
    progress: ProgressCallback,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.monotonic,
) -> DenseResult[TableNetwork]:
    """Train on `rows`, at least three, starting from `previous` if there is one.

    The seed chooses the rows that are held out, the first network and the order of the rows. Raises
    `TrainingError` where there are too few rows, or loss or weights are no finite numbers.
    """
    used, held = held_out(len(rows), seed, settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trainee = TableTrainee(
            table, rows.chosen(used), rows.chosen(held), previous, settings, torch.device(device)
        )
        rate = settings.learning_rate if previous is None else settings.warm_learning_rate
        return train_dense(trainee, seed, rate, settings, progress, clock)


def quantile_edges(table: TableSamples, rows: TableRows, bins: int) -> NDArray[np.int32]:
    """Return edges int32 [number columns, bins + 1] between which as many rows lie each."""
    parts = np.linspace(0.0, 1.0, bins + 1)
    columns = rows.columns[:, number_columns(table)]
    if not columns.shape[1]:
        return np.zeros((0, bins + 1), np.int32)
    return np.ascontiguousarray(
        np.quantile(columns, parts, axis=0, method="nearest").T.astype(np.int32)
    )


class TableTrainee(Trainee[TableNetwork]):
    """See `Trainee`."""

    def __init__(
        self,
        table: TableSamples,
        rows: TableRows,
        held: TableRows,
        previous: TableNetwork | None,
        settings: DenseSettings,
        device: torch.device,
    ) -> None:
        self.table, self.held, self.settings, self.device = table, held, settings, device
        self.samples, self.held_out = len(rows), len(held)
        self.edges = (
            quantile_edges(table, rows, settings.bins) if previous is None else previous.edges
        )
        self.inputs = torch.from_numpy(inputs_of(table, self.edges, rows.columns)).to(device)
        target = table.target
        self.centre, self.width = 0.0, 1.0
        if isinstance(target, NumberTarget):
            part = (rows.target - target.lowest) / (target.highest - target.lowest)
            self.centre, self.width = float(part.mean()), max(float(part.std()), 1e-6)
            wanted = torch.tensor((part - self.centre) / self.width, dtype=torch.float32)
        else:
            wanted = torch.from_numpy(rows.target.astype(np.int64))
        self.wanted = wanted.to(device)
        units = settings.units if previous is None else previous.units
        count = input_count(table, self.edges.shape[1] - 1)
        layers = DenseLayers(count, units, output_count(table), settings.dropout)
        self.network = layers.to(device)
        some = self.inputs[:STATISTICS_ROWS].float() / 255.0
        if previous is None:
            layers.begin(some)
        else:
            self._take_over(layers, previous, some)

    def loss(self, chosen: Tensor) -> Tensor:
        """See `Trainee`."""
        chosen = chosen.to(self.device)
        found = self.network(self.inputs[chosen].float() / 255.0)
        target = self.table.target
        if isinstance(target, NumberTarget):
            # Errors beyond the tolerance are worth the same, nothing, hence not squared.
            tolerance = target.tolerance / (target.highest - target.lowest) / self.width
            return functional.smooth_l1_loss(found[:, 0], self.wanted[chosen], beta=tolerance)
        return functional.cross_entropy(
            found, self.wanted[chosen], label_smoothing=self.settings.label_smoothing
        )

    @torch.no_grad()
    def quantised(self) -> TableNetwork:
        """See `Trainee`."""
        layers = self._layers()
        first, second = layers.quantised_hidden()
        weight = to_numpy(layers.output.weight) * self.width
        bias = to_numpy(layers.output.bias) * self.width + self.centre
        output = quantise_layer(weight, bias, shared_shift=True)
        network = TableNetwork(self.edges, (first, second, output))
        check_network(self.table, network)
        return network

    def held_points(self, network: TableNetwork) -> float:
        """See `Trainee`."""
        return float(points(self.table, network, self.held).mean(dtype=np.float64))

    @torch.no_grad()
    def _take_over(self, layers: DenseLayers, previous: TableNetwork, some: Tensor) -> None:
        layers.take_over(previous.layers[:-1], some)
        weight, bias = dequantise_layer(previous.layers[-1])
        layers.output.weight.copy_(weight / self.width)
        layers.output.bias.copy_((bias - self.centre) / self.width)

    def _layers(self) -> DenseLayers:
        assert isinstance(self.network, DenseLayers)  # noqa: S101  (made so above)
        return self.network
