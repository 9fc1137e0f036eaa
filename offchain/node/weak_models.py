"""Whether a model that was just trained is certain to cost a part of its node's stake.

A model burns that earns less than a share of the last best model's points; and one that does not
earn more than the last best model wins nothing. So nothing is lost where such a model is not
committed to. Which samples judge it nobody knows before all have committed. But chance has drawn
them from the same parts as those that the model was trained on, which flatter it and not the other.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from offchain.errors import ModelError
from offchain.node.computations import Training
from offchain.ports import Learner
from offchain.protocol.rules.statements import Points
from offchain.protocol.words.parameters import BASIS_POINTS, Parameters

SAMPLES: Final = 1_024
"""Training samples of the round that both models are tried on, at most."""

DEVIATIONS: Final = 6
"""Standard deviations from the limit beyond which nothing is left to chance."""


class WeakModelError(ModelError):
    """A model would burn: it has so many points where the last best model has so many more."""

    def __init__(self, own: int, baseline: int, samples: int) -> None:
        super().__init__(
            f"on {samples} training samples it earns {own} points and the last best model "
            f"{baseline}: it would burn and is not committed to"
        )
        self.own = own
        self.baseline = baseline


def require_strength(
    model: bytes, training: Training, learner: Learner, parameters: Parameters
) -> None:
    """Raise `WeakModelError` if a model is certain to burn.

    Args:
        model: its file.
        training: what it was trained on, with the last best model.
        learner: judges both.
        parameters: the deployment's.

    Raises:
        ModelError: one of the files is malformed.
    """
    ages = training.ages
    newest = [part for part, age in zip(training.payloads, ages, strict=True) if age == 0]
    if training.baseline is None or not newest:
        return
    sharers = {shared for shared, age in zip(training.ids, ages, strict=True) if age == 0}
    size = learner.samples_per_part
    # Some of everybody's: a single sharer's parts may be odd.
    tried = newest[:: -(-len(newest) * size // SAMPLES)]
    own, baseline = learner.points(model, tried), learner.points(training.baseline, tried)
    judging = len(sharers) * parameters.test_parts * size
    if is_certain_to_burn(own, baseline, judging, parameters.burn_basis_points):
        raise WeakModelError(int(own.sum()), int(baseline.sum()), len(own))


def is_certain_to_burn(own: Points, baseline: Points, judging: int, burn_basis_points: int) -> bool:
    """Whether a model's points lie below its limit by far more than chance makes.

    What a sample says is share * baseline's points - own points. Over n samples the mean of that is
    compared with the deviation of a mean of as many samples as judge, or as are known if these are
    fewer: it must be above `DEVIATIONS` of them.

    Args:
        own: the model's points on some samples.
        baseline: the last best model's on the same.
        judging: how many samples will judge the model.
        burn_basis_points: share of the baseline's points under which a model burns.
    """
    gaps = burn_basis_points * baseline.astype(np.int64) - BASIS_POINTS * own.astype(np.int64)
    total, squares, count = int(gaps.sum()), int((gaps**2).sum()), len(gaps)
    return total > 0 and total**2 * min(count, judging) > DEVIATIONS**2 * squares * count
