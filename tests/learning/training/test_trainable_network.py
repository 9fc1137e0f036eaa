"""The network computes as its plain layers do, only faster: values, gradients, statistics."""

import copy

import pytest
import torch
from torch.nn import functional

from offchain.learning.exact.integer_network import DIGITS_FAMILY
from offchain.learning.training.trainable_network import ConvolutionalNetwork

CHANNELS = (6, 8, 12, 16)[: len(DIGITS_FAMILY.kernels)]


def plain(network, images):
    activation = images
    for convolution, normalisation in network.layers():
        activation = functional.hardtanh(normalisation(convolution(activation)), 0.0, 1.0)
    return network.linear(activation.flatten(1))


@pytest.fixture
def images():
    return torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def networks():
    """The same network twice, one of them in channels-last order."""
    torch.manual_seed(2)
    network = ConvolutionalNetwork(CHANNELS)
    for _, normalisation in network.layers():
        # A gain at which both ends of the clamp are reached.
        torch.nn.init.uniform_(normalisation.weight, 0.2, 0.9)
        torch.nn.init.uniform_(normalisation.bias, -0.2, 0.5)
    return network, copy.deepcopy(network).to(memory_format=torch.channels_last)


@pytest.mark.parametrize("training", [True, False])
def test_values_gradients_and_statistics_are_those_of_the_plain_layers(networks, images, training):
    reference, network = networks
    expected = plain(reference.train(training), images)
    found = network.train(training)(images)
    assert torch.allclose(found, expected, atol=1e-5)
    expected.square().mean().backward()
    found.square().mean().backward()
    for mine, theirs in zip(network.parameters(), reference.parameters(), strict=True):
        assert float(theirs.grad.abs().max()) > 0
        assert torch.allclose(mine.grad, theirs.grad, rtol=1e-3, atol=1e-6)
    for (_, mine), (_, theirs) in zip(network.layers(), reference.layers(), strict=True):
        assert torch.allclose(mine.running_mean, theirs.running_mean, atol=1e-6)
        assert torch.allclose(mine.running_var, theirs.running_var, atol=1e-6)


def test_the_gradient_of_what_is_clamped_is_zero(networks):
    _, network = networks
    (_, normalisation), *_ = network.train().layers()
    with torch.no_grad():
        normalisation.bias.fill_(5.0)
    network(torch.rand(8, 1, 28, 28)).sum().backward()
    assert float(normalisation.weight.grad.abs().max()) == 0.0
    assert float(network.linear.weight.grad.abs().max()) > 0


def test_one_image_alone_is_normalised_with_the_statistics_of_before(networks, images):
    reference, network = networks
    found = network.train()(images[:1])
    # Its convolutions have many values per channel; the hidden layer has one.
    activation = images[:1]
    *earlier, (convolution, normalisation) = reference.train().layers()
    for before, behind in earlier:
        activation = functional.hardtanh(behind(before(activation)), 0.0, 1.0)
    hidden = functional.hardtanh(normalisation.eval()(convolution(activation)), 0.0, 1.0)
    assert torch.allclose(found, reference.linear(hidden.flatten(1)), atol=1e-5)
