"""Small files of samples, as people have them."""

import io

import numpy as np
from PIL import Image

from offchain.learning.task_file.words import (
    Background,
    CategoryColumn,
    ClassTarget,
    ImageSamples,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)

ANIMALS = ImageSamples(8, 8, 1, ("cat", "dog"))
ON_DARK = ImageSamples(8, 8, 1, ("cat", "dog"), Background.DARK)
FLOWERS = TableSamples(
    (
        NumberColumn("height", 0, 1_000, 1, "cm"),
        CategoryColumn("colour", ("red", "blue")),
    ),
    ClassTarget("kind", ("rose", "iris")),
)
PRICES = TableSamples(
    (NumberColumn("height", 0, 1_000, 1),), NumberTarget("price", 0, 10_000, 2, "EUR", 500)
)
LANGUAGES = TextSamples(64, ("de", "fr"))


def png(pixels, **options):
    """A PNG file of pixels."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(stream, "PNG", **options)
    return stream.getvalue()


def picture(seed, side=8):
    """Pixels uint8 [side, side] that no other seed has."""
    return np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)


def animals(folder, each=4, first=0):
    """A folder of pictures, ``each`` a label."""
    for number, label in enumerate(ANIMALS.labels):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for at in range(first, first + each):
            file = folder / label / f"{at}.png"
            file.write_bytes(png(picture(1_000 * number + at)))
    return folder


def idx_bytes(array):
    """An idx file of uint8 values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()
