"""Trains a regression: floating-point numbers here, whole numbers in what is submitted.

Some of the samples are held out; the network that earns most points on those is
kept: a table of some hundred samples is learned by heart within seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from offchain.errors import TrainingError
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, MAXIMUM_SHIFT, IntegerLayer
from offchain.learning.regression.regression_network import (
    INPUT_MAXIMUM,
    RegressionNetwork,
    inputs,
    points,
)
from offchain.learning.regression.samples import TableSamples
from offchain.learning.regression.settings import RegressionSettings
from offchain.learning.regression.table import Table
from offchain.learning.task import ProgressCallback
from offchain.ports import TrainingProgress

LARGEST_WEIGHT = 127
LARGEST_BIAS = 2**31 - 1
SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class RegressionResult:
    """The integer network, the step that it is from, its points on `held_out` samples, seconds."""

    network: RegressionNetwork
    step: int
    points: int
    held_out: int
    seconds: float


class FloatNetwork(nn.Module):
    """The integer network in floating point: a clamped hidden layer and a linear output.

    It sees inputs and gives predictions with the mean and spread of its training samples taken
    out, which is what lets one learning rate suit every column.
    """

    def __init__(self, table: Table, samples: TableSamples, hidden: int) -> None:
        super().__init__()
        given = inputs(table, samples.features) / INPUT_MAXIMUM  # [n, columns], 0 to 1
        self.mean = torch.tensor(given.mean(axis=0), dtype=torch.float32)
        self.spread = _spread(given)
        self.centre = float(samples.targets.mean())
        self.width = max(float(samples.targets.std()), 1.0)
        self.hidden = nn.Linear(len(table.columns), hidden)
        self.output = nn.Linear(hidden, 1)
        with torch.no_grad():
            # In the middle of the clamp, at first the network is a linear one; and it begins near
            # the mean, so that a run which is cut short right away is no worse than that.
            self.hidden.weight.mul_(0.3)
            self.hidden.bias.fill_(0.5)
            self.output.weight.mul_(0.1)
            self.output.bias.fill_(-0.5 * float(self.output.weight.sum()))

    def forward(self, given: Tensor) -> Tensor:
        """Predictions [n] in the target's units for inputs [n, columns], 0 to 1."""
        hidden = self.hidden((given - self.mean) / self.spread).clamp(0.0, 1.0)
        predictions: Tensor = self.centre + self.width * self.output(hidden)[:, 0]
        return predictions

    def take_over(self, network: RegressionNetwork) -> None:
        """Compute what an integer network computes, but for the rounding in it."""
        weight, bias = _as_float(network.hidden, 1.0, ACTIVATION_MAXIMUM)
        with torch.no_grad():
            self.hidden.weight.copy_(weight * self.spread)
            self.hidden.bias.copy_(bias + weight @ self.mean)
            weight, bias = _as_float(network.output, ACTIVATION_MAXIMUM, 1.0)
            self.output.weight.copy_(weight / self.width)
            self.output.bias.copy_((bias - self.centre) / self.width)

    @torch.no_grad()
    def quantised(self) -> RegressionNetwork:
        """The integer network that computes the same, but for rounding.

        Raises `TrainingError` for weights that are no finite numbers or have no integers.
        """
        weight = self.hidden.weight / self.spread
        hidden = _as_integers(weight, self.hidden.bias - weight @ self.mean, ACTIVATION_MAXIMUM)
        output = _as_integers(
            self.output.weight * self.width / ACTIVATION_MAXIMUM,
            self.output.bias * self.width + self.centre,
            1.0,
        )
        return RegressionNetwork(hidden, output)


def train_network(
    table: Table,
    samples: TableSamples,
    previous: RegressionNetwork | None,
    seed: int,
    settings: RegressionSettings,
    progress: ProgressCallback,
    clock: Callable[[], float] = time.monotonic,
) -> RegressionResult:
    """Train on `samples`, at least two, starting from `previous` if there is one.

    The seed chooses the samples that are held out, the first network and the order of the samples.

    Raises `TrainingError` where there are too few samples, or the loss or weights are not finite.
    """
    started = clock()
    if len(samples) < 2:
        raise TrainingError(f"{len(samples)} samples: training and holding out need at least 2")
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(samples))
    held = max(1, len(samples) * settings.held_out_percent // 100)
    held_out, used = samples.chosen(order[:held]), samples.chosen(order[held:])

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden = settings.hidden if previous is None else previous.hidden_units
        network = FloatNetwork(table, used, hidden)
    if previous is not None:
        network.take_over(previous)
    given = torch.tensor(inputs(table, used.features) / INPUT_MAXIMUM, dtype=torch.float32)
    targets = torch.tensor(used.targets, dtype=torch.float32)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )

    best: RegressionResult | None = None
    batches = torch.Generator().manual_seed(seed)
    for step in range(1, settings.steps + 1):
        chosen = torch.randperm(len(used), generator=batches)[: settings.batch]
        # Errors beyond the tolerance are worth the same, nothing, hence not squared.
        loss = functional.smooth_l1_loss(
            network(given[chosen]), targets[chosen], beta=float(table.tolerance)
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        is_last = step == settings.steps or clock() - started > settings.seconds
        if step % settings.report_steps == 0 or is_last:
            value = float(loss.detach())
            if not math.isfinite(value):
                raise TrainingError(f"the loss is {value} at step {step} of {settings.steps}")
            quantised = network.quantised()
            reached = int(points(table, quantised, held_out).sum(dtype=np.int64))
            seconds = clock() - started
            if best is None or reached > best.points:
                best = RegressionResult(quantised, step, reached, held, seconds)
            rate = step * len(chosen) / max(seconds, 1e-9)
            progress(TrainingProgress(step, settings.steps, value, rate))
        if is_last:
            break
    if best is None:
        raise TrainingError(f"{settings.steps} steps: at least one is needed")
    return best


def _spread(given: NDArray[np.float64]) -> Tensor:
    spread = np.maximum(given.std(axis=0), SMALLEST_SPREAD)
    return torch.tensor(spread, dtype=torch.float32)


def _as_integers(weight: Tensor, bias: Tensor, unit: float) -> IntegerLayer:
    """Weights [out, in] and biases [out] with the largest shifts at which they fit.

    Inputs and outputs being integers, a weight of 1 makes an output of 1 from an input of 1, but
    biases count in `unit` outputs.
    """
    weights = weight.double().numpy()
    biases = bias.double().numpy() * unit
    if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
        raise TrainingError("a weight is not a finite number")
    shifts = np.zeros(len(biases), np.int64)
    for shift in range(MAXIMUM_SHIFT + 1):
        scale = 2.0**shift
        fits = (np.abs(weights * scale).max(axis=1) < LARGEST_WEIGHT + 0.5) & (
            np.abs(biases * scale) < LARGEST_BIAS
        )
        shifts[fits] = shift
        if shift == 0 and not fits.all():
            raise TrainingError("a weight is too large for 8 bits, or a bias for 32")
    scales = 2.0**shifts
    return IntegerLayer(
        np.rint(weights * scales[:, None]).astype(np.int8),
        np.rint(biases * scales).astype(np.int32),
        shifts.astype(np.uint8),
    )


def _as_float(layer: IntegerLayer, weight_unit: float, bias_unit: float) -> tuple[Tensor, Tensor]:
    """Weights and biases that `_as_integers` made, as they were but for rounding."""
    scales = 2.0 ** layer.shift.astype(np.float64)
    weight = layer.weight / scales[:, None] * weight_unit
    bias = layer.bias / scales / bias_unit
    return torch.tensor(weight, dtype=torch.float32), torch.tensor(bias, dtype=torch.float32)
