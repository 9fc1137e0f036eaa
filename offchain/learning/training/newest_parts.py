"""Which of the shared parts a node trains on where memory does not hold all, and which are new."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def newest_parts(sizes: Sequence[int], ages: Sequence[int], most: int) -> tuple[int, ...]:
    """Return the numbers, rising, of the newest parts whose `sizes` sum to at most `most`.

    `ages` are how many rounds old they are; without them all are as old. Of parts as old as each
    other the first ones go. The newest part stays in any case.
    """
    kept: list[int] = []
    total = 0
    for number in sorted(range(len(sizes)), key=lambda one: (ages[one] if ages else 0, -one)):
        total += sizes[number]
        if total > most and kept:
            break
        kept.append(number)
    return tuple(sorted(kept))


def new_samples(
    counts: Sequence[int], ages: Sequence[int], used: Sequence[int]
) -> NDArray[np.bool_]:
    """Return which samples of the parts `used`, of `counts` samples each, are new, bool [n].

    What is older than this round, whose age is 0, a previous network may have learned.
    """
    new = [not ages or ages[number] == 0 for number in used]
    return np.repeat(new, [counts[number] for number in used])
