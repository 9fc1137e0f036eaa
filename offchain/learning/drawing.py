"""Draws digits: a glyph of the atlas under a user's handwriting noise.

Each image is one glyph, stretched, slanted, scaled and shifted by one affine map from the 64 x 64
atlas cell to 56 x 56 pixels, then averaged over 2 x 2 pixels: straight to 28 x 28, thin strokes
would alias.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offchain.learning.digits import IMAGE_SIDE
from offchain.learning.glyph_scanner import ATLAS_SIDE

_DRAWN_SIDE = 2 * IMAGE_SIDE


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
    maps = affine_maps(len(glyphs), noise, random)
    drawn = np.empty((len(glyphs), _DRAWN_SIDE, _DRAWN_SIDE), np.uint8)
    for glyph, affine, image in zip(glyphs, maps, drawn, strict=True):
        cv2.warpAffine(glyph, affine, (_DRAWN_SIDE, _DRAWN_SIDE), dst=image)
    quarters = drawn.reshape(len(glyphs), IMAGE_SIDE, 2, IMAGE_SIDE, 2)
    sums = quarters.sum(axis=(2, 4), dtype=np.uint16)
    images: NDArray[np.uint8] = ((sums + 2) >> 2).astype(np.uint8)
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
