"""From the floating-point network to the integer network and back.

Fixed point does it without any calibration data: a float activation a is the integer 255 a, and a
float weight w of an output channel with shift s is the integer 2^s w. Then the integer sum is
255 * 2^s times the float sum, so a bias b becomes the integer 255 * 2^s * b, and shifting right by
s leaves 255 times the float activation, which the clamp keeps in 0 .. 255.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from offchain.errors import TrainingError
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, MAXIMUM_SHIFT, IntegerLayer
from offchain.learning.exact.integer_network import (
    EXACT_BOUND,
    WEIGHT_MAXIMUM,
    IntegerNetwork,
    accumulator_bound,
    check_network,
)
from offchain.learning.training.trainable_network import (
    ConvolutionalNetwork,
    gain_and_offset,
    set_gain_and_offset,
)


def quantise(network: ConvolutionalNetwork) -> IntegerNetwork:
    """Return the integer network nearest to `network` in evaluation mode.

    Each output channel of a convolution has the largest shift at which its weights fit -64 .. 64
    and its sums stay below 2^24; the linear layer has one for all classes. Raises `TrainingError`
    if a number is not finite or no shift is small enough.
    """
    layers = []
    for convolution, normalisation in network.layers():
        gain, offset = gain_and_offset(normalisation)
        weight = to_numpy(convolution.weight * gain[:, None, None, None])
        layers.append(quantise_layer(weight, to_numpy(offset), shared_shift=False))
    linear = network.linear
    layers.append(quantise_layer(to_numpy(linear.weight), to_numpy(linear.bias), shared_shift=True))
    integer = IntegerNetwork(network.family, tuple(layers[:-1]), layers[-1])
    check_network(integer)
    return integer


def to_numpy(tensor: torch.Tensor) -> NDArray[np.float64]:
    """The numbers of a tensor, in double precision and in the host's memory."""
    return tensor.detach().to("cpu", torch.float64).numpy()


def quantise_layer(
    weight: NDArray[np.float64], bias: NDArray[np.float64], shared_shift: bool
) -> IntegerLayer:
    """Return the layer whose sums are 255 * 2^shift times those of `weight` and `bias`.

    Its weights fit -64 .. 64 and its sums stay below 2^24. Raises `TrainingError` if a number is
    not finite or no shift is small enough.
    """
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise TrainingError("training ended with weights that are not finite numbers")
    largest = np.abs(weight).reshape(len(bias), -1).max(axis=1)
    if shared_shift:
        largest = np.full_like(largest, largest.max())
    shift = np.array([_largest_shift(one) for one in largest.tolist()])
    while True:
        layer = _at_shift(weight, bias, shift, shared_shift)
        over = accumulator_bound(layer) >= EXACT_BOUND
        if not over.any():
            return layer
        if shared_shift:
            over[:] = True
        if (shift[over] == 0).any():
            raise TrainingError("training ended with weights too large for an integer network")
        shift = shift - over


def _largest_shift(largest: float) -> int:
    # At most 20 and at least 0; weights that are too large even then are clipped.
    if largest == 0.0:
        return 0
    shift = math.floor(math.log2((WEIGHT_MAXIMUM + 0.5) / largest))
    return max(0, min(MAXIMUM_SHIFT, shift))


def _at_shift(
    weight: NDArray[np.float64],
    bias: NDArray[np.float64],
    shift: NDArray[np.int64],
    shared_shift: bool,
) -> IntegerLayer:
    unit = np.exp2(shift)
    per_channel = unit.reshape(-1, *[1] * (weight.ndim - 1))
    whole = np.clip(np.rint(weight * per_channel), -WEIGHT_MAXIMUM, WEIGHT_MAXIMUM)
    # Far biases are cut where they already break the bound, before they overflow int32.
    offset = np.clip(np.rint(bias * unit * ACTIVATION_MAXIMUM), -EXACT_BOUND, EXACT_BOUND)
    return IntegerLayer(
        whole.astype(np.int8),
        offset.astype(np.int32),
        (shift[:1] if shared_shift else shift).astype(np.uint8),
    )


@torch.no_grad()
def dequantise(integer: IntegerNetwork) -> ConvolutionalNetwork:
    """Return a floating-point network that computes what `integer` does.

    Only the rounding of activations is missing. Its normalisation adds the biases and does nothing
    else yet: see `network.normalise_as`.
    """
    network = ConvolutionalNetwork(integer.channels, integer.family)
    for layer, (convolution, normalisation) in zip(
        integer.convolutions, network.layers(), strict=True
    ):
        weight, bias = dequantise_layer(layer)
        convolution.weight.copy_(weight)
        set_gain_and_offset(normalisation, torch.ones(len(bias)), bias)
    weight, bias = dequantise_layer(integer.linear)
    network.linear.weight.copy_(weight)
    network.linear.bias.copy_(bias)
    return network


def dequantise_layer(layer: IntegerLayer) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weights and biases that `quantise_layer` made, as they were but for rounding."""
    unit = np.exp2(-layer.shift.astype(np.float64))
    weight = layer.weight * unit.reshape(-1, *[1] * (layer.weight.ndim - 1))
    bias = layer.bias * unit / ACTIVATION_MAXIMUM
    return torch.from_numpy(weight).float(), torch.from_numpy(bias).float()
