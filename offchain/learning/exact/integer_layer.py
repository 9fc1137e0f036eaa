"""One layer of a network of whole numbers, as the network families of all tasks have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ModelError

ACTIVATION_MAXIMUM = 255
"""Between layers there are bytes."""

MAXIMUM_SHIFT = 20


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLayer:
    """A layer's `weight` int8 [out, ...], `bias` int32 [out], and `shift` uint8.

    The family says what the inputs' dimensions are, and whether there is a shift for each output or
    one for all.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]


def check_shapes(
    name: str, layer: IntegerLayer, weight: tuple[int, ...], shift: tuple[int, ...]
) -> None:
    """Raise `ModelError` unless the layer `name` has these shapes and its element types."""
    expected = ((np.int8, weight), (np.int32, (weight[0],)), (np.uint8, shift))
    found: tuple[NDArray[Any], ...] = (layer.weight, layer.bias, layer.shift)
    for part, tensor, (dtype, shape) in zip(
        ("weight", "bias", "shift"), found, expected, strict=True
    ):
        if tensor.dtype != dtype or tensor.shape != shape:
            raise ModelError(
                f"model: {name}.{part} is {tensor.dtype} {tensor.shape}, expected "
                f"{np.dtype(dtype)} {shape}"
            )


def check_shifts(name: str, layer: IntegerLayer) -> None:
    """Raise `ModelError` unless the layer `name` shifts by 0 to `MAXIMUM_SHIFT`."""
    largest = int(layer.shift.max())
    if largest > MAXIMUM_SHIFT:
        raise ModelError(f"model: {name} shifts by {largest}, allowed are 0 to {MAXIMUM_SHIFT}")
