"""Smaller networks: some channels of a network, cut out as a dense network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from offchain.learning.training.trainable_network import ConvolutionalNetwork


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
    inputs = torch.zeros(1, dtype=torch.int64, device=device)
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
