"""Draws a part of many images, in whichever process has it.

As a program (`python -m offchain.learning.drawing.part ARRAYS`) it helps the process that started
it, see `drawing_helpers`: the arrays are open files, ARRAYS says which, as JSON. It writes a line
when it is ready. Each line that it reads then is a part, the numbers of its first image and of the
one after its last, and is answered by a line when that part is drawn. It ends with its input.

It imports little, since it is started anew for each data set.
"""

from __future__ import annotations

import json
import mmap
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

_CHUNK = 256
"""Images that are drawn before they are averaged: their pixels stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """Images to be drawn, and what they are drawn from.

    `glyphs` is uint8 [m, side, side]; `boxes` int64 [m, 4] is where their ink lies (`ink_boxes`);
    `chosen` int64 [n] is the glyph of each image; `maps` float64 [n, 2, 3] lead from a glyph's
    pixels (x, y, 1) to those of an image drawn at twice its size. `images` uint8 [n, side, side]
    is written.
    """

    glyphs: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    chosen: NDArray[np.int64]
    maps: NDArray[np.float64]
    images: NDArray[np.uint8]

    def draw(self, first: int, end: int) -> None:
        """Draw the images from number `first` to before `end`; each depends on itself alone."""
        for start in range(first, end, _CHUNK):
            part = slice(start, min(end, start + _CHUNK))
            self._draw_chunk(self.chosen[part], self.maps[part], self.images[part])

    def _draw_chunk(
        self, chosen: NDArray[np.int64], maps: NDArray[np.float64], images: NDArray[np.uint8]
    ) -> None:
        """Draw images below each other at twice the size, then average all of them at once."""
        count, side = images.shape[:2]
        places, moved = _place(self.boxes[chosen], maps, 2 * side)
        drawn = np.zeros((count, 2 * side, 2 * side), np.uint8)
        glyphs, warp = self.glyphs, cv2.warpAffine
        for glyph, affine, (left, right, top, bottom), image in zip(
            chosen.tolist(), moved, places.tolist(), drawn, strict=True
        ):
            size = (right - left, bottom - top)
            warp(glyphs[glyph], affine, size, dst=image[top:bottom, left:right])
        # 2 x 2 pixels never belong to two images, as their side is even. Halves are rounded up.
        cv2.resize(
            drawn.reshape(-1, 2 * side),
            (side, count * side),
            dst=images.reshape(-1, side),
            interpolation=cv2.INTER_AREA,
        )


def ink_boxes(glyphs: NDArray[np.uint8], used: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return first and last column, first and last row of the ink of `used` glyphs, int64 [m, 4].

    `glyphs` is uint8 [any, side, side], `used` int64 [m]. Of a glyph without ink it is the whole.
    """
    boxes = np.empty((len(used), 4), np.int64)
    last = glyphs.shape[1] - 1
    for first in range(0, len(used), _CHUNK):
        part = slice(first, first + _CHUNK)
        cells = glyphs[used[part]]
        columns, rows = cells.max(axis=1) > 0, cells.max(axis=2) > 0
        boxes[part, 0], boxes[part, 2] = columns.argmax(axis=1), rows.argmax(axis=1)
        boxes[part, 1] = last - columns[:, ::-1].argmax(axis=1)
        boxes[part, 3] = last - rows[:, ::-1].argmax(axis=1)
    return boxes


def _place(
    boxes: NDArray[np.int64], maps: NDArray[np.float64], drawn_side: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where the ink of each image lies: its first and end column, first and end row.

    int64 [n, 4], in drawn pixels, never empty; and the maps from the glyph to that rectangle's own
    corner. Less than half of an image is ink and its surroundings.
    """
    left, right, top, bottom = boxes.T
    across, slant, down = maps[:, 0, 0], maps[:, 0, 1], maps[:, 1, 1]
    upper, lower = slant * top, slant * bottom
    # A pixel of ink reaches as far as its neighbours, one glyph pixel to each side.
    wide, high = across + np.abs(slant), down
    edges = np.stack(
        [
            across * left + np.minimum(upper, lower) + maps[:, 0, 2] - wide,
            across * right + np.maximum(upper, lower) + maps[:, 0, 2] + wide,
            down * top + maps[:, 1, 2] - high,
            down * bottom + maps[:, 1, 2] + high,
        ],
        axis=1,
    )
    places = np.empty((len(maps), 4), np.int64)
    places[:, ::2] = np.clip(np.floor(edges[:, ::2]), 0, drawn_side - 1)
    places[:, 1::2] = np.clip(np.ceil(edges[:, 1::2]) + 1, places[:, ::2] + 1, drawn_side)
    moved = maps.copy()
    moved[:, :, 2] -= places[:, ::2]
    return places, moved


def map_array(file: int, kind: str, shape: Sequence[int]) -> NDArray[Any]:
    """Return the array that an open file holds, which all processes with that file share."""
    dtype = np.dtype(kind)
    length = dtype.itemsize * int(np.prod(shape))
    return np.frombuffer(mmap.mmap(file, length), dtype).reshape(shape)


def main(arguments: Sequence[str], requests: Iterable[str], answers: TextIO) -> int:
    """Draw the parts that are asked for, until there are no more requests."""
    cv2.setNumThreads(1)
    drawing = Drawing(*(map_array(*array) for array in json.loads(arguments[0])))
    print(flush=True, file=answers)
    for line in requests:
        first, end = map(int, line.split())
        drawing.draw(first, end)
        print(flush=True, file=answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin, sys.stdout))
