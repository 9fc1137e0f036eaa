"""The floating-point network that training works on.

It is built so that the integer network is near: activations are clamped to 0 .. 1 (the integer
network's 0 .. 255 in units of 1/255) and batch normalisation folds into weights and biases. See
`quantisation` for the way there and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from offchain.learning.exact.integer_network import DIGITS_FAMILY, NetworkFamily
from offchain.learning.training.normalisation import normalise_and_clamp

INITIAL_GAIN = 0.25
"""Batch normalisation's first gain: with it four standard deviations fit below the clamp at 1."""


class ConvolutionalNetwork(nn.Module):
    """Convolutions with batch normalisation and a clamp to 0 .. 1, then one linear layer.

    `channels` are the convolutions' output channels; the rest is the family's.
    """

    def __init__(self, channels: Sequence[int], family: NetworkFamily = DIGITS_FAMILY) -> None:
        super().__init__()
        self.family = family
        self.channels = tuple(channels)
        inputs = family.inputs
        self.convolutions = nn.ModuleList()
        self.normalisations = nn.ModuleList()
        for outputs, kernel, stride, margin in zip(
            channels, family.kernels, family.strides, family.margins, strict=True
        ):
            self.convolutions.append(
                nn.Conv2d(inputs, outputs, kernel, stride, padding=margin, bias=False)
            )
            self.normalisations.append(nn.BatchNorm2d(outputs))
            inputs = outputs
        for _, normalisation in self.layers():
            nn.init.constant_(normalisation.weight, INITIAL_GAIN)
        self.linear = nn.Linear(inputs * family.pixels, family.classes)

    def layers(self) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d]]:
        """Yield each convolution with its normalisation."""
        for convolution, normalisation in zip(self.convolutions, self.normalisations, strict=True):
            yield cast(nn.Conv2d, convolution), cast(nn.BatchNorm2d, normalisation)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits float32 [n, classes] of images float32 [n, in, height, width], 0 to 1."""
        logits: Tensor = self.linear(self.activations(images)[-1].flatten(1))
        return logits

    def activations(self, images: Tensor) -> list[Tensor]:
        """Return each convolution's clamped output, [n, out, height, width], for such images."""
        found = []
        activation = images
        for layer, (convolution, normalisation) in enumerate(self.layers()):
            # [n, in, height, width] -> [n, out, height / stride, width / stride]
            if layer == 0 and can_be_rearranged(convolution, self.family.sizes[0]):
                sums = convolve_rearranged(activation, convolution)
            elif activation.shape[2:] == convolution.kernel_size and not convolution.padding[0]:
                sums = convolve_whole(activation, convolution)
            else:
                sums = convolution(activation)
            activation = normalise_and_clamp(normalisation, sums)
            found.append(activation)
        return found


def can_be_rearranged(convolution: nn.Conv2d, size: tuple[int, int]) -> bool:
    """Return whether `convolve_rearranged` serves for images of this height and width."""
    margin = cast(int, convolution.padding[0])
    return (
        size[0] % 2 == 0
        and size[1] % 2 == 0
        and convolution.stride[0] == 2
        and convolution.kernel_size[0] == 2 * margin + 1
    )


def convolve_rearranged(images: Tensor, convolution: nn.Conv2d) -> Tensor:
    """Return what `convolution`, of stride 2, gives for `images` of even height and width.

    Each square of 2 x 2 pixels becomes one pixel of 4 channels, and the kernel is rearranged
    likewise, so that the stride is 1. With a single input channel, the gradient of a strided
    kernel takes six times as long on a CPU.
    """
    outputs, inputs, kernel, _ = convolution.weight.shape
    margin = cast(int, convolution.padding[0])
    reach = (margin + 1) // 2  # how many squares the kernel reaches to each side
    before = 2 * reach - margin
    after = 4 * reach + 2 - kernel - before
    squares = 2 * reach + 1
    weight = functional.pad(convolution.weight, (before, after, before, after))
    weight = weight.view(outputs, inputs, squares, 2, squares, 2).permute(0, 1, 3, 5, 2, 4)
    pixels = functional.pixel_unshuffle(images, 2).contiguous(memory_format=torch.channels_last)
    return functional.conv2d(
        pixels, weight.reshape(outputs, inputs * 4, squares, squares), padding=reach
    )


def convolve_whole(images: Tensor, convolution: nn.Conv2d) -> Tensor:
    """Return what `convolution` gives where its kernel covers whole images: one matrix product.

    Rows of it are pixels by channel, in the order of channels-last tensors, which are not copied.
    """
    outputs = convolution.out_channels
    sums = functional.linear(
        images.permute(0, 2, 3, 1).reshape(len(images), -1),
        convolution.weight.permute(0, 2, 3, 1).reshape(outputs, -1),
    )
    return sums.view(-1, outputs, 1, 1)


def images_to_float(images: Tensor) -> Tensor:
    """Return images uint8 [n, height, width, in] as float32 [n, in, height, width], 0 to 1.

    Of images of one channel the last axis may be missing.
    """
    by_plane = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return by_plane.float().mul_(1.0 / 255.0)


def gain_and_offset(normalisation: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return what `normalisation` multiplies by and adds in evaluation mode, each [channels]."""
    mean = cast(Tensor, normalisation.running_mean)
    variance = cast(Tensor, normalisation.running_var)
    gain = normalisation.weight / torch.sqrt(variance + normalisation.eps)
    return gain, normalisation.bias - mean * gain


@torch.no_grad()
def set_gain_and_offset(
    normalisation: nn.BatchNorm1d | nn.BatchNorm2d, gain: Tensor, offset: Tensor
) -> None:
    """Make `normalisation` multiply by `gain` and add `offset`, given its running statistics."""
    mean = cast(Tensor, normalisation.running_mean)
    variance = cast(Tensor, normalisation.running_var)
    normalisation.weight.copy_(gain * torch.sqrt(variance + normalisation.eps))
    normalisation.bias.copy_(offset + mean * gain)


@torch.no_grad()
def normalise_as(
    network: ConvolutionalNetwork, images: Tensor, fresh: Sequence[int] | None = None
) -> None:
    """Give batch normalisation the statistics of `images` [n, in, height, width].

    What `network` computes in evaluation mode stays the same. A network read from integers has
    normalisation that does nothing; with the statistics that training will see, training goes on
    from the same function with the conditioning that normalisation gives. Of the channels of each
    layer the last `fresh` are new: they get the statistics and keep their gain.
    """
    activation = images
    for (convolution, normalisation), new in zip(
        network.layers(), fresh or [0] * len(network.channels), strict=True
    ):
        sums = convolution(activation)
        gain, offset = gain_and_offset(normalisation)
        variance, mean = torch.var_mean(sums, dim=(0, 2, 3), correction=0)
        first_gain = normalisation.weight[len(gain) - new :].clone()
        cast(Tensor, normalisation.running_mean).copy_(mean)
        cast(Tensor, normalisation.running_var).copy_(variance)
        set_gain_and_offset(normalisation, gain, offset)
        if new:
            normalisation.weight[-new:] = first_gain
            normalisation.bias[-new:] = 0.0
            gain, offset = gain_and_offset(normalisation)
        activation = (sums * gain[:, None, None] + offset[:, None, None]).clamp_(0.0, 1.0)
