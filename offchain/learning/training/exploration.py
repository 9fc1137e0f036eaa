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
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from offchain.learning.exact.integer_network import NetworkFamily, multiply_adds
from offchain.learning.training.settings import ExplorationSettings
from offchain.learning.training.trainable_network import ConvolutionalNetwork, normalise_as

BATCH = 250


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

    `images` float32 [n, in, height, width] and `labels` int64 [n] measure the importance of
    channels and set the normalisation of new ones.
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
    while not _allowed([choice.width for choice in choices], family, settings):
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


def _allowed(channels: Sequence[int], family: NetworkFamily, settings: ExplorationSettings) -> bool:
    limit = settings.multiply_adds
    too_much = limit is not None and multiply_adds(family, channels) > limit
    return not too_much and family.reason_against(channels) is None


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


@torch.no_grad()
def add_channels(
    network: ConvolutionalNetwork, fresh: Sequence[int], random: torch.Generator
) -> ConvolutionalNetwork:
    """Return `network` with `fresh` more channels behind the others of each convolution.

    What they look for is random (`random` is a generator of the CPU); what follows makes nothing
    of them yet, their weights there are zero, so that the larger network computes what `network`
    does. After Chen, Goodfellow and Shlens, "Net2Net" (2016), which copies channels instead.
    """
    device = network.linear.weight.device
    channels = [old + new for old, new in zip(network.channels, fresh, strict=True)]
    larger = ConvolutionalNetwork(channels, network.family).to(device)
    inputs = network.family.inputs
    for (old, old_norm), (new, new_norm), count in zip(
        network.layers(), larger.layers(), fresh, strict=True
    ):
        outputs = len(old.weight)
        new.weight.zero_()
        new.weight[:outputs, :inputs] = old.weight
        if count:
            bound = new.weight[0].numel() ** -0.5
            drawn = torch.empty(new.weight[outputs:].shape).uniform_(
                -bound, bound, generator=random
            )
            new.weight[outputs:] = drawn.to(device)
        for name in ("weight", "bias", "running_mean", "running_var"):
            source = cast(Tensor, getattr(old_norm, name))
            cast(Tensor, getattr(new_norm, name))[:outputs] = source
        inputs = outputs
    classes = network.family.classes
    larger.linear.weight.zero_()
    larger.linear.weight.view(classes, channels[-1], -1)[:, :inputs] = network.linear.weight.view(
        classes, inputs, -1
    )
    larger.linear.bias.copy_(network.linear.bias)
    return larger


def channel_importance(
    network: ConvolutionalNetwork, images: Tensor, labels: Tensor
) -> tuple[Tensor, ...]:
    """Return for each convolution the importance of its channels, float64 [channels] on the CPU.

    `images` float32 [n, in, height, width] and `labels` int64 [n] are on the network's device; n is
    at least 1. The network is looked at in evaluation mode and left in it.
    """
    network.eval()
    sums = [torch.zeros(channels, dtype=torch.float64) for channels in network.channels]
    for start in range(0, len(labels), BATCH):
        activations = network.activations(images[start : start + BATCH])
        logits = network.linear(activations[-1].flatten(1))
        # Summed, so that each image's gradient is its own.
        loss = functional.cross_entropy(logits, labels[start : start + BATCH], reduction="sum")
        gradients = torch.autograd.grad(loss, activations)
        for total, activation, gradient in zip(sums, activations, gradients, strict=True):
            gate = (activation.detach() * gradient).sum(dim=(2, 3))  # [n, channels]
            total += gate.square().sum(dim=0, dtype=torch.float64).cpu()
    return tuple(total / len(labels) for total in sums)


@torch.no_grad()
def keep_channels(
    network: ConvolutionalNetwork, kept: Sequence[Sequence[int]]
) -> ConvolutionalNetwork:
    """Return the network of the channels `kept`, at least one of each convolution, in their order.

    Its tensors are as small as its channels are few. It computes in evaluation mode what `network`
    computes when the activations of all other channels are zero.
    """
    device = network.linear.weight.device
    smaller = ConvolutionalNetwork([len(layer) for layer in kept], network.family).to(device)
    inputs = torch.arange(network.family.inputs, device=device)
    for (old, old_norm), (new, new_norm), layer in zip(
        network.layers(), smaller.layers(), kept, strict=True
    ):
        outputs = torch.tensor(list(layer), dtype=torch.int64, device=device)
        new.weight.copy_(old.weight.index_select(0, outputs).index_select(1, inputs))
        for name in ("weight", "bias", "running_mean", "running_var"):
            source = cast(Tensor, getattr(old_norm, name))
            cast(Tensor, getattr(new_norm, name)).copy_(source.index_select(0, outputs))
        inputs = outputs
    # Inputs of the linear layer are ordered by channel, then pixel.
    classes = network.family.classes
    by_channel = network.linear.weight.view(classes, network.channels[-1], -1)
    smaller.linear.weight.copy_(by_channel.index_select(1, inputs).reshape(classes, -1))
    smaller.linear.bias.copy_(network.linear.bias)
    return smaller
