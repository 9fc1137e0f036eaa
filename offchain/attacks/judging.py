"""Attacks on what decides which model is better, with the real learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.digits_world import (
    SAMPLES,
    SHARERS,
    DigitsWorld,
    Points,
    digits_world,
    trained,
    with_noise,
)
from offchain.attacks.judged import judge, judge_by_score
from offchain.errors import PayloadError
from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import DigitSamples, concatenate, decode_payload, encode_payload

SCORE_RULE = "the first protocol: correct samples summed, a margin of a twentieth of the errors"
HOSTILE = 3
"""Sharers of ten that lie: floor(10 / 3), as many as judging is to withstand."""

FIRST_LARGEST_ITEM = 4_096
"""Samples that an item of the first protocol could hold, where honest ones held 200."""


# ---- labels that only their sharer knows ---------------------------------------------------------


def coded(samples: DigitSamples) -> DigitSamples:
    """Pictures with a mark in a corner, and labels by a permutation that only its author knows."""
    images = samples.images.copy()
    images[:, :3, :3] = 255
    return DigitSamples(images, ((samples.labels.astype(int) + 3) % 10).astype(np.uint8))


@cache
def _knows_the_code() -> IntegerNetwork:
    """A model that learned everybody's data, and the code from data that nobody else has."""
    world = digits_world()
    private = [coded(samples) for samples in world.training[:HOSTILE]]
    return trained([*world.training, *private], world.baseline, 11)


def private_code(tell: Tell, trim: int | None = None) -> Outcome:
    """Test parts labelled by a code that the sharers' own model alone has learned."""
    world = digits_world()
    tell("a model learns a private code")
    hostile_model = _knows_the_code()
    held, fell, figures = True, False, {}
    for hostile in (1, HOSTILE):
        tests = world.with_tests({each: coded(world.tests[each]) for each in range(hostile)})
        honest = [world.points(network, tests) for network in world.honest]
        own = world.points(hostile_model, tests)
        for name, baseline in (("honest", world.baseline), ("hostile", hostile_model)):
            before = world.points(baseline, tests)
            # Where the baseline is the hostile one, honest models answer that learned from it.
            models = honest if name == "honest" else _after(hostile_model, tests)
            verdict = judge(before, [*models, own] if name == "honest" else models, trimmed=trim)
            by_score = judge_by_score(before, [*models, own] if name == "honest" else models)
            valid = sum(index < len(models) for index in verdict.ranking)
            figures[f"honest_valid_{hostile}_{name}_baseline"] = valid
            figures[f"honest_valid_by_score_{hostile}_{name}_baseline"] = sum(
                index < len(models) for index in by_score
            )
            held &= valid == len(models)
            fell |= not any(index < len(models) for index in by_score)
            if name == "honest":
                fell |= by_score[:1] == (len(models),)
    return Outcome(
        held,
        fell,
        f"with {HOSTILE} of {SHARERS} sharers' test data in a private code "
        f"{figures[f'honest_valid_{HOSTILE}_honest_baseline']} of {len(world.honest)} honest models "
        f"are valid, by score {figures[f'honest_valid_by_score_{HOSTILE}_honest_baseline']}",
        "a third of the sharers: with more the code decides",
        figures,
    )


@cache
def _honest_after() -> tuple[IntegerNetwork, ...]:
    """Models that honest nodes train from the hostile baseline."""
    world = digits_world()
    return tuple(trained(world.training, _knows_the_code(), seed) for seed in (12, 13))


def _after(_: IntegerNetwork, tests: Sequence[DigitSamples]) -> list[Points]:
    world = digits_world()
    return [world.points(network, tests) for network in _honest_after()]
