"""How much each channel of a network matters to its loss.

A channel could be taken out by a gate behind its activation that is closed. To first order that
changes the loss of one image by the gate's gradient, which is the sum of gradient times activation
over the channel's pixels. Its square, averaged over images, is the channel's importance. After
Molchanov, Mallya, Tyree, Frosio and Kautz, "Importance Estimation for Neural Network Pruning"
(CVPR 2019), section 3.1, with gates for parameters. Against the size of weights or of
normalisation's gain it has the advantage that it asks the data: a channel with large weights that
the next layer ignores, or one that is always clamped, counts for nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from offchain.learning.training.trainable_network import ConvolutionalNetwork

BATCH = 250


def channel_importance(
    network: ConvolutionalNetwork, images: Tensor, labels: Tensor
) -> tuple[Tensor, ...]:
    """Return for each convolution the importance of its channels, float64 [channels] on the CPU.

    `images` float32 [n, 1, side, side] and `labels` int64 [n] are on the network's device; n is at
    least 1. The network is looked at in evaluation mode and left in it.
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
