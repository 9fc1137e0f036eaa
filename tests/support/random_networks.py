"""Integer networks with random weights."""

import numpy as np

from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import DIGITS_FAMILY, IntegerNetwork


def random_network(channels=(3, 4, 5, 6), seed=0, shift=9, largest=64) -> IntegerNetwork:
    random = np.random.Generator(np.random.PCG64(seed))
    inputs, layers = 1, []
    for outputs, kernel in zip(channels, DIGITS_FAMILY.kernels, strict=True):
        weight = random.integers(-largest, largest + 1, (outputs, inputs, kernel, kernel), np.int8)
        bias = random.integers(-5000, 5000, outputs, np.int32)
        layers.append(IntegerLayer(weight, bias, np.full(outputs, shift, np.uint8)))
        inputs = outputs
    weight = random.integers(-largest, largest + 1, (10, inputs), np.int8)
    bias = random.integers(-5000, 5000, 10, np.int32)
    linear = IntegerLayer(weight, bias, np.full(1, 6, np.uint8))
    return IntegerNetwork(DIGITS_FAMILY, tuple(layers), linear)
