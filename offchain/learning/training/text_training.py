"""Trains networks of texts: means of n-grams' embeddings and dense layers behind them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from offchain.errors import TrainingError
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, MAXIMUM_SHIFT, IntegerLayer
from offchain.learning.exact.integer_network import EXACT_BOUND, WEIGHT_MAXIMUM
from offchain.learning.exact.text_network import (
    MEAN_UNIT,
    TextNetwork,
    batches,
    check_network,
    points,
    text_buckets,
)
from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.task import ProgressCallback
from offchain.learning.task_file.words import TextSamples
from offchain.learning.training.dense_loop import (
    DenseResult,
    Trainee,
    held_out,
    is_better,
    train_dense,
)
from offchain.learning.training.dense_network import (
    DenseLayers,
    begin,
    new_normalisation,
    settle,
)
from offchain.learning.training.dense_settings import NEW_PART, DenseSettings
from offchain.learning.training.quantisation import dequantise_layer, quantise_layer, to_numpy
from offchain.learning.training.trainable_network import gain_and_offset

STATISTICS_TEXTS = 2000
"""Texts over which a network that was taken over has its normalisation set."""

UNIT = MEAN_UNIT / ACTIVATION_MAXIMUM
"""A mean of 1 in floating point is 256 in whole numbers, an activation of 1 is 255."""


def train_text(
    words: TextSamples,
    samples: LabelledTexts,
    previous: TextNetwork | None,
    seed: int,
    settings: DenseSettings,
    progress: ProgressCallback,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.monotonic,
    *,
    is_new: NDArray[np.bool_] | None = None,
) -> DenseResult[TextNetwork]:
    """Train a new network on `samples`, at least three, or go on from `previous` if that is better.

    It is where the previous network earns more than the new one by more than chance, on texts that
    neither has learned: usually texts of all rounds teach a new one more than those of this round
    add to the previous one. `is_new`, bool [n], says which the previous network has not learned;
    without it that is all of them. The seed chooses the texts that are held out, the first network
    and the order of the texts. Raises `TrainingError` where there are too few, or loss or weights
    are no finite numbers.
    """
    started = clock()
    used, held = held_out(len(samples), seed, settings)

    def trained(
        used: NDArray[np.int64], held: NDArray[np.int64], first: TextNetwork | None, part: float
    ) -> DenseResult[TextNetwork]:
        trainee = TextTrainee(
            words,
            samples.chosen(used),
            samples.chosen(held),
            first,
            settings,
            torch.device(device),
        )
        rate = settings.learning_rate if first is None else settings.warm_learning_rate
        left = settings.until(part, clock() - started)
        return train_dense(trainee, seed, rate, left, progress, clock)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = trained(used, held, None, 1.0 if previous is None else NEW_PART)
        if previous is None:
            return made
        new = held if is_new is None else held[is_new[held]]
        unknown = samples.chosen(new)
        if is_better(points(previous, unknown), points(made.network, unknown)):
            return trained(np.setdiff1d(np.arange(len(samples)), new), new, previous, 1.0)
        return replace(made, seconds=clock() - started)


class TextLayers(nn.Module):
    """The embedding of n-grams, its mean normalised and clamped to 0 .. 1, and dense layers."""

    def __init__(self, buckets: int, units: tuple[int, int], classes: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(buckets, units[0], mode="mean")
        self.normalisation = new_normalisation(units[0])
        self.dense = DenseLayers(units[0], units[1:], classes, dropout)

    def forward(self, chosen: Tensor, starts: Tensor) -> Tensor:
        """Return logits [n, classes] of texts whose n-grams are `chosen`, from `starts` [n] on."""
        means = self.normalisation(self.embedding(chosen, starts))
        logits: Tensor = self.dense(functional.hardtanh(means, 0.0, 1.0))
        return logits


class TextTrainee(Trainee[TextNetwork]):
    """See `Trainee`."""

    def __init__(
        self,
        words: TextSamples,
        samples: LabelledTexts,
        held: LabelledTexts,
        previous: TextNetwork | None,
        settings: DenseSettings,
        device: torch.device,
    ) -> None:
        self.words, self.held, self.settings, self.device = words, held, settings, device
        self.samples, self.held_out = len(samples), len(held)
        buckets = settings.buckets if previous is None else previous.buckets
        units = settings.units if previous is None else previous.units
        chosen, counts = [], []
        for start, end in batches(samples.texts):
            some, starts = text_buckets(samples.texts[start:end], buckets)
            chosen.append(some.astype(np.int32))
            counts.append(np.diff(starts, append=len(some)))
        self.chosen = torch.from_numpy(np.concatenate(chosen)).to(device)
        self.counts = torch.from_numpy(np.concatenate(counts)).to(device)
        self.starts = self.counts.cumsum(0) - self.counts
        self.labels = torch.from_numpy(samples.labels.astype(np.int64)).to(device)
        self.layers = TextLayers(buckets, units, len(words.labels), settings.dropout).to(device)
        self.network = self.layers
        self._begin(previous)

    def loss(self, chosen: Tensor) -> Tensor:
        """See `Trainee`."""
        chosen = chosen.to(self.device)
        return functional.cross_entropy(
            self.layers(*self._grams(chosen)),
            self.labels[chosen],
            label_smoothing=self.settings.label_smoothing,
        )

    @torch.no_grad()
    def quantised(self) -> TextNetwork:
        """See `Trainee`."""
        layers = self.layers
        gain, offset = gain_and_offset(layers.normalisation)
        embedding = _quantise_embedding(
            to_numpy(layers.embedding.weight * gain) / UNIT, to_numpy(offset)
        )
        [hidden] = layers.dense.quantised_hidden()
        output = quantise_layer(
            to_numpy(layers.dense.output.weight), to_numpy(layers.dense.output.bias), True
        )
        network = TextNetwork(embedding, (hidden, output))
        check_network(self.words, network)
        return network

    def held_points(self, network: TextNetwork) -> NDArray[np.uint8]:
        """See `Trainee`."""
        return points(network, self.held)

    def _grams(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The n-grams of some texts, one behind the other, and where each text's begin."""
        counts = self.counts[chosen]
        ends = counts.cumsum(0)
        starts = ends - counts
        within = torch.arange(int(ends[-1]), device=self.device)
        within = within - starts.repeat_interleave(counts)
        places = self.starts[chosen].repeat_interleave(counts) + within
        return self.chosen[places], starts.to(self.chosen.dtype)

    @torch.no_grad()
    def _begin(self, previous: TextNetwork | None) -> None:
        """Set normalisation by the texts, and take over a previous network if there is one."""
        layers = self.layers
        some = torch.arange(min(self.samples, STATISTICS_TEXTS), device=self.device)
        if previous is None:
            means = layers.embedding(*self._grams(some))
            begin(layers.normalisation, means)
            gain, offset = gain_and_offset(layers.normalisation)
            layers.dense.begin((means * gain + offset).clamp(0.0, 1.0))
            return
        integer = previous.embedding
        unit = np.exp2(-integer.shift.astype(np.float64))
        layers.embedding.weight.copy_(torch.from_numpy(integer.weight * unit * UNIT))
        bias = torch.tensor(
            integer.bias * unit / ACTIVATION_MAXIMUM, dtype=torch.float32, device=self.device
        )
        means = layers.embedding(*self._grams(some))
        settle(layers.normalisation, means, torch.ones_like(bias), bias)
        layers.dense.take_over(previous.layers[:-1], (means + bias).clamp(0.0, 1.0))
        weight, offset = dequantise_layer(previous.layers[-1])
        layers.dense.output.weight.copy_(weight)
        layers.dense.output.bias.copy_(offset)


def _quantise_embedding(weight: np.ndarray, bias: np.ndarray) -> IntegerLayer:
    """Integers for an embedding [buckets, units] with biases [units], a shift for each unit."""
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise TrainingError("training ended with weights that are not finite numbers")
    shift = np.empty(len(bias), np.int64)
    for unit, largest in enumerate(np.abs(weight).max(axis=0).tolist()):
        room = math.floor(math.log2((WEIGHT_MAXIMUM + 0.5) / max(largest, 1e-9)))
        within = math.floor(
            math.log2((EXACT_BOUND - 1) / ACTIVATION_MAXIMUM / max(abs(bias[unit]), 1e-9))
        )
        shift[unit] = min(MAXIMUM_SHIFT, room, within)
    if (shift < 0).any():
        raise TrainingError("training ended with weights too large for an integer network")
    scale = np.exp2(shift)
    return IntegerLayer(
        np.rint(weight * scale).astype(np.int8),
        np.rint(bias * scale * ACTIVATION_MAXIMUM).astype(np.int32),
        shift.astype(np.uint8),
    )
