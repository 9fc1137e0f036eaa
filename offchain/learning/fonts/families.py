"""Fonts that look almost the same: weights of one design, its optical sizes, copies by other names.

Two fonts are alike if their digits at 16 x 16 differ, taken together, by little of their ink; a
family is what hangs together by such pairs. Two counts say how many fonts there are: distinct
bitmaps, and families, which are plainly different to the eye.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ALIKE_DISTANCE = 0.18
"""Fonts nearer than this are alike: the length of the difference by the mean length of the two."""

_ROWS = 512


def find_families(glyphs: NDArray[np.uint8], distance: float = ALIKE_DISTANCE) -> NDArray[np.int64]:
    """Return the family of each font, int64 [fonts]: the lowest index of a font in it.

    `glyphs` is uint8 [fonts, 10, 64, 64]. Takes some seconds for thousands of fonts.
    """
    fonts = len(glyphs)
    cells = glyphs.reshape(fonts * 10, 16, 4, 16, 4).mean(axis=(2, 4), dtype=np.float32)
    digits = cells.reshape(fonts, 2560)
    squares = (digits * digits).sum(axis=1)
    family = np.arange(fonts, dtype=np.int64)
    for start in range(0, fonts, _ROWS):
        rows = slice(start, start + _ROWS)
        products = digits[rows] @ digits[start:].T
        sums = squares[rows, None] + squares[None, start:]
        alike = sums - 2 * products < distance * distance * sums / 2
        for first, second in np.argwhere(np.triu(alike, 1)):
            _join(family, start + int(first), start + int(second))
    return np.array([_root(family, one) for one in range(fonts)], dtype=np.int64)


def _root(family: NDArray[np.int64], one: int) -> int:
    while family[one] != one:
        family[one] = family[family[one]]
        one = int(family[one])
    return one


def _join(family: NDArray[np.int64], first: int, second: int) -> None:
    low, high = sorted((_root(family, first), _root(family, second)))
    family[high] = low
