"""Dense layers as training works on them: floating point, with batch normalisation and clamps.

As in `trainable_network` an activation from 0 to 1 is the integer network's 0 to 255 in units of
1/255, and normalisation folds into weights and biases when the network is made of integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.training.quantisation import dequantise_layer, quantise_layer, to_numpy
from offchain.learning.training.trainable_network import (
    INITIAL_GAIN,
    gain_and_offset,
    set_gain_and_offset,
)

INITIAL_OFFSET = 0.5
"""In the middle of the clamp: at first a network is nearly linear."""


class DenseLayers(nn.Module):
    """Hidden layers, each normalised and clamped to 0 .. 1, and one linear layer behind them."""

    def __init__(self, inputs: int, units: Sequence[int], outputs: int, dropout: float) -> None:
        super().__init__()
        self.hidden = nn.ModuleList()
        self.normalisations = nn.ModuleList()
        for count in units:
            self.hidden.append(nn.Linear(inputs, count, bias=False))
            self.normalisations.append(new_normalisation(count))
            inputs = count
        self.output = nn.Linear(inputs, outputs)
        self._dropout = dropout
        with torch.no_grad():
            # Near zero where all units are in the middle: a run that is cut short right away tells
            # the mean, or all classes alike.
            self.output.weight.mul_(0.1)
            self.output.bias.copy_(-INITIAL_OFFSET * self.output.weight.sum(dim=1))

    def layers(self) -> Iterator[tuple[nn.Linear, nn.BatchNorm1d]]:
        """Yield each hidden layer with its normalisation."""
        for layer, normalisation in zip(self.hidden, self.normalisations, strict=True):
            yield cast(nn.Linear, layer), cast(nn.BatchNorm1d, normalisation)

    def forward(self, activation: Tensor) -> Tensor:
        """Return sums [n, outputs] for inputs [n, inputs] from 0 to 1."""
        for layer, normalisation in self.layers():
            activation = functional.hardtanh(normalisation(layer(activation)), 0.0, 1.0)
            activation = functional.dropout(activation, self._dropout, self.training)
        sums: Tensor = self.output(activation)
        return sums

    def quantised_hidden(self) -> list[IntegerLayer]:
        """The hidden layers as integers; `TrainingError` if a number is not finite or too large."""
        found = []
        for layer, normalisation in self.layers():
            gain, offset = gain_and_offset(normalisation)
            weight = to_numpy(layer.weight * gain[:, None])
            found.append(quantise_layer(weight, to_numpy(offset), shared_shift=False))
        return found

    @torch.no_grad()
    def begin(self, activation: Tensor) -> None:
        """Give a new network's normalisations the statistics of `activation` [n, inputs]."""
        for layer, normalisation in self.layers():
            sums = layer(activation)
            begin(normalisation, sums)
            gain, offset = gain_and_offset(normalisation)
            activation = (sums * gain + offset).clamp(0.0, 1.0)

    @torch.no_grad()
    def begin_linear(self, weight: Tensor, bias: Tensor, activation: Tensor) -> None:
        """Compute ``inputs @ weight.T + bias``, as far as units suffice, and go on from there.

        Each principal direction of `weight` [outputs, inputs] takes a unit of each hidden layer,
        which `activation` [n, inputs] never clamps; more units share it while half of a layer is
        left, so that none is missed much when it is dropped. The output reads no other units yet.
        """
        left, values, right = torch.linalg.svd(weight.double(), full_matrices=False)
        smallest = min(layer.out_features for layer, _ in self.layers())
        rank = min(len(values), smallest)
        copies = max(1, smallest // (2 * rank))
        used = copies * rank
        directions = values[:rank, None] * right[:rank]  # [rank, inputs]
        sums = activation.double() @ directions.T
        lowest, highest = sums.amin(dim=0), sums.amax(dim=0)
        # Rows that training does not know may lie a little further out.
        margin = 0.1 * (highest - lowest) + 1e-6
        lowest, width = lowest - margin, highest - lowest + 2.0 * margin
        onwards = (directions / width[:, None]).repeat(copies, 1)
        offset = (-lowest / width).repeat(copies)
        for layer, normalisation in self.layers():
            layer.weight[:used] = onwards
            sums = layer(activation)
            begin(normalisation, sums)
            gain, old_offset = gain_and_offset(normalisation)
            gain[:used], old_offset[:used] = 1.0, offset.to(old_offset)
            set_gain_and_offset(normalisation, gain, old_offset)
            activation = (sums * gain + old_offset).clamp(0.0, 1.0)
            onwards = torch.eye(used, activation.shape[1], dtype=onwards.dtype)
            onwards, offset = onwards.to(activation.device), torch.zeros_like(offset)
        self.output.weight.zero_()
        self.output.weight[:, :used] = (left[:, :rank] * (width / copies)).repeat(1, copies)
        self.output.bias.copy_(bias.double() + left[:, :rank] @ lowest)

    @torch.no_grad()
    def take_over(self, hidden: Sequence[IntegerLayer], activation: Tensor) -> None:
        """Compute what integer hidden layers do, normalised by what `activation` [n, inputs] gives.

        Only the rounding of activations is missing.
        """
        for (layer, normalisation), integer in zip(self.layers(), hidden, strict=True):
            weight, bias = (one.to(activation.device) for one in dequantise_layer(integer))
            layer.weight.copy_(weight)
            sums = activation @ weight.T
            settle(normalisation, sums, torch.ones_like(bias), bias)
            activation = (sums + bias).clamp(0.0, 1.0)


def new_normalisation(units: int) -> nn.BatchNorm1d:
    """Normalisation that a new network begins with."""
    normalisation = nn.BatchNorm1d(units)
    nn.init.constant_(normalisation.weight, INITIAL_GAIN)
    nn.init.constant_(normalisation.bias, INITIAL_OFFSET)
    return normalisation


@torch.no_grad()
def begin(normalisation: nn.BatchNorm1d, sums: Tensor) -> None:
    """Give a new normalisation the statistics of `sums` [n, units], as it will see them."""
    variance, mean = torch.var_mean(sums, dim=0, correction=0)
    cast(Tensor, normalisation.running_mean).copy_(mean)
    cast(Tensor, normalisation.running_var).copy_(variance)


@torch.no_grad()
def settle(normalisation: nn.BatchNorm1d, sums: Tensor, gain: Tensor, offset: Tensor) -> None:
    """Give normalisation the statistics of `sums` [n, units] while it gives `gain` and `offset`."""
    begin(normalisation, sums)
    set_gain_and_offset(normalisation, gain, offset)
