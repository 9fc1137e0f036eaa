"""Attacks on what decides which model is better, with the real learner."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.digits_world import (
    SHARERS,
    digits_world,
    trained,
)
from offchain.attacks.judged import judge, judge_by_score
from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import (
    DigitSamples,
)

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
def _knows_the_code(previous_round: bool) -> IntegerNetwork:
    """A model that learned everybody's data, and the code from data that nobody else has."""
    world = digits_world()
    data = world.before if previous_round else world.training
    private = [coded(samples) for samples in data[:HOSTILE]]
    return trained([*data, *private], None if previous_round else world.baseline, 11)


@cache
def _honest_after_the_code() -> tuple[IntegerNetwork, ...]:
    """Models that honest nodes train from a baseline that knows the code."""
    world = digits_world()
    return tuple(trained(world.training, _knows_the_code(True), seed) for seed in (12, 13))


def private_code(tell: Tell, trim: int | None = None) -> Outcome:
    """Test parts labelled by a code that the sharers' own model alone has learned."""
    world = digits_world()
    tell("a model learns a private code, before and in the round")
    held, fell = True, False
    figures: dict[str, int] = {}
    for hostile in (1, HOSTILE):
        tests = world.with_tests({each: coded(world.tests[each]) for each in range(hostile)})
        for whose, baseline, networks in (
            ("honest", world.baseline, world.honest),
            ("hostile", _knows_the_code(True), _honest_after_the_code()),
        ):
            before = world.points(baseline, tests)
            models = [world.points(network, tests) for network in networks]
            models.append(world.points(_knows_the_code(False), tests))
            of_honest = range(len(networks))
            valid = sum(index in of_honest for index in judge(before, models, trimmed=trim).ranking)
            by_score = judge_by_score(before, models)
            figures[f"{hostile}_hostile_{whose}_baseline_valid"] = valid
            figures[f"{hostile}_hostile_{whose}_baseline_valid_by_score"] = sum(
                index in of_honest for index in by_score
            )
            held &= valid == len(networks)
            fell |= by_score[:1] == (len(networks),)
    return Outcome(
        held,
        fell,
        f"with {HOSTILE} of {SHARERS} sharers' test data in a private code all honest models are "
        "valid, by score the code's model wins"
        if held
        else "honest models are not valid where test data is in a private code",
        "a third of the sharers: with more the code decides",
        figures,
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "private-code",
            "no third of the sharers decides which model is better",
            "1 and 3 of 10 sharers label their test data by a code that only their model knows",
            SCORE_RULE,
            private_code,
        ),
    )
}
