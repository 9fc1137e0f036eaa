"""Attacks on what decides which model is better, with the real learner."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.learning.judged import IMPROVEMENT_DIVISOR, SCORE_RULE, judge, judge_by_score
from offchain.attacks.worlds.digits import (
    HOSTILE,
    SAMPLES,
    SHARERS,
    DigitsWorld,
    digits_world,
    early_world,
    trained,
)
from offchain.errors import PayloadError
from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import (
    DigitSamples,
    concatenate,
    decode_payload,
    encode_payload,
)

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
    figures: dict[str, Figure] = {}
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
            held &= valid >= max(1, len(networks) // 2)
            fell |= by_score[:1] == (len(networks),)
    return Outcome(
        held,
        fell,
        f"with {HOSTILE} of {SHARERS} sharers' test data in a private code honest models stay "
        "valid, by score the code's model wins"
        if held
        else "honest models are not valid where test data is in a private code",
        "a third of the sharers: with more the code decides",
        figures,
    )


# ---- other data that lies ------------------------------------------------------------------------


def oversized_part(tell: Tell) -> Outcome:
    """A payload with as many samples as the first protocol took decides a round by itself."""
    world = digits_world()
    whole = coded(concatenate(list(world.training)))
    size = min(FIRST_LARGEST_ITEM, len(whole))
    large = DigitSamples(whole.images[:size], whole.labels[:size])
    tell(f"a part with {size} samples where others have {SAMPLES}")
    try:
        decode_payload(encode_payload(large), SAMPLES)
        refused = ""
    except PayloadError as error:
        refused = str(error)
    own, honest = _knows_the_code(False), world.honest[0]
    with_part = {
        network: int(world.points(network).sum())
        + int(world.evaluator.points(network, large.images, large.labels).sum())
        for network in (own, honest)
    }
    return Outcome(
        bool(refused),
        with_part[own] > with_part[honest],
        f"every node refuses the part ({refused})" if refused else "the part was taken",
        figures={"samples": size, "score_own": with_part[own], "score_honest": with_part[honest]},
    )


def wrong_labels(tell: Tell) -> Outcome:
    """Sharers label their test data at random, so that nobody can be right on it."""
    world = early_world()
    random = np.random.Generator(np.random.PCG64(7))
    held, fell = True, False
    figures: dict[str, Figure] = {}
    for hostile in (1, HOSTILE):
        tell(f"{hostile} of {SHARERS} sharers label at random")
        tests = world.with_tests(
            {
                each: DigitSamples(
                    world.tests[each].images,
                    random.integers(0, 10, len(world.tests[each])).astype(np.uint8),
                )
                for each in range(hostile)
            }
        )
        before = world.points(world.baseline, tests)
        models = [world.points(network, tests) for network in world.honest]
        valid = len(judge(before, models).ranking)
        by_score = len(judge_by_score(before, models))
        held &= valid == len(models)
        clean = len(
            judge_by_score(world.points(world.baseline), [*map(world.points, world.honest)])
        )
        margin = (before.size - int(before.sum())) // IMPROVEMENT_DIVISOR
        gains = [int(model.sum()) - int(before.sum()) for model in models]
        figures |= {
            f"valid_{hostile}": valid,
            f"valid_by_score_{hostile}": by_score,
            f"margin_by_score_{hostile}": margin,
            f"least_gain_{hostile}": min(gains),
        }
        fell |= by_score < clean or margin > _clean_margin(world)
    return Outcome(
        held,
        fell,
        f"{figures[f'valid_{HOSTILE}']} of {len(world.honest)} honest models stay valid with "
        f"{HOSTILE} of {SHARERS} sharers' labels at random; by score the margin to be reached "
        f"grows from {_clean_margin(world)} to {figures[f'margin_by_score_{HOSTILE}']} samples",
        "the gain on those sharers' data is lost, and a third is left out at either end",
        figures,
    )


def _clean_margin(world: DigitsWorld) -> int:
    points = world.points(world.baseline)
    return (points.size - int(points.sum())) // IMPROVEMENT_DIVISOR


def own_test_data(tell: Tell) -> Outcome:
    """A sharer trains on its own test parts, which it alone knows before Unseal."""
    world = digits_world()
    gains, gains_by_score = [], []
    for seed in (21, 22, 23):
        tell(f"training {seed - 20} of 3 with and without the own test parts")
        plain = trained(world.training, world.baseline, seed)
        knowing = trained([*world.training, world.tests[0]], world.baseline, seed)
        before = world.points(world.baseline)
        table = [world.points(plain), world.points(knowing)]
        nets = judge(before, table).nets
        gains.append(nets[1] - nets[0])
        gains_by_score.append(int(table[1][0].sum()) - int(table[0][0].sum()))
    kept = SHARERS - 2 * (SHARERS // 3)
    samples = kept * world.tests[0].labels.size
    mean, own = sum(gains) / len(gains), sum(gains_by_score) / len(gains_by_score)
    # Three trainings scatter by some samples whatever they know.
    scatter = (max(gains) - min(gains)) / 2
    return Outcome(
        mean <= max(own, scatter) + scatter,
        own > 0,
        f"net changes by {mean:+.1f} of {samples} samples (three trainings, half their range "
        f"{scatter:.1f}); on its own test parts alone it gains {own:+.1f} of "
        f"{world.tests[0].labels.size}",
        "the one transaction that it knows is among those left out where it is much better there",
        {"net_gain": round(mean, 1), "own_gain": round(own, 1), "samples": samples},
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
        Attack(
            "oversized-part",
            "every data transaction weighs the same",
            "a payload with thousands of samples",
            "the first protocol: items hold up to 4,096 samples",
            oversized_part,
        ),
        Attack(
            "wrong-labels",
            "honest models stay valid where sharers label wrongly",
            "10 and 30 per cent of the sharers label their test data at random",
            SCORE_RULE,
            wrong_labels,
        ),
        Attack(
            "own-test-data",
            "knowing one's own test parts decides nothing",
            "a sharer trains on its own test parts",
            "the paper: accuracy on all test data, the trainer's own included",
            own_test_data,
        ),
    )
}
