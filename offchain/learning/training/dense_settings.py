"""How long and how fast to train dense networks: plain values that need no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

LEAST_SECONDS: Final = 0.05
"""That a run gets however late it begins."""

NEW_PART: Final = 0.6
"""Of the time that a new network has where training may go on from the previous one instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseSettings:
    """Settings of one training run of a network of tables or texts.

    It takes `epochs` passes over the samples, at least `least_steps` steps of `batch` samples and
    at most `maximum_steps`, or stops after `seconds`; the learning rate falls to zero towards
    whichever end comes first. `held_out_percent` of the samples, at most `most_held_out`, choose
    among the networks on the way, `looks` of them. A new network has hidden layers of `units`; one
    that was taken over keeps its own and learns at `warm_learning_rate`. `dropout` is the part of
    hidden units that is left out in a step. Tables have `bins` for each number, texts `buckets` for
    their n-grams and as many units for them as `units` begins with.
    """

    units: tuple[int, int] = (64, 32)
    epochs: int = 30
    least_steps: int = 200
    maximum_steps: int = 4000
    batch: int = 128
    seconds: float = 60.0
    learning_rate: float = 0.01
    warm_learning_rate: float = 0.004
    weight_decay: float = 0.02
    warm_up: float = 0.1
    dropout: float = 0.1
    label_smoothing: float = 0.0
    held_out_percent: int = 15
    most_held_out: int = 2000
    looks: int = 20
    bins: int = 8
    buckets: int = 4096

    def until(self, part: float, passed: float) -> DenseSettings:
        """Return the settings of a run that ends at a `part` of the time; `passed` seconds have."""
        return replace(self, seconds=max(part * self.seconds - passed, LEAST_SECONDS))
