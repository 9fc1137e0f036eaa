"""Attacks with one model under many names, with the real learner."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.learning.judged import judge, judge_by_score
from offchain.attacks.worlds.digits import Points, digits_world, trained, with_noise
from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.protocol.rules.standing import granted, is_majority
from offchain.protocol.words.parameters import LIVE

NAMES = 60
GENESIS = 10
"""Genesis accounts, which attest beside those with standing while these are few."""

LONGEST = 40
"""Rounds that are played at most to see whether names gain the majority."""

STEPS: Final = (0.05, 0.2, 0.4)
RATE = 0.3


@cache
def _best() -> IntegerNetwork:
    """The best of the honest models."""
    world = digits_world()
    points = [world.points(network) for network in world.honest]
    return world.honest[judge(world.points(world.baseline), points).ranking[0]]


@cache
def _best_variants() -> tuple[Points, ...]:
    """Its points with a little noise, under sixty names."""
    world = digits_world()
    return tuple(world.points(with_noise(_best(), 0.02, 1, seed)) for seed in range(NAMES))


def many_names(tell: Tell) -> Outcome:
    """One model under sixty names, every round."""
    world = digits_world()
    tell(f"{NAMES} variants of one model are judged")
    before = world.points(world.baseline)
    honest = [world.points(network) for network in world.honest]
    models = [*honest, *_best_variants()]
    verdict = judge(before, models)
    named = [index for index in verdict.ranking if index >= len(honest)]
    voices = [index for index in verdict.voices if index >= len(honest)]
    by_score = judge_by_score(before, models)
    rounds = _rounds_until_majority(verdict.voices, len(honest))
    rounds_by_score = _rounds_until_majority(by_score, len(honest))
    return Outcome(
        len(voices) <= 1 and rounds is None,
        rounds_by_score is not None,
        f"of {len(named)} valid names {len(voices)} is a voice, beside "
        f"{len(verdict.voices) - len(voices)} of {len(honest)} honest models; they are most of "
        f"the attesters {_when(rounds)}, by score {_when(rounds_by_score)}",
        "one voice a training",
        {
            "valid_names": len(named),
            "voices": len(voices),
            "honest_voices": len(verdict.voices) - len(voices),
            "rounds_until_majority_by_score": rounds_by_score or -1,
        },
    )


def _when(rounds: int | None) -> str:
    return f"in none of {LONGEST} rounds" if rounds is None else f"after {rounds} rounds"


def _rounds_until_majority(ranking: Sequence[int], honest: int) -> int | None:
    """After how many rounds like this one the names are the majority; None: never.

    The names behind the models are the same every round, so that standing is renewed.
    """
    ends: dict[str, int] = {}
    for tick in range(1, LONGEST + 1):
        standing = frozenset(name for name, end in ends.items() if end >= tick)
        hostile = sum(int(name) >= honest for name in standing)
        few = len(standing) < LIVE.minimum_standing
        attesters = len(standing) + (GENESIS if few else 0)
        if is_majority(hostile, attesters):
            return tick - 1
        for name in granted([str(index) for index in ranking], standing, attesters, len(standing)):
            ends[name] = tick + LIVE.standing_rounds
    return None


def fine_tuned_names(tell: Tell) -> Outcome:
    """Every name trains its variant a little further, so that it is one no more."""
    world = digits_world()
    before = world.points(world.baseline)
    best = _best()
    cheapest = 1.0
    figures: dict[str, int | float | str] = {}
    for part in STEPS:
        tell(f"variants are trained further by {part:.0%} of a training")
        variants = [
            world.points(trained(world.training, best, seed, part, RATE)) for seed in (31, 32, 33)
        ]
        verdict = judge(before, [world.points(best), *variants])
        voices = sum(index > 0 for index in verdict.voices)
        figures[f"voices_of_3_at_{part:.0%}"] = voices
        if voices:
            cheapest = min(cheapest, part)
    alike = [world.points(best), *_best_variants()]
    free = len(judge(before, alike).voices) - 1
    by_score = judge_by_score(before, alike)
    return Outcome(
        free == 0,
        len(by_score) > NAMES // 2,
        f"noise alone makes {free} voices more; the cheapest that was tried is {cheapest:.0%} of "
        f"a training at {RATE} of its rate; by score {len(by_score) - 1} names cost nothing",
        f"a name costs {cheapest:.0%} of a training, a place among the members and a stake",
        figures | {"cheapest_part_of_a_training": cheapest},
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "many-names",
            "one model is one voice, whatever it is called",
            "one model with a little noise under sixty names, every round",
            "the first protocol: every valid model gains standing, a quarter of the set a round",
            many_names,
        ),
        Attack(
            "fine-tuned-names",
            "a name costs training",
            "variants that are trained a little further",
            "the first protocol: a name needs one valid variant",
            fine_tuned_names,
        ),
    )
}
