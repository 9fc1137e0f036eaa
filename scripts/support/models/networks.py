"""Integer networks and images that lead a judge astray if anything does.

Random shapes and weights; weights at their bounds, sums that fill all 24 bits, biases as large as
the bound allows; shapes of one channel; and networks most of whose outputs lie between 0 and 255,
often exactly between two whole numbers, since only there it shows how halves are rounded.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM, MAXIMUM_SHIFT, IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    EXACT_BOUND,
    WEIGHT_MAXIMUM,
    IntegerNetwork,
    check_network,
    weight_sums,
)
from offchain.learning.exact.judge_gas import beyond_the_judge
from offchain.learning.exact.worst_case import worst_case

Case = tuple[str, IntegerNetwork, NDArray[np.uint8]]
"""What it is, the network, and images uint8 [n, 28, 28]."""

STYLES = ("uniform", "edge", "plus", "minus", "sparse", "normal", "halves")

ODD_SHAPES = (
    (1, 1, 1, 1),
    (2, 1, 3, 1),
    (3, 5, 7, 11),
    (1, 2, 1, 33),
    (7, 1, 6, 65),
    (64, 1, 1, 1),
    (1, 128, 1, 1),
    (1, 1, 128, 1),
    (1, 1, 1, 256),
    (4, 4, 4, 4),
    (5, 3, 129 - 64, 2),
)
"""Shapes at which blocks of two, four, 32 and 64 end: just before, at, and just behind."""

AT_THE_BOUND = (5, 70, 95, 24)
"""It may take 6,000,000 gas to the last: the judge still takes it."""

AT_THE_LIMITS = {
    AT_THE_BOUND: True,
    (17, 59, 76, 30): False,  # 6,000,001 gas
    (1, 6, 42, 169): True,  # a file of 120,000 bytes at most
    (2, 4, 29, 245): False,  # one of 120,001
}
"""Shapes at either limit and one beyond it, and whether they are models. With any number of the
formulas one more or one less, but for the floor's, a verdict is another."""


def cases(seed: int, count: int, largest: int = 24) -> Iterator[Case]:
    """Yield `count` networks with two images each, the same for a seed.

    Most have at most `largest` channels a layer, so that they are judged fast; every tenth may have
    as many as the family allows.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    for number in range(count):
        style = STYLES[number % len(STYLES)]
        if number % 10 == 9:
            shape = _shape(random, DIGITS_FAMILY.maximum_channels)
        elif number % 10 == 4:
            shape = ODD_SHAPES[number // 10 % len(ODD_SHAPES)]
        else:
            shape = _shape(random, (largest,) * 4)
        network = random_network(shape, style, random)
        check_network(network)
        yield f"{style} {shape}", network, random_images(random, style, 2)


def worst_cases() -> Iterator[Case]:
    """Yield the worst case of the evaluators for several shapes."""
    for shape in (*ODD_SHAPES, (16, 24, 24, 32), (16, 32, 64, 64)):
        network, images = worst_case(shape)
        yield f"worst case {shape}", network, images


def large_biases() -> Iterator[Case]:
    """Yield networks in one layer of which biases lie beyond -2^23, and the sums little below 0.

    Where biases are smaller, or sums lower, the sign bit of a bias and the bits below it show in no
    output: a sum below 0 becomes 0 whatever it is.
    """
    for layer in range(1, 4):
        channels = [1, 1, 1, 1]
        channels[layer - 1] = 64
        inputs, layers = 1, []
        for number, (outputs, kernel) in enumerate(
            zip(channels, DIGITS_FAMILY.kernels, strict=True)
        ):
            shape = (outputs, inputs, kernel, kernel)
            value = 1 if number > layer else 0
            weight, bias, shift = np.full(shape, value, np.int8), 0, 0
            if number < layer:
                bias = ACTIVATION_MAXIMUM
            elif number == layer:
                each = ACTIVATION_MAXIMUM * int(np.prod(shape[1:]))
                weight += np.int8((EXACT_BOUND // 2 - 1) // each)
                bias = -int(_room(weight)[0])
                shift = MAXIMUM_SHIFT
            biases, shifts = np.full(outputs, bias, np.int32), np.full(outputs, shift, np.uint8)
            layers.append(IntegerLayer(weight, biases, shifts))
            inputs = outputs
        linear = IntegerLayer(
            np.arange(-5, 5, dtype=np.int8).repeat(inputs).reshape(-1, inputs),
            np.zeros(DIGITS_FAMILY.classes, np.int32),
            np.zeros(1, np.uint8),
        )
        network = IntegerNetwork(DIGITS_FAMILY, tuple(layers), linear)
        check_network(network)
        yield f"large biases in layer {layer + 1}", network, np.zeros((1, 28, 28), np.uint8)


def random_network(
    channels: tuple[int, ...], style: str, random: np.random.Generator
) -> IntegerNetwork:
    """Return a network of one of `STYLES`; `check_network` accepts it if it accepts the shape."""
    inputs, layers = 1, []
    for outputs, kernel in zip(channels, DIGITS_FAMILY.kernels, strict=True):
        layers.append(random_layer((outputs, inputs, kernel, kernel), style, random))
        inputs = outputs
    linear = _weights((DIGITS_FAMILY.classes, inputs), "uniform", random)
    room = _room(linear)
    # Large biases decide the class by themselves; with none every change of a feature may.
    bias = room * (random.choice(np.array([-1, 1, 0]), len(room)) if random.random() < 0.3 else 0)
    return IntegerNetwork(
        DIGITS_FAMILY,
        tuple(layers),
        IntegerLayer(linear, bias.astype(np.int32), np.zeros(1, np.uint8)),
    )


def _shape(random: np.random.Generator, largest: tuple[int, ...]) -> tuple[int, ...]:
    while True:
        shape = tuple(int(random.integers(1, most + 1)) for most in largest)
        if beyond_the_judge(shape) is None:
            return shape


def _weights(shape: tuple[int, ...], style: str, random: np.random.Generator) -> NDArray[np.int8]:
    fan_in = int(np.prod(shape[1:]))
    top = min(WEIGHT_MAXIMUM, (EXACT_BOUND - 1) // (ACTIVATION_MAXIMUM * fan_in))
    match style:
        case "edge":
            weight = random.choice(np.array([-top, top, 0]), shape)
        case "plus" | "minus":
            weight = np.full(shape, top if style == "plus" else -top)
        case "sparse":
            kept = random.random(shape) < min(1, 500 / fan_in)
            weight = random.integers(-WEIGHT_MAXIMUM, WEIGHT_MAXIMUM + 1, shape) * kept
        case "normal":
            drawn = np.rint(random.normal(0, top / 4, shape))
            weight = np.clip(drawn, -top, top)
        case "halves":
            weight = random.integers(-2, 4, shape) * (random.random(shape) < 0.5)
        case _:
            weight = random.integers(-top, top + 1, shape)
    return weight.astype(np.int8)


def random_layer(shape: tuple[int, ...], style: str, random: np.random.Generator) -> IntegerLayer:
    """Return a layer with weights of a `shape`, outputs first, in one of `STYLES`."""
    weight, outputs = _weights(shape, style, random), shape[0]
    if style == "halves":
        bias = np.minimum(random.integers(-40, 200, outputs), _room(weight))
        shift = random.integers(0, 5, outputs)
        return IntegerLayer(weight, bias.astype(np.int32), shift.astype(np.uint8))
    room = _room(weight)
    bias = [
        np.zeros(outputs, np.int64),
        random.integers(-room, room, endpoint=True),
        room * random.choice(np.array([-1, 1]), outputs),
        random.integers(-np.minimum(room, 3000), np.minimum(room, 3000), endpoint=True),
    ][int(random.integers(4))]
    # Shifts under which outputs fill 0 to 255, or any.
    reach = np.maximum(weight_sums(weight), 1)
    fitting = np.clip(np.ceil(np.log2(reach)) - random.integers(0, 4, outputs), 0, MAXIMUM_SHIFT)
    shift = fitting if random.random() < 0.7 else random.integers(0, MAXIMUM_SHIFT + 1, outputs)
    return IntegerLayer(weight, bias.astype(np.int32), shift.astype(np.uint8))


def _room(weight: NDArray[np.int8]) -> NDArray[np.int64]:
    """How large a bias may be in absolute value, int64 [out]."""
    return np.maximum(EXACT_BOUND - 1 - ACTIVATION_MAXIMUM * weight_sums(weight), 0)


def random_images(random: np.random.Generator, style: str, count: int) -> NDArray[np.uint8]:
    """Return images uint8 [n, 28, 28] for a network of one of `STYLES`; at most four at a time."""
    if style == "halves":  # dim, so that little is clamped
        return random.integers(0, 24, (count, 28, 28), np.uint8)
    kinds = (
        np.zeros((28, 28), np.uint8),
        np.full((28, 28), 255, np.uint8),
        random.integers(0, 256, (28, 28), np.uint8),
        random.integers(0, 2, (28, 28), np.uint8) * np.uint8(255),
    )
    return np.stack(
        [kinds[i] for i in random.choice(4, count, replace=False, p=(0.1, 0.2, 0.4, 0.3))]
    )
