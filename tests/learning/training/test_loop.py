"""Training: it learns, follows its seed, improves on a baseline, ends in time or with an error."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from offchain.errors import TrainingError
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import (
    WEIGHT_MAXIMUM,
    check_network,
    encode_model,
    reference_classes,
)
from offchain.learning.formats.digits import DigitSamples, concatenate, decode_payload
from offchain.learning.training.loop import learning_rate_factor, train_network
from offchain.learning.training.quantisation import dequantise, quantise
from offchain.learning.training.settings import TrainingSettings
from offchain.learning.training.trainable_network import (
    ConvolutionalNetwork,
    images_to_float,
    normalise_as,
    set_gain_and_offset,
)
from tests.support.random_networks import random_network

SMALL = TrainingSettings(
    channels=(6, 8, 12, 16),
    epochs=30,
    maximum_steps=120,
    batch=32,
    report_steps=15,
    enough=0.0,
)


def silent(_):
    pass


def samples_of(atlas, number: int, items: int, node: int = 0) -> DigitSamples:
    data = DigitsDataSource(atlas, node, 2, seed=1, samples_per_part=100, noise=LIGHT)
    return concatenate([decode_payload(item, 100) for item in data.draw(number, items)])


@pytest.fixture(scope="module")
def training(atlas):
    return samples_of(atlas, 1, 8)


@pytest.fixture(scope="module")
def test_set(atlas):
    """More images in the fonts that were trained on."""
    data = DigitsDataSource(atlas, 0, 2, seed=2, samples_per_part=300, noise=LIGHT)
    return decode_payload(data.draw(1, 1)[0], 300)


@pytest.fixture(scope="module")
def trained(training):
    torch.set_num_threads(1)
    return train_network(training, None, 5, SMALL, silent)


def test_training_learns_to_read_digits(trained, test_set):
    score = ExactEvaluator().score(trained.network, test_set.images, test_set.labels)
    assert score > 0.9 * len(test_set)
    assert trained.steps == 120
    check_network(trained.network)


def test_the_seed_decides_the_first_network_and_the_order_of_samples(training):
    def first_losses(seed: int) -> list[float]:
        reports = []
        settings = TrainingSettings(channels=(6, 8, 12, 16), maximum_steps=3, report_steps=1)
        train_network(training, None, seed, settings, reports.append)
        return [one.loss for one in reports]

    # The first is computed before any step; later ones differ by how sums were rounded.
    assert first_losses(5)[0] == pytest.approx(first_losses(5)[0], rel=1e-6)
    assert first_losses(5) == pytest.approx(first_losses(5), rel=0.02)
    assert first_losses(5)[0] != pytest.approx(first_losses(6)[0], rel=1e-6)


def test_training_leaves_the_random_state_of_the_process_alone(training):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    train_network(
        training, None, 5, TrainingSettings(channels=(2, 2, 2, 2), maximum_steps=1), silent
    )
    assert torch.equal(torch.random.get_rng_state(), before)


def test_training_on_new_fonts_improves_on_the_baseline(training, atlas):
    # A baseline that has much left to learn: training is not repeatable to the bit.
    beginner = train_network(training, None, 5, replace(SMALL, maximum_steps=15), silent).network
    new = samples_of(atlas, 3, 12)
    fresh = DigitSamples(new.images[:900], new.labels[:900])
    judged = DigitSamples(new.images[900:], new.labels[900:])
    evaluator = ExactEvaluator()
    baseline = evaluator.score(beginner, judged.images, judged.labels)
    improved = train_network(fresh, beginner, 1, SMALL, silent).network
    score = evaluator.score(improved, judged.images, judged.labels)
    assert baseline < 0.9 * len(judged)
    assert score >= baseline + max(1, (len(judged) - baseline) // 20)


def test_without_exploration_the_channels_of_the_baseline_are_kept(trained, training):
    settings = TrainingSettings(channels=(16, 32, 64, 64), maximum_steps=2, exploration=None)
    kept = train_network(training, trained.network, 1, settings, silent).network.channels
    assert kept == (6, 8, 12, 16)


def test_quantisation_costs_next_to_nothing(training, test_set, trained):
    """The integer network and the floating-point network that it stands for agree on the images,
    but for a few at the border.
    """
    network = dequantise(trained.network).eval()
    with torch.inference_mode():
        logits = network(images_to_float(torch.tensor(test_set.images)))
    agreed = (
        logits.argmax(dim=1).numpy() == reference_classes(trained.network, test_set.images)
    ).mean()
    assert agreed >= 0.99


def test_an_integer_network_survives_the_way_there_and_back():
    network = random_network((3, 5, 4, 6), seed=4, shift=8)
    # The largest weights, so that quantising finds the same shifts.
    for layer in (*network.convolutions, network.linear):
        layer.weight.reshape(len(layer.bias), -1)[:, 0] = WEIGHT_MAXIMUM
    assert encode_model(quantise(dequantise(network))) == encode_model(network)


def test_normalising_does_not_change_what_a_network_computes(trained, training):
    images = images_to_float(torch.tensor(training.images[:64]))
    network = dequantise(trained.network).eval()
    with torch.inference_mode():
        before = network(images)
        normalise_as(network, images)
        after = network(images)
    assert torch.allclose(before, after, atol=1e-4)
    network.train()
    with torch.inference_mode():
        assert torch.allclose(network(images), before, atol=1e-2)


def test_sums_that_would_not_be_exact_get_a_smaller_shift():
    network = ConvolutionalNetwork((1, 1, 128, 1)).eval()
    (*_, (hidden, normalisation)) = network.layers()
    set_gain_and_offset(normalisation, torch.ones(1), torch.zeros(1))
    with torch.no_grad():
        hidden.weight.fill_(0.99)
    integer = quantise(network)
    assert int(integer.convolutions[-1].weight.max()) == 32  # 63 would take sums beyond 2^24
    check_network(integer)


def test_weights_that_are_no_numbers_end_with_an_error():
    network = ConvolutionalNetwork((1, 1, 1, 1)).eval()
    with torch.no_grad():
        network.linear.weight[0, 0] = float("nan")
    with pytest.raises(TrainingError, match="not finite"):
        quantise(network)


def test_biases_too_large_for_integers_end_with_an_error():
    network = ConvolutionalNetwork((1, 1, 1, 1)).eval()
    with torch.no_grad():
        network.linear.bias[0] = 1e9
    with pytest.raises(TrainingError, match="too large"):
        quantise(network)


def test_a_loss_that_explodes_ends_the_run_with_an_error(training):
    settings = TrainingSettings(
        channels=(4, 4, 4, 4), learning_rate=float("inf"), maximum_steps=40, report_steps=5
    )
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d+ of 40"):
        train_network(training, None, 1, settings, silent)


def test_no_samples_end_with_an_error():
    with pytest.raises(TrainingError, match="no samples"):
        train_network(concatenate([]), None, 1, SMALL, silent)


def test_a_single_sample_can_be_trained_on(training):
    one = DigitSamples(training.images[:1], training.labels[:1])
    # Batch normalisation of one 4 x 4 image works; it only has to end with a model.
    check_network(train_network(one, None, 1, SMALL, silent).network)


def test_the_time_budget_ends_the_run_with_a_usable_model(training, test_set):
    """A clock on which each look takes a second: the learning rate still falls to its end."""
    ticks = itertools.count()
    settings = TrainingSettings(
        channels=(6, 8, 12, 16), seconds=100.0, maximum_steps=10_000, epochs=500
    )
    result = train_network(training, None, 1, settings, silent, clock=lambda: float(next(ticks)))
    assert 80 <= result.steps <= 100
    assert ExactEvaluator().score(result.network, test_set.images, test_set.labels) > 150


def test_progress_is_reported(training):
    reports = []
    settings = TrainingSettings(channels=(2, 2, 2, 2), maximum_steps=25, report_steps=10)
    train_network(training, None, 1, settings, reports.append)
    assert [one.step for one in reports] == [10, 20, 25]
    assert {one.total for one in reports} == {25}
    assert all(np.isfinite(one.loss) and one.images_per_second > 0 for one in reports)


def test_a_run_ends_once_all_is_learned(training):
    settings = TrainingSettings(
        channels=(2, 2, 2, 2), maximum_steps=25, report_steps=10, enough=100.0
    )
    assert train_network(training, None, 1, settings, silent).steps == 15


def test_progress_of_a_run_that_time_ends_says_how_many_steps_there_will_be(training):
    ticks = itertools.count()
    reports = []
    settings = TrainingSettings(
        channels=(2, 2, 2, 2), seconds=60.0, maximum_steps=10**9, epochs=10**9, report_steps=10
    )
    result = train_network(
        training, None, 1, settings, reports.append, clock=lambda: float(next(ticks))
    )
    assert len(reports) >= 4
    assert all(0.7 * result.steps <= one.total <= 1.1 * result.steps for one in reports)


def test_the_learning_rate_rises_once_and_falls_to_zero():
    parts = np.linspace(0, 1, 101)
    factors = [learning_rate_factor(part, 0.2) for part in parts.tolist()]
    top = int(np.argmax(factors))
    assert parts[top] == 0.2
    assert factors[top] == 1.0
    assert sorted(factors[: top + 1]) == factors[: top + 1]
    assert sorted(factors[top:], reverse=True) == factors[top:]
    assert abs(factors[-1]) < 1e-12
