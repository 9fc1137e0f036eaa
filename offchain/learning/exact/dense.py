"""Dense layers of whole numbers: what they compute, their bounds, and a quick exact way.

A layer has int8 weights [out, in] from -64 to 64, int32 biases [out] and shifts. Hidden units are
``clamp((bias + sum weight * input) / 2^shift, 0, 255)``, rounded to the nearest whole number,
halves to even; the last layer's sums are taken as they are. As in `integer_network` every output
satisfies ``255 * sum|weight| + |bias| < 2^24``, so that any selection of products, added in any
order, is a whole number that float32 holds exactly: `dense_sums` multiplies matrices of float32 and
cannot differ from `reference_sums`. Before it is used for a shape it is compared with the reference
on a worst case all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import structlog
from numpy.typing import NDArray

from offchain.errors import ModelError
from offchain.learning.exact.integer_layer import (
    ACTIVATION_MAXIMUM,
    IntegerLayer,
    check_shapes,
)
from offchain.learning.exact.integer_network import (
    EXACT_BOUND,
    WEIGHT_MAXIMUM,
    check_ranges,
    shift_right,
    weight_sums,
)

log = structlog.get_logger()

BATCH = 2048
"""Rows at a time."""

PARTS = ("weight", "bias", "shift")
"""Tensors of a layer, in the order of `IntegerLayer`'s fields."""

Sums = Callable[[Sequence[IntegerLayer], NDArray[np.integer]], NDArray[np.int64]]
"""From layers and inputs [n, in] from 0 to 255 to the last layer's sums, int64 [n, out]."""


def check_dense(
    name: str, layer: IntegerLayer, inputs: int, units: tuple[int, int], *, is_last: bool
) -> None:
    """Raise `ModelError` unless the layer `name` has `inputs`, allowed `units`, and is exact.

    `units` are the fewest and the most. The last layer has one shift for all, others one each.
    """
    outputs = len(layer.bias) if layer.bias.ndim == 1 else 0
    if not units[0] <= outputs <= units[1]:
        raise ModelError(
            f"model: {name}.bias has the shape {layer.bias.shape}, allowed are {units[0]} to "
            f"{units[1]} units"
        )
    check_shapes(name, layer, (outputs, inputs), (1,) if is_last else (outputs,))
    check_ranges(name, layer)


def reference_sums(
    layers: Sequence[IntegerLayer], inputs: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the last layer's sums, int64 [n, out]: the definition, in whole numbers, slow."""
    activation = inputs.astype(np.int64)
    *hidden, last = layers
    for layer in hidden:
        sums = np.einsum("ni,oi->no", activation, layer.weight.astype(np.int64)) + layer.bias
        shifted = shift_right(sums, layer.shift.astype(np.int64))
        activation = np.clip(shifted, 0, ACTIVATION_MAXIMUM)
    sums = np.einsum("ni,oi->no", activation, last.weight.astype(np.int64)) + last.bias
    found: NDArray[np.int64] = sums.astype(np.int64)
    return found


def dense_sums(layers: Sequence[IntegerLayer], inputs: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the same as `reference_sums`, exactly and quickly."""
    shape = (inputs.shape[1], *(len(layer.bias) for layer in layers))
    compute = product_sums if is_exact(shape) else reference_sums
    found = np.empty((len(inputs), shape[-1]), np.int64)
    for start in range(0, len(inputs), BATCH):
        part = inputs[start : start + BATCH]
        found[start : start + BATCH] = compute(layers, part)
    return found


def product_sums(layers: Sequence[IntegerLayer], inputs: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the sums by matrix products of float32; exact where the library only adds."""
    activation = inputs.astype(np.float32)
    *hidden, last = layers
    for layer in hidden:
        sums = activation @ layer.weight.astype(np.float32).T + layer.bias.astype(np.float32)
        unit = np.exp2(-layer.shift.astype(np.float32))
        # A power of two changes the exponent alone; rint rounds halves to even.
        activation = np.clip(np.rint(sums * unit), 0.0, float(ACTIVATION_MAXIMUM))
    sums = activation @ last.weight.astype(np.float32).T + last.bias.astype(np.float32)
    return sums.astype(np.int64)


@lru_cache(maxsize=256)
def is_exact(shape: tuple[int, ...]) -> bool:
    """Whether products of float32 are exact here on a worst case of this shape: inputs, units."""
    layers, inputs = worst_dense(shape)
    if np.array_equal(product_sums(layers, inputs), reference_sums(layers, inputs)):
        return True
    log.warning("models are judged by the definition, slowly", shape=shape)
    return False


def worst_dense(
    shape: Sequence[int], rows: int = 8
) -> tuple[list[IntegerLayer], NDArray[np.uint8]]:
    """Return layers of a shape whose sums use all 24 bits, and inputs uint8 [rows, in]."""
    random = np.random.Generator(np.random.PCG64(2**24))
    layers = []
    for place, (fan_in, outputs) in enumerate(pairwise(shape), start=2):
        largest = min(WEIGHT_MAXIMUM, (EXACT_BOUND - 1) // (ACTIVATION_MAXIMUM * fan_in))
        weight = 2 * random.integers(largest // 4, max(1, largest // 2), (outputs, fan_in)) + 1
        weight = np.minimum(weight, largest)
        weight[::4] = largest
        weight[1::2] *= random.choice(np.array([-1, 1]), weight[1::2].shape)
        whole = weight.astype(np.int8)
        reach = ACTIVATION_MAXIMUM * weight_sums(whole)
        room = EXACT_BOUND - 1 - reach
        if place == len(shape):
            bias, shift = room * random.choice(np.array([-1, 1]), outputs), np.zeros(1)
        else:
            bias = random.integers(-np.minimum(reach // 2, room), np.minimum(reach // 2, room) + 1)
            shift = np.clip(np.ceil(np.log2(np.maximum(reach, 1) / ACTIVATION_MAXIMUM)) - 2, 1, 20)
        layers.append(IntegerLayer(whole, bias.astype(np.int32), shift.astype(np.uint8)))
    inputs = random.integers(0, ACTIVATION_MAXIMUM + 1, (rows, shape[0])).astype(np.uint8)
    inputs[0] = ACTIVATION_MAXIMUM
    return layers, inputs
