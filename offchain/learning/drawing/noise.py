"""Draws digits: a glyph of the atlas under a user's handwriting noise.

Each image is one glyph, stretched, slanted, scaled and shifted by one affine map from the 64 x 64
atlas cell to 56 x 56 pixels, then averaged over 2 x 2 pixels: straight to 28 x 28, thin strokes
would alias.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from offchain.learning.drawing.helpers import draw_with_helpers
from offchain.learning.drawing.part import Drawing, ink_boxes
from offchain.learning.fonts.glyph_scanner import ATLAS_SIDE
from offchain.learning.formats.digits import IMAGE_SIDE

_DRAWN_SIDE = 2 * IMAGE_SIDE
IMAGES_A_HELPER = 25_000
"""Drawn alone in less time than a helping process would save: a quarter of a second."""


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
    processes: int = 1,
) -> NDArray[np.uint8]:
    """Return an image of ``glyphs[c]`` for each c of `chosen`, uint8 [n, 28, 28], 255 for ink.

    `glyphs` is uint8 [m, 64, 64]; `chosen` int64 [n] is from 0 to m - 1. Up to `processes` draw,
    as many as the number of images is worth, and the images are the same for any number of them.
    """
    if len(chosen) and not 0 <= int(chosen.min()) <= int(chosen.max()) < len(glyphs):
        raise IndexError(f"glyphs {chosen.min()} to {chosen.max()} of {len(glyphs)}")
    helpers = min(processes - 1, len(chosen) // IMAGES_A_HELPER)
    if helpers > 0:
        make_maps = partial(affine_maps, len(chosen), noise, random)
        return draw_with_helpers(glyphs, chosen, make_maps, IMAGE_SIDE, helpers)
    maps = affine_maps(len(chosen), noise, random)
    used = np.unique(chosen)
    boxes = np.zeros((len(glyphs), 4), np.int64)
    boxes[used] = ink_boxes(glyphs, used)
    images = np.empty((len(chosen), IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    Drawing(glyphs, boxes, chosen, maps, images).draw(0, len(chosen))
    return images


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
