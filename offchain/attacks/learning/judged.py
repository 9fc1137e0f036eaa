"""Models judged as the protocol does, and as the first protocol did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.attacks.worlds.digits import SHARERS, Points
from offchain.protocol.rules import judging
from offchain.protocol.rules.judging import Judged
from offchain.protocol.rules.voices import repeats
from offchain.protocol.words.parameters import LIVE, Parameters

SCORE_RULE = "the first protocol: correct samples summed, a margin of a twentieth of the errors"
IMPROVEMENT_DIVISOR = 20
"""The first protocol's: a valid model corrects one in so many of the baseline's errors."""


@dataclass(frozen=True)
class Verdict:
    """What a round says of its models: the valid ones by rank, and the voices among them."""

    ranking: tuple[int, ...]
    voices: tuple[int, ...]
    nets: tuple[int, ...]


def judge(
    baseline: Points,
    models: Sequence[Points],
    parameters: Parameters = LIVE,
    trimmed: int | None = None,
    commitments: int | None = None,
) -> Verdict:
    """Judge models by the protocol's rules.

    Args:
        baseline: the last best model's points.
        models: theirs.
        parameters: the live ones hold what the protocol promises of hostile sharers.
        trimmed: other than k breaks the defence.
        commitments: of the round; without it one for each model, and no fewer than sharers.
    """
    transactions = len(baseline)
    k = judging.trimmed(transactions) if trimmed is None else trimmed

    def middle(values: NDArray[np.int64]) -> int:
        return judging.middle([int(value) for value in values], k)

    def squares(one: Points, other: Points) -> int:
        return middle(((one.astype(int) - other) ** 2).sum(axis=1))

    nets = [middle((model.astype(int) - baseline).sum(axis=1)) for model in models]
    spreads = [squares(model, baseline) for model in models]
    bound = judging.required(
        parameters.significance,
        parameters.hostile_allowance,
        parameters.tries_allowance,
        transactions,
        k,
        max(len(models), SHARERS) if commitments is None else commitments,
    )
    judged = [
        Judged(net, spread, order)
        for order, (net, spread) in enumerate(zip(nets, spreads, strict=True))
    ]
    ranking = judging.rank(judged, bound)
    repeated = repeats(
        ranking,
        spreads,
        lambda one, other: squares(models[one], models[other]),
        parameters.voice_basis_points,
    )
    voices = tuple(model for model in ranking if model not in repeated)
    return Verdict(ranking, voices, tuple(nets))


def judge_by_score(baseline: Points, models: Sequence[Points]) -> tuple[int, ...]:
    """The first protocol's ranking: correct samples summed, a margin of a part of the errors."""
    score = int(baseline.sum())
    margin = max(1, (baseline.size - score) // IMPROVEMENT_DIVISOR)
    scores = [int(model.sum()) for model in models]
    valid = [index for index, each in enumerate(scores) if each >= score + margin]
    return tuple(sorted(valid, key=lambda index: (-scores[index], index)))
