"""Larger networks: new channels that change nothing until they are trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from offchain.learning.training.trainable_network import ConvolutionalNetwork


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
    inputs = 1
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
