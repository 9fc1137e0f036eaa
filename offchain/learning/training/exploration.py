"""Skeleton exploration: each node searches around the previous best network in its own way.

The skeleton is what the previous best network consists of at its core: the most important channels
of each layer. A node keeps all of it and adds channels by a choice of its own, which its seed
decides: how wide each layer becomes, which of the pruned channels come back, and how many are new.
The outcome is a small dense network, which the node trains and submits. Whoever wins, its network
is what the next skeleton is cut from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from offchain.learning.exact.integer_network import NetworkFamily, multiply_adds
from offchain.learning.training.growth import add_channels
from offchain.learning.training.importance import channel_importance
from offchain.learning.training.settings import ExplorationSettings
from offchain.learning.training.skeleton import keep_channels
from offchain.learning.training.trainable_network import ConvolutionalNetwork, normalise_as


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """The channels of one layer: numbers of the kept and of the readmitted ones, and new ones.

    `skeleton` is in order of falling importance.
    """

    skeleton: tuple[int, ...]
    readmitted: tuple[int, ...]
    fresh: int

    @property
    def width(self) -> int:
        """How many channels the layer has."""
        return len(self.skeleton) + len(self.readmitted) + self.fresh

    def narrower(self, multiple: int) -> LayerChoice:
        """Return the choice with the next lower multiple of channels, or one less if there is none.

        New ones go first, then the readmitted, then the least important.
        """
        left = self.width - 1
        left -= left % multiple if left >= multiple else 0
        kept = self.skeleton[:left]
        readmitted = self.readmitted[: left - len(kept)]
        return LayerChoice(kept, readmitted, left - len(kept) - len(readmitted))


def explore(
    network: ConvolutionalNetwork,
    images: Tensor,
    labels: Tensor,
    seed: int,
    settings: ExplorationSettings,
) -> ConvolutionalNetwork:
    """Return the sub-network around the skeleton of `network` that `seed` chooses.

    `images` float32 [n, 1, side, side] and `labels` int64 [n] measure the importance of channels
    and set the normalisation of new ones.
    """
    if settings.by_importance:
        count = settings.importance_images
        measured = channel_importance(network, images[:count], labels[:count])
        importance = [layer.numpy() for layer in measured]
    else:
        random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 1])))
        importance = [random.random(channels) for channels in network.channels]
    choices = choose_channels(importance, network.family, seed, settings)
    smaller = keep_channels(network, [choice.skeleton + choice.readmitted for choice in choices])
    fresh = [choice.fresh for choice in choices]
    larger = add_channels(smaller, fresh, torch.Generator().manual_seed(seed))
    normalise_as(larger, images, fresh)
    return larger


def choose_channels(
    importance: Sequence[NDArray[np.float64]],
    family: NetworkFamily,
    seed: int,
    settings: ExplorationSettings,
) -> tuple[LayerChoice, ...]:
    """Return each layer's channels; the arguments alone decide.

    `importance` has one number for each channel of each convolution.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    choices = [
        _choose_layer(layer, maximum, random, settings)
        for layer, maximum in zip(importance, family.maximum_channels, strict=True)
    ]
    limit = min(settings.multiply_adds or family.multiply_adds, family.multiply_adds)
    while multiply_adds(family, [choice.width for choice in choices]) > limit:
        # The layer that has grown most against what it was, of those with more than one channel.
        growth = [
            choice.width / len(layer) if choice.width > 1 else 0.0
            for choice, layer in zip(choices, importance, strict=True)
        ]
        if max(growth) == 0.0:
            break
        widest = int(np.argmax(growth))
        choices[widest] = choices[widest].narrower(settings.multiple)
    return tuple(choices)


def _choose_layer(
    importance: NDArray[np.float64],
    maximum: int,
    random: np.random.Generator,
    settings: ExplorationSettings,
) -> LayerChoice:
    width = len(importance)
    # Of equally important channels the first; what is no number is of no importance.
    order = np.argsort(-np.nan_to_num(importance), kind="stable")
    kept = max(1, math.ceil(settings.skeleton * width))
    skeleton, pruned = order[:kept], order[kept:]
    widest = math.ceil(settings.widest * width)
    multiple = settings.multiple if width >= settings.multiple else 1
    first, last = (-(-limit // multiple) for limit in (kept, widest))
    drawn = int(random.integers(first, last + 1)) * multiple
    more = max(kept, min(maximum, drawn)) - kept
    back = min(more - int(random.binomial(more, settings.fresh)), len(pruned))
    readmitted = random.permutation(pruned)[:back]
    return LayerChoice(tuple(skeleton.tolist()), tuple(readmitted.tolist()), more - back)
