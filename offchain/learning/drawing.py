"""Draws digits: a glyph of the atlas under a user's handwriting noise.

Each image is one glyph, stretched, slanted, scaled and shifted by one affine map from the 64 x 64
atlas cell to 56 x 56 pixels, then averaged over 2 x 2 pixels: straight to 28 x 28, thin strokes
would alias.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offchain.learning.digits import IMAGE_SIDE
from offchain.learning.glyph_scanner import ATLAS_SIDE

_DRAWN_SIDE = 2 * IMAGE_SIDE
_CHUNK = 256
"""Images that are drawn before they are averaged: their pixels stay in the cache."""


@dataclass(frozen=True, slots=True)
class HandwritingNoise:
    """How much images of one glyph differ.

    `scale` is drawn uniformly from `scale_low` to `scale_high` (1 draws the atlas cell as large as
    the image). The logarithm of width by height is normal with `aspect_sigma`. The slant, pixels
    to the side for each pixel up, is uniform from minus to plus `slant`. The shift, in pixels of
    the image, is uniform from minus to plus `shift` along both axes.
    """

    scale_low: float
    scale_high: float
    aspect_sigma: float
    slant: float
    shift: float


LIGHT = HandwritingNoise(0.75, 1.05, 0.12, 0.25, 1.0)
MODERATE = HandwritingNoise(0.60, 1.05, 0.18, 0.40, 1.5)
STRONG = HandwritingNoise(0.35, 1.20, 0.40, 0.90, 2.0)
HARD = HandwritingNoise(0.28, 1.20, 0.55, 1.30, 2.0)
PRESETS = {"light": LIGHT, "moderate": MODERATE, "strong": STRONG, "hard": HARD}


def draw_digits(
    glyphs: NDArray[np.uint8], noise: HandwritingNoise, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Return one image of each glyph: uint8 [n, 64, 64] to uint8 [n, 28, 28], 255 for ink.

    The images depend on `glyphs`, `noise` and the state of `random` alone.
    """
    return draw_chosen(glyphs, np.arange(len(glyphs)), noise, random)


def draw_chosen(
    glyphs: NDArray[np.uint8],
    chosen: NDArray[np.int64],
    noise: HandwritingNoise,
    random: np.random.Generator,
    threads: int = 1,
) -> NDArray[np.uint8]:
    """Return an image of ``glyphs[c]`` for each c of `chosen`, uint8 [n, 28, 28], 255 for ink.

    `glyphs` is uint8 [m, 64, 64] and is not copied; `chosen` int64 [n] is from 0 to m - 1. The
    images are the same for any number of `threads`.
    """
    if len(chosen) and not 0 <= int(chosen.min()) <= int(chosen.max()) < len(glyphs):
        raise IndexError(f"glyphs {chosen.min()} to {chosen.max()} of {len(glyphs)}")
    maps = affine_maps(len(chosen), noise, random)
    places = _place(glyphs, chosen, maps)
    images = np.empty((len(chosen), IMAGE_SIDE, IMAGE_SIDE), np.uint8)

    def draw_part(start: int, end: int) -> None:
        for first in range(start, end, _CHUNK):
            part = slice(first, min(end, first + _CHUNK))
            _draw(glyphs, chosen[part].tolist(), maps[part], places[part].tolist(), images[part])

    parts = [len(chosen) * part // threads for part in range(threads + 1)]
    if threads == 1:
        draw_part(0, len(chosen))
    else:
        # OpenCV lets other threads compute while it transforms.
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(draw_part, parts[:-1], parts[1:]))
    return images


def _place(
    glyphs: NDArray[np.uint8], chosen: NDArray[np.int64], maps: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return where the ink of each image lies: its first and end column, first and end row.

    int64 [n, 4], in drawn pixels, never empty. Changes `maps` so that they lead from the glyph to
    that rectangle's own corner. Less than half of an image is ink and its surroundings.
    """
    once, back = np.unique(chosen, return_inverse=True)
    boxes = np.empty((len(once), 4))
    for first in range(0, len(once), _CHUNK):
        part = slice(first, first + _CHUNK)
        cells = glyphs[once[part]]
        columns, rows = cells.max(axis=1) > 0, cells.max(axis=2) > 0
        boxes[part, 0], boxes[part, 2] = columns.argmax(axis=1), rows.argmax(axis=1)
        boxes[part, 1] = ATLAS_SIDE - 1 - columns[:, ::-1].argmax(axis=1)
        boxes[part, 3] = ATLAS_SIDE - 1 - rows[:, ::-1].argmax(axis=1)
    left, right, top, bottom = boxes[back].T
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
    places = np.empty((len(chosen), 4), np.int64)
    places[:, ::2] = np.clip(np.floor(edges[:, ::2]), 0, _DRAWN_SIDE - 1)
    places[:, 1::2] = np.clip(np.ceil(edges[:, 1::2]) + 1, places[:, ::2] + 1, _DRAWN_SIDE)
    maps[:, :, 2] -= places[:, ::2]
    return places


def _draw(
    glyphs: NDArray[np.uint8],
    chosen: list[int],
    maps: NDArray[np.float64],
    places: list[list[int]],
    images: NDArray[np.uint8],
) -> None:
    """Draw images below each other at twice the size, then average all of them at once."""
    drawn = np.zeros((len(chosen), _DRAWN_SIDE, _DRAWN_SIDE), np.uint8)
    for index, affine, place, image in zip(chosen, maps, places, drawn, strict=True):
        left, right, top, bottom = place
        size = (right - left, bottom - top)
        cv2.warpAffine(glyphs[index], affine, size, dst=image[top:bottom, left:right])
    # 2 x 2 pixels never belong to two images, as their side is even. Halves are rounded up.
    cv2.resize(
        drawn.reshape(-1, _DRAWN_SIDE),
        (IMAGE_SIDE, len(chosen) * IMAGE_SIDE),
        dst=images.reshape(-1, IMAGE_SIDE),
        interpolation=cv2.INTER_AREA,
    )


def affine_maps(
    count: int, noise: HandwritingNoise, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return maps from atlas pixels (x, y, 1) to drawn pixels, float64 [count, 2, 3]."""
    scale = random.uniform(noise.scale_low, noise.scale_high, count) * _DRAWN_SIDE / ATLAS_SIDE
    half_aspect = np.exp(0.5 * noise.aspect_sigma * random.standard_normal(count))
    slant = random.uniform(-noise.slant, noise.slant, count)
    shift = random.uniform(-noise.shift, noise.shift, (count, 2)) * _DRAWN_SIDE / IMAGE_SIDE
    maps = np.zeros((count, 2, 3))
    maps[:, 0, 0] = scale * half_aspect
    maps[:, 1, 1] = scale / half_aspect
    # Slanting follows stretching: a pixel's way up is measured in the stretched picture. Rows
    # count downwards, hence the sign.
    maps[:, 0, 1] = -slant * maps[:, 1, 1]
    centre = (ATLAS_SIDE - 1) / 2
    target = (_DRAWN_SIDE - 1) / 2
    maps[:, :, 2] = target + shift - centre * maps[:, :, :2].sum(axis=2)
    return maps
