"""Proposes what images are from pictures: their labels, and a size that keeps what they show."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Final

import numpy as np

from offchain.errors import DataError
from offchain.learning.own_data.found import DataFile, Found
from offchain.learning.own_data.image_files import ImageFile
from offchain.learning.own_data.pictures import open_picture
from offchain.learning.own_data.prepared import RefusedSample
from offchain.learning.proposing.labels import ordered_labels
from offchain.learning.task_file.words import SIDES, ImageSamples

LOOKED_AT: Final = 400
"""Pictures whose size is looked at, at most."""

USUAL_SIDE: Final = 32
"""Of pictures that are larger than images can be."""


def propose_images(files: Iterable[DataFile]) -> ImageSamples:
    """Return the words for the pictures in some files.

    The size is the pictures' median one where images can have it, else 32 pixels for the longer
    side; grey where all pictures that were looked at are.

    Raises:
        DataError: there are no pictures, none can be opened, or too few or too many labels.
    """
    labels: set[str | int] = set()
    sizes: list[tuple[int, int]] = []
    is_grey = True
    for file in files:
        if isinstance(file, ImageFile) and len(sizes) >= LOOKED_AT:
            labels.add(file.label)  # the folder's name, without opening thousands of pictures
            continue
        for item in file.read():
            if not isinstance(item, Found) or item.label is None or item.label == "":
                continue
            labels.add(item.label)
            if len(sizes) < LOOKED_AT:
                seen = _seen(item)
                if seen is not None:
                    sizes.append(seen[0])
                    is_grey = is_grey and seen[1]
    if not sizes:
        raise DataError("no picture could be opened: PNG and JPEG files, idx and npz are read")
    height, width = (round(statistics.median(side)) for side in zip(*sizes, strict=True))
    return ImageSamples(*fitting(height, width), 1 if is_grey else 3, ordered_labels(labels))


def fitting(height: int, width: int) -> tuple[int, int]:
    """Return a size of images for pictures of a size: theirs if images can have it."""
    least, most = SIDES
    longest = max(height, width)
    if longest > most:
        height, width = (round(side * USUAL_SIDE / longest) for side in (height, width))
    return max(height, least), max(width, least)


def _seen(item: Found) -> tuple[tuple[int, int], bool] | None:
    """The height and width of a picture, and whether it is grey; None if it cannot be opened."""
    if isinstance(item.content, np.ndarray):
        pixels = item.content
    elif isinstance(item.content, bytes):
        try:
            pixels = np.asarray(open_picture(item.content).convert("RGB"))
        except RefusedSample:
            return None
    else:
        return None
    if pixels.ndim not in (2, 3):
        return None
    colours = pixels if pixels.ndim == 3 else pixels[..., None]
    is_grey = bool((colours == colours[..., :1]).all())
    return (pixels.shape[0], pixels.shape[1]), is_grey
