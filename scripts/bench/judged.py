"""What is judged in the measurements: networks and test sets of the paper's size."""

import numpy as np
import torch
from torch import nn

from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.training.quantisation import quantise
from offchain.learning.training.settings import FULL_SIZE
from offchain.learning.training.trainable_network import ConvolutionalNetwork

CHANNELS = FULL_SIZE.channels
"""The network that a run of the paper's size begins with."""

TEST_IMAGES = 82_500
IMAGES_IN_A_PART = 2_750
"""At the paper's size: ten nodes have 20 parts of them each, 3 of which test."""


def network_of(seed: int, channels: tuple[int, ...] = CHANNELS) -> ConvolutionalNetwork:
    """An untrained network: how fast it computes does not depend on its weights."""
    torch.manual_seed(seed)
    return ConvolutionalNetwork(channels).eval()


def integer_network_of(seed: int, channels: tuple[int, ...] = CHANNELS) -> IntegerNetwork:
    """Its integer network."""
    return quantise(network_of(seed, channels))


def test_samples(count: int) -> DigitSamples:
    """Blots: as much ink as digits have, and as well compressed."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 2, (count, 7, 7), np.uint8) * random.integers(
        0, 2, (count, 7, 7), np.uint8
    )
    images = np.kron(coarse * np.uint8(255), np.ones((1, 4, 4), np.uint8))
    return DigitSamples(images, random.integers(0, 10, count, np.uint8))


def payloads(samples: DigitSamples, each: int) -> list[bytes]:
    """The payload plaintexts of as many whole parts of so many samples as there are."""
    return [
        encode_payload(
            DigitSamples(samples.images[start : start + each], samples.labels[start : start + each])
        )
        for start in range(0, len(samples) - each + 1, each)
    ]


def plain_network(network: ConvolutionalNetwork) -> nn.Sequential:
    """The same network as one writes it first: the baseline of ratios."""
    layers: list[nn.Module] = []
    for convolution, normalisation in network.layers():
        layers += [convolution, normalisation, nn.Hardtanh(0.0, 1.0)]
    return nn.Sequential(*layers, nn.Flatten(), network.linear)
