"""The family of networks for images of any size: deep enough to learn clothes, quick to judge.

A first convolution of 5 x 5, then pairs of one of 3 x 3 that keeps the size and one that halves it,
until at most 4 x 4 pixels are left of 64 x 64; the linear layer sees all of them. Images of at most
16 x 16 pixels are not halved by the first convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from offchain.learning.exact.integer_network import NetworkFamily
from offchain.learning.task_file.words import ImageSamples

MODEL_FORMAT: Final = "modelchain/image-network/1"

MAXIMUM_CHANNELS: Final = 512

MAXIMUM_WORK: Final = 60_000_000
"""Multiply-adds for one image: two cores judge a thousand of the largest network in a second."""

HEADER_BYTES: Final = 3_072
"""A model file's header and its length take no more, whatever the numbers in it."""

STARTING_CHANNELS: Final = (24, 32, 56, 64, 72, 80, 96)
"""Of a new network's convolutions where a file may have 120,000 bytes or more."""


@dataclass(frozen=True, slots=True)
class FileLimit:
    """Says of numbers of channels whether a file with them may be too long."""

    kernels: tuple[int, ...]
    inputs: int
    pixels: int
    classes: int
    maximum_bytes: int

    def __call__(self, channels: Sequence[int]) -> str | None:
        """Return why there is no file with these channels; None if there is one."""
        size, inputs = HEADER_BYTES, self.inputs
        for outputs, kernel in zip(channels, self.kernels, strict=True):
            size += outputs * (inputs * kernel**2 + 5)  # a bias of four bytes and a shift
            inputs = outputs
        size += self.classes * (inputs * self.pixels + 4) + 1
        if size > self.maximum_bytes:
            return f"its file may take {size} bytes, allowed are {self.maximum_bytes}"
        return None


def image_family(samples: ImageSamples, maximum_bytes: int) -> NetworkFamily:
    """Return the family for images as `samples` says, with files of at most `maximum_bytes`."""
    side = max(samples.height, samples.width)
    pairs = 3 if side > 32 else 2
    kernels = (5, *(3, 3) * pairs)
    strides = (2 if side > 16 else 1, *(1, 2) * pairs)
    margins = tuple(kernel // 2 for kernel in kernels)

    def family(pixels: int) -> NetworkFamily:
        limit = FileLimit(kernels, samples.channels, pixels, len(samples.labels), maximum_bytes)
        return NetworkFamily(
            samples.height,
            kernels,
            strides,
            margins,
            (MAXIMUM_CHANNELS,) * len(kernels),
            len(samples.labels),
            limit,
            width=samples.width,
            inputs=samples.channels,
            maximum_work=MAXIMUM_WORK,
            maximum_bytes=maximum_bytes,
            model_format=MODEL_FORMAT,
        )

    return family(family(0).pixels)


def starting_channels(family: NetworkFamily) -> tuple[int, ...]:
    """Return a new network's channels: as many as the usual one has, or as the limits leave."""
    channels = list(STARTING_CHANNELS[: len(family.kernels)])
    while family.reason_against(channels) is not None and max(channels) > 1:
        channels = [max(1, channel * 7 // 8) for channel in channels]
    return tuple(channels)
