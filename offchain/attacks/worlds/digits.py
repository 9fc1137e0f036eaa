"""Two rounds of ten sharers with the real digits learner, small: where attacks on judging start.

The first round's best model is the baseline of the second. Made once a process: 20 to 30 seconds of
one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    EXACT_BOUND,
    WEIGHT_MAXIMUM,
    IntegerNetwork,
    accumulator_bound,
)
from offchain.learning.fonts.atlas import default_cache_folder, load_atlas
from offchain.learning.formats.digits import DigitSamples, concatenate, decode_payload
from offchain.learning.preparation import use_threads
from offchain.learning.training.settings import TrainingSettings

if TYPE_CHECKING:
    from offchain.learning.exact.evaluation import ExactEvaluator

SHARERS = 10
HOSTILE = 3
"""Sharers of ten that lie: floor(10 / 3), as many as judging is to withstand."""

PARTS = 20
TEST_PARTS = 3
SAMPLES = 200
SETTINGS = TrainingSettings(
    channels=(8, 16, 24, 32), epochs=10**6, maximum_steps=200, seconds=1e6, exploration=None
)

Points = NDArray[np.uint8]
"""A model's points on the test set: [sharers, test samples of each]."""


@dataclass(frozen=True)
class DigitsWorld:
    """Two rounds: every sharer's training data of the first, and the second one as it competes.

    ``baseline`` is the first round's best model, ``honest`` are trained from it.
    """

    before: tuple[DigitSamples, ...]
    training: tuple[DigitSamples, ...]
    tests: tuple[DigitSamples, ...]
    baseline: IntegerNetwork
    honest: tuple[IntegerNetwork, ...]
    evaluator: ExactEvaluator

    def points(
        self, network: IntegerNetwork, tests: Sequence[DigitSamples] | None = None
    ) -> Points:
        """A network's points on the sharers' test samples, or on others in their place."""
        together = concatenate(list(self.tests if tests is None else tests))
        points = self.evaluator.points(network, together.images, together.labels)
        return points.reshape(SHARERS, -1)

    def with_tests(self, changed: dict[int, DigitSamples]) -> list[DigitSamples]:
        """The test samples, those of some sharers replaced."""
        return [changed.get(sharer, samples) for sharer, samples in enumerate(self.tests)]


@cache
def digits_world() -> DigitsWorld:
    """The world that all attacks of a process share."""
    # A sum of floats depends on how many threads share it: one gives the same whatever the machine
    # has, and is not slowed by others.
    use_threads(1)
    from offchain.learning.exact.evaluation import ExactEvaluator

    before, _ = _drawn(1)
    training, tests = _drawn(2)
    baseline = trained(before, None, 1)
    return DigitsWorld(
        before,
        training,
        tests,
        baseline,
        tuple(trained(training, baseline, seed) for seed in range(2, 6)),
        ExactEvaluator(),
    )


@cache
def early_world() -> DigitsWorld:
    """The same world before its baseline was trained to the end.

    All gain much from it, whatever rounding the machine's floats have: a model that does not stay
    valid here is no chance.
    """
    world = digits_world()
    return replace(world, baseline=trained(world.before, None, 1, 0.5))


def trained(
    training: Sequence[DigitSamples],
    previous: IntegerNetwork | None,
    seed: int,
    steps: float = 1.0,
    rate: float = 1.0,
) -> IntegerNetwork:
    """A network trained on some samples: ``steps`` of a full training, at ``rate`` of its rate."""
    from offchain.learning.training.loop import train_network

    settings = replace(
        SETTINGS,
        maximum_steps=max(1, round(SETTINGS.maximum_steps * steps)),
        warm_learning_rate=SETTINGS.warm_learning_rate * rate,
    )
    samples = concatenate(list(training))
    # The clock stands still: time would bend the learning rate, and with it the result.
    return train_network(
        samples, previous, seed, settings, lambda _: None, clock=lambda: 0.0
    ).network


def with_noise(network: IntegerNetwork, part: float, most: int, seed: int) -> IntegerNetwork:
    """The network with that part of its weights moved by 1 to ``most`` in either direction."""
    random = np.random.Generator(np.random.PCG64(seed))

    def noisy(layer: IntegerLayer) -> IntegerLayer:
        change = random.integers(1, most + 1, layer.weight.shape)
        change *= random.choice(np.array([-1, 1]), change.shape)
        change *= random.random(change.shape) < part
        moved = np.clip(layer.weight + change, -WEIGHT_MAXIMUM, WEIGHT_MAXIMUM).astype(np.int8)
        # A channel whose sums might then be too large for the format stays as it is.
        fits = accumulator_bound(IntegerLayer(moved, layer.bias, layer.shift)) < EXACT_BOUND
        moved[~fits] = layer.weight[~fits]
        return IntegerLayer(moved, layer.bias, layer.shift)

    return IntegerNetwork(
        network.family, tuple(map(noisy, network.convolutions)), noisy(network.linear)
    )


def _drawn(round_number: int) -> tuple[tuple[DigitSamples, ...], tuple[DigitSamples, ...]]:
    """Every sharer's training and test samples. What a part holds is random: the last ones test."""
    atlas = load_atlas(default_cache_folder())
    training, tests = [], []
    for node in range(SHARERS):
        source = DigitsDataSource(
            atlas, node, SHARERS, 1, SAMPLES, noise=PRESETS["moderate"], font_seed=1
        )
        parts = [decode_payload(part, SAMPLES) for part in source.draw(round_number, PARTS)]
        training.append(concatenate(parts[:-TEST_PARTS]))
        tests.append(concatenate(parts[-TEST_PARTS:]))
    return tuple(training), tuple(tests)
