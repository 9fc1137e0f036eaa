"""Drawing a block's 550,000 images, and Pillow that draws each from its font file."""

import time
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from offchain.learning.drawing.noise import MODERATE, affine_maps, draw_chosen
from offchain.learning.fonts.atlas import GlyphAtlas, build_atlas, default_cache_folder
from offchain.learning.fonts.files import font_files_under
from offchain.learning.fonts.glyph_scanner import ATLAS_SIDE, GLYPH_SIDE
from offchain.learning.formats.digits import CLASSES, IMAGE_SIDE
from scripts.bench.measurement import Conditions, Figure, Measurement

IMAGES = 550_000
FONTS = 2_200
PILLOW_PART = 200
ROUNDS = 3


def measure_generation(conditions: Conditions) -> Mapping[str, float]:
    """All images of a block against a part of them with Pillow, in turn, the shortest of each.

    The fonts are Matplotlib's, so that the measurement is the same on every machine; their glyphs
    are repeated to as many as 2,200 fonts have, since what is read from memory takes time too.
    """
    files = font_files_under(Path(matplotlib.get_data_path()) / "fonts")
    atlas = build_atlas(files, default_cache_folder())
    fonts = _scalable_fonts(files, atlas)
    glyphs = np.resize(atlas.glyphs, (FONTS, *atlas.glyphs.shape[1:]))
    cells = glyphs.reshape(-1, ATLAS_SIDE, ATLAS_SIDE)
    count = conditions.scaled(IMAGES)
    chosen = np.random.default_rng(0).integers(0, len(cells), count)
    ours = pillow = float("inf")
    for number in range(ROUNDS):
        started = time.perf_counter()
        draw_chosen(cells, chosen, MODERATE, _generator(number), conditions.threads)
        between = time.perf_counter()
        _draw_with_pillow(fonts, max(1, count // PILLOW_PART), _generator(number))
        ours = min(ours, between - started)
        pillow = min(pillow, time.perf_counter() - between)
    each = pillow / max(1, count // PILLOW_PART)
    return {
        "generate_550k_s": ours,
        "generate_images_per_s": count / ours,
        "generate_ratio": each * count / ours,
    }


def _draw_with_pillow(
    fonts: list[ImageFont.FreeTypeFont], count: int, random: np.random.Generator
) -> list[Image.Image]:
    """Draw each image from its font, transform it, and shrink it: what one writes first."""
    images = []
    large = 2 * IMAGE_SIDE
    for number, affine in enumerate(affine_maps(count, MODERATE, random)):
        glyph = Image.new("L", (ATLAS_SIDE, ATLAS_SIDE))
        ImageDraw.Draw(glyph).text(
            (ATLAS_SIDE / 2, ATLAS_SIDE / 2),
            str(number % CLASSES),
            fill=255,
            font=fonts[number % len(fonts)],
            anchor="mm",
        )
        # Pillow asks for the way back: from the drawn pixel to the glyph's.
        back = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))[:2].ravel().tolist()
        drawn = glyph.transform(
            (large, large), Image.Transform.AFFINE, back, Image.Resampling.BILINEAR
        )
        images.append(drawn.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BOX))
    return images


def _scalable_fonts(files: list[Path], atlas: GlyphAtlas) -> list[ImageFont.FreeTypeFont]:
    usable = set(atlas.names)
    return [ImageFont.truetype(str(file), GLYPH_SIDE) for file in files if file.name in usable]


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


GENERATION = Measurement(
    "generation",
    (
        Figure("generate_550k_s", "seconds to draw a block's 550,000 images", 5.0),
        Figure("generate_images_per_s", "images drawn in a second"),
        Figure("generate_ratio", "times as fast as Pillow drawing each image"),
    ),
    measure_generation,
)
