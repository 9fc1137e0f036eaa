"""A network of whole numbers as a chain of layers, for who writes it down in another form.

Kinds of samples give their networks so (`Kind.layers`); what computes scores does not go by it. The
input is bytes, and between layers there are bytes: sums of whole numbers below 2^24, shifted right
with halves to even, clamped to 0 .. 255. The last layer's sums are the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact.integer_network import IntegerNetwork


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionStep:
    """A convolution: weights int8 [out, in, kernel, kernel], biases int32 and shifts uint8 [out].

    ``margin`` rows and columns of zeros surround the input.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]
    stride: int
    margin: int


@dataclass(frozen=True, slots=True, eq=False)
class DenseStep:
    """A linear layer: weights int8 [out, in], biases int32 [out], shifts uint8 [out].

    ``shift`` is None in the last layer, whose sums are the result. What comes from a convolution is
    ordered by channel, then row, then column.
    """

    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8] | None


Step = ConvolutionStep | DenseStep


@dataclass(frozen=True, slots=True, eq=False)
class LayerChain:
    """What a network does to its input.

    Attributes:
        input_name: what it is: ``images``, or ``features``.
        input_shape: of one sample's bytes: (height, width, channels), or (features,).
        steps: the layers, of which the last is a `DenseStep` without shift.
        encoding: how ``features`` follow from a sample, in words; empty for images.
    """

    input_name: str
    input_shape: tuple[int, ...]
    steps: tuple[Step, ...]
    encoding: str = ""

    @property
    def outputs(self) -> int:
        """How many whole numbers the result has for one sample."""
        return len(self.steps[-1].bias)


def layers_of_images(network: IntegerNetwork) -> LayerChain:
    """Return a network that sees images as a chain of layers."""
    family = network.family
    convolutions = [
        ConvolutionStep(layer.weight, layer.bias, layer.shift, stride, margin)
        for layer, stride, margin in zip(
            network.convolutions, family.strides, family.margins, strict=True
        )
    ]
    last = DenseStep(network.linear.weight, network.linear.bias, None)
    side = family.input_side
    return LayerChain("images", (side, side, 1), (*convolutions, last))
