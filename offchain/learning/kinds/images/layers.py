"""A network of images step by step."""

from __future__ import annotations

from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.exact.layer_chain import (
    ConvolutionStep,
    DenseStep,
    ImageInput,
    LayerChain,
)


def layers_of(network: IntegerNetwork) -> LayerChain:
    """Return what a network does to an image; see `LayerChain`."""
    family, (height, width) = network.family, network.family.sizes[0]
    convolutions = [
        ConvolutionStep(layer.weight, layer.bias, layer.shift, stride, margin)
        for layer, stride, margin in zip(
            network.convolutions, family.strides, family.margins, strict=True
        )
    ]
    last = DenseStep(network.linear.weight, network.linear.bias, None)
    return LayerChain(ImageInput(height, width, family.inputs), (*convolutions, last))
