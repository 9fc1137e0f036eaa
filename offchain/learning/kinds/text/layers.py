"""A network of texts step by step."""

from __future__ import annotations

from offchain.learning.exact.layer_chain import DenseStep, LayerChain, TextInput
from offchain.learning.exact.text_network import TextNetwork
from offchain.learning.task_file.words import TextSamples


def layers_of(words: TextSamples, network: TextNetwork) -> LayerChain:
    """Return what a network does to a text; see `LayerChain`."""
    first, (hidden, last) = network.embedding, network.layers
    return LayerChain(
        TextInput(first.weight, first.bias, first.shift, words.maximum_bytes),
        (
            DenseStep(hidden.weight, hidden.bias, hidden.shift),
            DenseStep(last.weight, last.bias, None),
        ),
    )
