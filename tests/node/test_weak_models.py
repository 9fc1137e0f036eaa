"""A model that is certain to burn is not committed to; one that might not burn is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from offchain.learning.exact.integer_network import encode_model, parse_model
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.tasks.digits import DigitsLearner
from offchain.node.computations import Training
from offchain.node.weak_models import (
    DEVIATIONS,
    SAMPLES,
    WeakModelError,
    is_certain_to_burn,
    require_strength,
)
from offchain.ports import TrainedModel
from offchain.protocol.words.parameters import DEMO
from scripts.support.models.files import zeros
from tests.node.test_modelling import ROUND, Node

SIZE = 50
HALF = DEMO.burn_basis_points
LABEL = 3


def always(label: int) -> bytes:
    """The file of a network that answers the same to everything."""
    network = parse_model(zeros([1, 1, 1, 1]))
    bias = (np.arange(len(network.linear.bias)) == label).astype(np.int32)
    return encode_model(replace(network, linear=replace(network.linear, bias=bias)))


def payload(labels: np.ndarray) -> bytes:
    images = np.zeros((SIZE, 28, 28), np.uint8)
    return encode_payload(DigitSamples(images, labels.astype(np.uint8)))


def training(share: float, baseline: bytes | None, ages: tuple[int, ...] = (0,) * 8) -> Training:
    """Parts of which so large a share has the one label, all others the next one."""
    labels = np.where(np.arange(SIZE) < share * SIZE, LABEL, LABEL + 1)
    ids = tuple(bytes([number]) * 32 for number in range(len(ages)))
    return Training(ROUND, (payload(labels),) * len(ages), ids, ages, baseline)


def points(right: int, of: int) -> np.ndarray:
    return (np.arange(of) < right).astype(np.uint8)


LEARNER = DigitsLearner(SIZE)


def check(model: bytes, on: Training, burn_basis_points: int = HALF) -> None:
    parameters = replace(DEMO, samples_per_part=SIZE, burn_basis_points=burn_basis_points)
    require_strength(model, on, LEARNER, parameters)


def test_a_model_with_hardly_any_of_the_baselines_points_is_refused():
    with pytest.raises(WeakModelError, match="400 training samples it earns 40 points") as caught:
        check(always(LABEL + 1), training(0.9, always(LABEL)))
    assert (caught.value.own, caught.value.baseline) == (40, 360)


@pytest.mark.parametrize(
    ("share", "why"), [(0.5, "as good"), (0.66, "above half"), (0.68, "below half, by chance")]
)
def test_a_model_that_may_not_burn_is_committed_to(share, why):
    check(always(LABEL + 1), training(share, always(LABEL)))


def test_nothing_is_refused_where_nothing_burns_for_being_weak():
    check(always(LABEL + 1), training(1.0, always(LABEL)), burn_basis_points=0)
    check(always(LABEL + 1), training(1.0, None))


def test_samples_of_earlier_rounds_say_nothing_of_this_one():
    """The last best model may have learned them by heart."""
    check(always(LABEL + 1), training(1.0, always(LABEL), ages=(1,) * 8))


def test_few_samples_make_nothing_certain():
    few = DEVIATIONS**2
    assert not is_certain_to_burn(points(0, few), points(few, few), 10**6, HALF)
    assert is_certain_to_burn(points(0, few + 1), points(few + 1, few + 1), 10**6, HALF)
    # ... nor do many where few judge.
    assert not is_certain_to_burn(points(0, 1_000), points(1_000, 1_000), few, HALF)
    assert not is_certain_to_burn(points(0, 0), points(0, 0), few, HALF)


def test_sums_are_exact_where_each_sample_is_worth_most():
    most = np.full(SAMPLES, 255, np.uint8)
    assert is_certain_to_burn(0 * most, most, SAMPLES, 10_000)
    assert not is_certain_to_burn(most, most, SAMPLES, 10_000)


class Weak(DigitsLearner):
    """Trains in vain at first."""

    seeds: tuple[int, ...] = ()

    def train(self, training, baseline, seed, progress, ages=()):  # noqa: ARG002
        self.seeds += (seed,)
        return TrainedModel(always(LABEL + (len(self.seeds) < 2)), "a model")


def test_a_weak_model_is_never_in_hand_and_the_next_training_begins_otherwise(tmp_path):
    now = [0.0]
    node = Node(tmp_path, clock=lambda: now[0])
    learner = node.modelling._learner = Weak(SIZE)
    node.train_on(training(1.0, always(LABEL)))
    assert node.modelling.held(ROUND) is None
    assert node.journal.sealed_copy(ROUND) is None
    now[0] += 11
    node.train_on(training(1.0, always(LABEL)))
    assert node.modelling.held(ROUND).data == always(LABEL)
    assert len(set(learner.seeds)) == 2
