"""A network and images on which arithmetic that is not exact goes wrong.

Everything that the rules allow is driven to its end: sums that use all 24 bits, neighbouring
weights of 64 under activations of 255 (the largest pair sums, which saturate 16 bits if anything
does), many outputs clamped at both ends, and halves to be rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, MAXIMUM_SHIFT, IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    EXACT_BOUND,
    WEIGHT_MAXIMUM,
    IntegerNetwork,
    NetworkFamily,
    check_network,
    weight_sums,
)

CHANNELS = (16, 24, 24, 32)
IMAGES = 4


def worst_case(
    channels: Sequence[int] = CHANNELS, family: NetworkFamily = DIGITS_FAMILY
) -> tuple[IntegerNetwork, NDArray[np.uint8]]:
    """Return a network with `channels` and four images, always the same.

    The images are uint8 [4, height, width, channels].
    """
    random = np.random.Generator(np.random.PCG64(2**24))
    inputs, layers = family.inputs, []
    for outputs, kernel in zip(channels, family.kernels, strict=True):
        weight = _weights((outputs, inputs, kernel, kernel), random)
        reach = ACTIVATION_MAXIMUM * weight_sums(weight)
        # Shifts under which the outputs fill 0 .. 255 and often go beyond, and biases that move
        # them about, as far as the bound has room.
        shift = np.clip(np.ceil(np.log2(reach / ACTIVATION_MAXIMUM)) - 2, 1, MAXIMUM_SHIFT)
        room = np.minimum(reach // 2, EXACT_BOUND - 1 - reach)
        bias = random.integers(-room, room, endpoint=True).astype(np.int32)
        layers.append(IntegerLayer(weight, bias, shift.astype(np.uint8)))
        inputs = outputs
    weight = _weights((family.classes, inputs * family.pixels), random)
    room = EXACT_BOUND - 1 - ACTIVATION_MAXIMUM * weight_sums(weight)
    bias = (room * random.choice(np.array([-1, 1]), family.classes)).astype(np.int32)
    network = IntegerNetwork(
        family, tuple(layers), IntegerLayer(weight, bias, np.zeros(1, np.uint8))
    )
    check_network(network)
    images = random.integers(0, 2, (IMAGES, *family.sizes[0], family.inputs), np.uint8)
    images[: IMAGES // 2] *= ACTIVATION_MAXIMUM  # black and white
    images[IMAGES // 2 :] *= random.integers(0, 256, images[IMAGES // 2 :].shape, np.uint8)  # grey
    images[0] = ACTIVATION_MAXIMUM
    return network, images


def _weights(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.int8]:
    """Large odd weights; in every second output channel all of one sign, so that sums grow.

    In every fourth channel all are as large as the bounds let them be.
    """
    fan_in = int(np.prod(shape[1:]))
    largest = min(WEIGHT_MAXIMUM, (EXACT_BOUND - 1) // (ACTIVATION_MAXIMUM * fan_in))
    weight = 2 * random.integers(largest // 4, largest // 2, shape) + 1
    weight[::4] = largest
    weight[1::2] *= random.choice(np.array([-1, 1]), weight[1::2].shape)
    return weight.astype(np.int8)
