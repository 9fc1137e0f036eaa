"""A network of a table in training: floating-point numbers, whole ones in what is submitted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
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
from offchain.learning.task_file.words import NumberTarget, TableSamples
from offchain.learning.training.dense_loop import Trainee
from offchain.learning.training.dense_network import DenseLayers
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.linear_start import fit_classes, fit_number
from offchain.learning.training.quantisation import dequantise_layer, quantise_layer, to_numpy

STATISTICS_ROWS = 4000
"""Rows over which a network has its normalisation set, and its linear start fitted at most."""

FITTED_PRODUCTS = 20_000_000
"""Rows times inputs times outputs of a linear start at most: it takes few seconds."""


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
    """See `Trainee`.

    It begins as `previous`, or as a linear model of the rows whose penalties are chosen until
    `is_over` says so. A new network's bins are between `edges`; without them they are the rows'.
    """

    def __init__(
        self,
        table: TableSamples,
        rows: TableRows,
        held: TableRows,
        previous: TableNetwork | None,
        settings: DenseSettings,
        device: torch.device,
        is_over: Callable[[], bool] = lambda: False,
        edges: NDArray[np.int32] | None = None,
    ) -> None:
        self.table, self.held, self.settings, self.device = table, held, settings, device
        self.samples, self.held_out = len(rows), len(held)
        if previous is not None:
            edges = previous.edges
        self.edges = quantile_edges(table, rows, settings.bins) if edges is None else edges
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
            self._begin_linear(layers, is_over)
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

    def held_points(self, network: TableNetwork) -> NDArray[np.uint8]:
        """See `Trainee`."""
        return points(self.table, network, self.held)

    def _begin_linear(self, layers: DenseLayers, is_over: Callable[[], bool]) -> None:
        outputs = output_count(self.table)
        most = max(FITTED_PRODUCTS // (self.inputs.shape[1] * outputs), 10 * outputs)
        some = self.inputs[: min(most, STATISTICS_ROWS)]
        wanted = self.wanted[: len(some)].cpu().numpy()
        inputs = to_numpy(some) / ACTIVATION_MAXIMUM
        if isinstance(self.table.target, NumberTarget):
            model = fit_number(self.table, self.edges, inputs, wanted.astype(np.float64))
        else:
            model = fit_classes(self.table, self.edges, inputs, wanted, outputs, is_over)
        weight, bias = (torch.from_numpy(one).to(self.device) for one in (model.weight, model.bias))
        layers.begin_linear(weight, bias, some.float() / ACTIVATION_MAXIMUM)

    @torch.no_grad()
    def _take_over(self, layers: DenseLayers, previous: TableNetwork, some: Tensor) -> None:
        layers.take_over(previous.layers[:-1], some)
        weight, bias = dequantise_layer(previous.layers[-1])
        layers.output.weight.copy_(weight / self.width)
        layers.output.bias.copy_((bias - self.centre) / self.width)

    def _layers(self) -> DenseLayers:
        assert isinstance(self.network, DenseLayers)  # noqa: S101  (made so above)
        return self.network
