"""Skeleton exploration: what is important, what is cut out, what grows, and who decides."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from offchain.learning.exact.integer_network import DIGITS_FAMILY, check_network, multiply_adds
from offchain.learning.exact.judge_gas import (
    MAXIMUM_JUDGING_GAS,
    beyond_the_judge,
    judging_gas,
)
from offchain.learning.training.exploration import (
    LayerChoice,
    add_channels,
    channel_importance,
    choose_channels,
    explore,
    keep_channels,
)
from offchain.learning.training.quantisation import dequantise, quantise
from offchain.learning.training.settings import FULL_SIZE, ExplorationSettings, TrainingSettings
from offchain.learning.training.trainable_network import (
    ConvolutionalNetwork,
    can_be_rearranged,
    convolve_rearranged,
    normalise_as,
)

CHANNELS = (6, 8, 12, 16)[: len(DIGITS_FAMILY.kernels)]
SETTINGS = ExplorationSettings(skeleton=0.75, fresh=0.5, multiply_adds=None)
UNBOUNDED = replace(DIGITS_FAMILY, too_large=lambda _: None)
ALL_KEPT = ExplorationSettings(skeleton=1.0, widest=1.0)


@pytest.fixture
def images():
    return torch.rand(24, 1, 28, 28, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def labels():
    return torch.arange(24) % 10


@pytest.fixture
def network(images):
    """A network whose channels all do something."""
    torch.manual_seed(2)
    network = ConvolutionalNetwork(CHANNELS)
    normalise_as(network, images, CHANNELS)
    return network.eval()


def masked(network, kept):
    """`network` with the activations of all channels zero that are not kept."""
    masked = copy.deepcopy(network)
    with torch.no_grad():
        for (_, normalisation), layer in zip(masked.layers(), kept, strict=True):
            for channel in set(range(len(normalisation.weight))) - set(layer):
                normalisation.weight[channel] = 0.0
                normalisation.bias[channel] = -1.0
    return masked


def every_second(network):
    return [list(range(1, channels, 2))[::-1] for channels in network.channels]


def test_a_smaller_network_computes_what_the_masked_one_does(network, images):
    kept = every_second(network)
    smaller = keep_channels(network, kept).eval()
    with torch.inference_mode():
        expected = masked(network, kept)(images)
        assert torch.allclose(smaller(images), expected, atol=1e-5)
        assert not torch.allclose(network(images), expected, atol=1e-2)


def test_a_smaller_network_is_physically_smaller(network):
    smaller = keep_channels(network, every_second(network))
    assert smaller.channels == tuple(channels // 2 for channels in CHANNELS)
    shapes = [tuple(convolution.weight.shape[:2]) for convolution, _ in smaller.layers()]
    assert shapes == list(zip(smaller.channels, (1, *smaller.channels[:-1]), strict=False))
    assert smaller.linear.in_features * 2 == network.linear.in_features
    assert multiply_adds(DIGITS_FAMILY, smaller.channels) < multiply_adds(DIGITS_FAMILY, CHANNELS)
    check_network(quantise(smaller.eval()))


def test_new_channels_change_nothing_until_they_are_trained(network, images):
    fresh = [3] * len(CHANNELS)
    larger = add_channels(network, fresh, torch.Generator().manual_seed(1)).eval()
    with torch.inference_mode():
        expected = network(images)
        assert torch.allclose(larger(images), expected, atol=1e-5)
        normalise_as(larger, images, fresh)
        assert torch.allclose(larger(images), expected, atol=1e-4)
    assert larger.channels == tuple(channels + 3 for channels in CHANNELS)


def test_new_channels_are_normalised_and_can_be_trained(network, images, labels):
    fresh = [3] * len(CHANNELS)
    larger = add_channels(network, fresh, torch.Generator().manual_seed(1))
    normalise_as(larger, images, fresh)
    for activation in larger.eval().activations(images)[:-1]:
        assert 0.02 < float(activation[:, -3:].detach().std()) < 0.5
    optimiser = torch.optim.SGD(larger.parameters(), lr=0.01)
    for _ in range(2):
        optimiser.zero_grad()
        functional.cross_entropy(larger.train()(images), labels).backward()
        optimiser.step()
    for convolution, _ in larger.layers():
        assert float(convolution.weight.grad[-3:].abs().max()) > 0


def test_importance_predicts_what_taking_out_a_channel_does(images, labels):
    """Gates are closed a little: there the first order is all."""
    torch.manual_seed(3)
    network = ConvolutionalNetwork(CHANNELS)
    normalise_as(network, images, CHANNELS)
    importance = channel_importance(network.eval(), images, labels)

    def losses(layer, channel, gate):
        """Each image's loss with a gate behind one channel."""
        changed = copy.deepcopy(network)
        weight = (
            changed.convolutions[layer + 1].weight[:, channel]
            if layer + 1 < len(CHANNELS)
            else changed.linear.weight.view(10, CHANNELS[layer], -1)[:, channel]
        )
        with torch.no_grad():
            weight.mul_(gate)
            return functional.cross_entropy(changed(images), labels, reduction="none").double()

    for layer in (0, len(CHANNELS) - 1):
        measured = []
        for channel in range(CHANNELS[layer]):
            slope = (losses(layer, channel, 1.01) - losses(layer, channel, 0.99)) / 0.02
            measured.append(float(slope.square().mean()))
        assert importance[layer].numpy() == pytest.approx(measured, rel=0.1, abs=1e-5)


def test_a_channel_that_nothing_listens_to_is_of_no_importance(network, images, labels):
    with torch.no_grad():
        network.convolutions[1].weight[:, 4] = 0.0
    importance = channel_importance(network, images, labels)[0]
    assert float(importance[4]) == 0.0
    assert (importance > 0).sum() == CHANNELS[0] - 1


def importance_of(seed=0, channels=CHANNELS):
    random = np.random.Generator(np.random.PCG64(seed))
    return [random.random(count) for count in channels]


def test_the_choice_follows_from_the_seed_alone():
    importance = importance_of()
    choices = [choose_channels(importance, DIGITS_FAMILY, seed, SETTINGS) for seed in range(20)]
    again = [choose_channels(importance, DIGITS_FAMILY, seed, SETTINGS) for seed in range(20)]
    assert choices == again
    assert len(set(choices)) > 15


def test_the_skeleton_is_in_every_choice_and_holds_the_most_important():
    importance = importance_of(1, (16,) * len(CHANNELS))
    for seed in range(30):
        for choice, layer in zip(
            choose_channels(importance, DIGITS_FAMILY, seed, SETTINGS), importance, strict=True
        ):
            assert set(choice.skeleton) == set(np.argsort(layer)[-12:].tolist())
            assert not set(choice.readmitted) & set(choice.skeleton)
            assert len(set(choice.readmitted)) == len(choice.readmitted)
            assert choice.width in (16, 24)


def test_pruned_channels_come_back_and_new_ones_are_grown():
    importance = importance_of(2, (16,) * len(CHANNELS))
    choices = [choose_channels(importance, DIGITS_FAMILY, seed, SETTINGS) for seed in range(30)]
    layers = [layer for choice in choices for layer in choice]
    assert len({layer.readmitted for layer in layers}) > 20
    assert {layer.fresh for layer in layers} >= {0, 1, 2, 3}
    assert {layer.width for layer in layers} == {16, 24}


def test_by_default_nothing_is_new_before_all_pruned_channels_are_back():
    importance = importance_of(2, (64,) * len(CHANNELS))
    settings = ExplorationSettings(multiply_adds=None)
    layers = [
        layer
        for seed in range(30)
        for layer in choose_channels(importance, UNBOUNDED, seed, settings)
    ]
    for layer in layers:
        assert layer.fresh == max(0, layer.width - 64)
    assert {layer.width for layer in layers} == {48, 56, 64, 72, 80}
    assert len({layer.readmitted for layer in layers if layer.width == 56}) > 5


def test_widths_are_multiples_within_the_range_and_narrow_layers_have_any():
    def widths(previous, settings=SETTINGS):
        importance = importance_of(5, (previous,) * len(CHANNELS))
        return {
            layer.width
            for seed in range(40)
            for layer in choose_channels(importance, UNBOUNDED, seed, settings)
        }

    assert widths(64) == {48, 56, 64, 72, 80}
    assert widths(41) == {32, 40, 48, 56}
    assert widths(7) == {6, 7, 8, 9}
    assert widths(64, replace(SETTINGS, multiple=1)) == set(range(48, 81))


def test_where_the_work_is_bounded_layers_shrink_by_multiples_then_one_by_one():
    choice = LayerChoice(tuple(range(12)), (14, 15), 3)
    widths = [choice.width]
    while choice.width > 1:
        choice = choice.narrower(8)
        widths.append(choice.width)
        assert choice.skeleton == tuple(range(len(choice.skeleton)))
    assert widths == [17, 16, 8, 7, 6, 5, 4, 3, 2, 1]
    assert LayerChoice(tuple(range(12)), (14, 15), 3).narrower(8) == LayerChoice(
        tuple(range(12)), (14, 15), 2
    )


def test_a_choice_stays_within_the_family_and_the_work_that_is_allowed():
    widest = DIGITS_FAMILY.maximum_channels
    importance = importance_of(3, widest)
    bound = replace(SETTINGS, multiply_adds=300_000)
    for seed in range(5):
        for settings in (SETTINGS, bound):
            choice = choose_channels(importance, DIGITS_FAMILY, seed, settings)
            widths = [layer.width for layer in choice]
            assert all(1 <= width <= most for width, most in zip(widths, widest, strict=True))
            assert beyond_the_judge(widths) is None
            if settings is bound:
                assert 150_000 < multiply_adds(DIGITS_FAMILY, widths) <= 300_000
            else:
                assert judging_gas(widths) > 0.6 * MAXIMUM_JUDGING_GAS


@pytest.mark.parametrize("settings", [TrainingSettings(), FULL_SIZE], ids=["small", "full"])
def test_networks_that_go_on_growing_stay_models_for_ever(settings):
    """Whoever wins: each round's widest candidates are the next skeletons."""
    channels = settings.channels
    assert beyond_the_judge(channels) is None
    for seed in range(40):
        importance = importance_of(seed, channels)
        choice = choose_channels(importance, DIGITS_FAMILY, seed, settings.exploration)
        widths = tuple(layer.width for layer in choice)
        assert beyond_the_judge(widths) is None
        if multiply_adds(DIGITS_FAMILY, widths) > multiply_adds(DIGITS_FAMILY, channels):
            channels = widths
    assert judging_gas(channels) > 0.8 * MAXIMUM_JUDGING_GAS


def test_channels_of_one_stay_and_importance_that_is_no_number_counts_for_nothing():
    ones = [np.ones(1)] * len(CHANNELS)
    tiny = replace(SETTINGS, multiply_adds=1)
    assert [layer.width for layer in choose_channels(ones, DIGITS_FAMILY, 1, tiny)] == [1] * len(
        CHANNELS
    )
    odd = [np.array([np.nan, 3.0, 1.0, 2.0])] * len(CHANNELS)
    choice = choose_channels(odd, DIGITS_FAMILY, 1, SETTINGS)
    assert all(set(layer.skeleton) == {1, 3, 2} for layer in choice)


def test_exploring_with_everything_kept_changes_nothing(network, images, labels):
    same = explore(network, images, labels, 1, ALL_KEPT)
    with torch.inference_mode():
        assert torch.allclose(same.eval()(images), network.eval()(images), atol=1e-4)


def test_nodes_with_other_seeds_explore_other_networks(network, images, labels):
    explored = [explore(network, images, labels, seed, SETTINGS) for seed in (1, 2, 3, 1)]
    first, *_, repeated = explored
    assert len({one.channels for one in explored}) > 1
    assert first.channels == repeated.channels
    for mine, again in zip(first.parameters(), repeated.parameters(), strict=True):
        assert torch.equal(mine, again)
    integer = quantise(first.eval())
    check_network(integer)
    assert dequantise(integer).channels == first.channels


@pytest.mark.parametrize(("kernel", "margin"), [(1, 0), (3, 1), (5, 2), (7, 3)])
def test_a_rearranged_convolution_computes_the_same(kernel, margin, images):
    convolution = torch.nn.Conv2d(1, 6, kernel, 2, margin, bias=False)
    assert can_be_rearranged(convolution, (28, 28))
    with torch.inference_mode():
        expected = convolution(images)
        assert torch.allclose(convolve_rearranged(images, convolution), expected, atol=1e-5)
    assert not can_be_rearranged(convolution, (27, 28))
    assert not can_be_rearranged(torch.nn.Conv2d(1, 6, 4, 2, 1), (28, 28))
    assert not can_be_rearranged(torch.nn.Conv2d(1, 6, 3, 1, 1), (28, 28))
