"""Digits that are easy to draw and easy to read, so that tests need neither fonts nor training.

A digit is a square at a place of its own, in noise. A network that compares averages over coarse
cells with what they are for each digit reads the digits that it knows, and no others.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    encode_model,
    shift_right,
)
from offchain.learning.formats.digits import DigitSamples, encode_payload

CELLS = 16
"""What the convolutions leave of an image: 4 by 4 averages."""

NEVER = 1 << 20
"""Taken off a digit's logit, so that it is never the largest."""


def samples(seed: int, count: int) -> DigitSamples:
    """Squares of 7 pixels on a grid of 2 rows and 5 columns, somewhat displaced."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count, dtype=np.uint8)
    images = random.integers(0, 100, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row = 2 + 14 * int(label // 5) + int(random.integers(0, 3))
        column = 5 * int(label % 5) + int(random.integers(0, 2))
        image[row : row + 7, column : column + 7] += 120
    return DigitSamples(images, labels)


def payload(seed: int, count: int) -> bytes:
    """The payload plaintext of such samples."""
    return encode_payload(samples(seed, count))


def model(known: Collection[int]) -> bytes:
    """A model file: reads these digits, and takes all others for one of them."""
    averages = [
        IntegerLayer(
            np.ones((1, 1, kernel, kernel), np.int8),
            np.zeros(1, np.int32),
            np.full(1, shift, np.uint8),
        )
        for kernel, shift in zip(DIGITS_FAMILY.kernels[:3], (5, 3, 3), strict=True)
    ]
    each_cell = np.eye(CELLS, dtype=np.int8).reshape(CELLS, 1, 4, 4)
    copies = IntegerLayer(each_cell, np.zeros(CELLS, np.int32), np.zeros(CELLS, np.uint8))
    seen = samples(0, 500)
    cells = _cells(averages, seen.images)
    means = np.stack([cells[seen.labels == digit].mean(axis=0) for digit in range(10)])
    # What all digits have in common tells none from another.
    weight = np.rint(means - means.mean(axis=0)).astype(np.int8)
    # Of two digits the one whose averages are nearer wins: half the square of its own is taken off.
    bias = -np.rint((means**2).sum(axis=1) / 2).astype(np.int32)
    bias[[digit for digit in range(10) if digit not in known]] -= NEVER
    linear = IntegerLayer(weight, bias, np.zeros(1, np.uint8))
    return encode_model(IntegerNetwork(DIGITS_FAMILY, (*averages, copies), linear))


def _cells(averages: list[IntegerLayer], images: NDArray[np.uint8]) -> NDArray[np.float64]:
    activation = images.astype(np.int64)
    for layer, kernel in zip(averages, DIGITS_FAMILY.kernels, strict=False):
        margin = kernel // 2
        padded = np.pad(activation, ((0, 0), (margin, margin), (margin, margin)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(1, 2))
        sums = windows[:, ::2, ::2].sum(axis=(3, 4))
        activation = np.clip(shift_right(sums, layer.shift.astype(np.int64)), 0, 255)
    return activation.reshape(len(images), CELLS).astype(np.float64)
