"""Which of the shared parts a node trains on where all of them are more than its memory holds."""

from __future__ import annotations

from collections.abc import Sequence


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
