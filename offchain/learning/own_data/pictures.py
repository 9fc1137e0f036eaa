"""Makes pictures fit a task of images: size, colours, background. Only pixels are left of them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from offchain.learning.formats.samples import LabelledImages
from offchain.learning.own_data.found import Found
from offchain.learning.own_data.labels import LabelNumbers
from offchain.learning.own_data.prepared import Change, Preparation, Prepared, RefusedSample
from offchain.learning.task_file.words import Background, ImageSamples

if TYPE_CHECKING:
    from PIL.Image import Image

MAXIMUM_PIXELS: Final = 64 << 20
"""Of a picture before it is resized: more would take memory by the gigabyte."""

_GREY_MODES: Final = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L"})
_HALF: Final = 128


class PicturePreparation(Preparation):
    """Pictures for ``images``: PNG or JPEG files, or pixels."""

    def __init__(self, images: ImageSamples) -> None:
        self._images = images
        self._numbers = LabelNumbers(images.labels)
        self.labels = images.labels

    def prepare(self, found: Found) -> Prepared:
        """Return the picture with its label; `RefusedSample` if it is none of the task's."""
        label = self._numbers.number(found.label)
        content = found.content
        if isinstance(content, bytes):
            pixels, changes = fit_picture(open_picture(content), self._images)
        elif isinstance(content, np.ndarray):
            pixels, changes = fit_pixels(content, self._images)
        else:
            raise RefusedSample("is no picture")
        return Prepared(pixels.tobytes() + bytes([label]), label, pixels, changes)

    def gather(self, prepared: Sequence[Prepared]) -> LabelledImages:
        """Return pictures with their labels."""
        images = self._images
        shape = (len(prepared), images.height, images.width, images.channels)
        pixels = np.empty(shape, np.uint8)
        for number, sample in enumerate(prepared):
            pixels[number] = sample.value
        return LabelledImages(pixels, np.array([one.label for one in prepared], np.uint8))


def fit_pixels(
    pixels: NDArray[np.uint8], images: ImageSamples
) -> tuple[NDArray[np.uint8], frozenset[Change]]:
    """Return pixels uint8 [height, width] or with 1, 3 or 4 channels last as a task has them.

    Raises:
        RefusedSample: they are no picture.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.dtype != np.uint8 or not pixels.size or pixels.ndim not in (2, 3):
        raise RefusedSample(f"is no picture: {pixels.dtype} of shape {pixels.shape}")
    if pixels.ndim == 3 and pixels.shape[2] not in (3, 4):
        raise RefusedSample(f"is no picture: {pixels.shape[2]} channels")
    shape = (images.height, images.width) + ((images.channels,) if pixels.ndim == 3 else ())
    if pixels.shape == shape and (pixels.ndim == 3 or images.channels == 1):
        # Data sets of pixels mostly fit: a picture in between would cost as much as all the rest.
        return _on_background(pixels.reshape(*shape[:2], -1), images, set())
    from PIL import Image

    return fit_picture(Image.fromarray(np.ascontiguousarray(pixels)), images)


def open_picture(content: bytes) -> Image:
    """Return the picture of a PNG or JPEG file, decoded and turned upright.

    Raises:
        RefusedSample: it is none, is damaged, or too large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # A picture of very many pixels is refused below; Pillow only warns.
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
            if picture.width * picture.height > MAXIMUM_PIXELS:
                raise RefusedSample(
                    f"has {picture.width} x {picture.height} pixels: at most "
                    f"{MAXIMUM_PIXELS >> 20} million are read"
                )
            picture.load()
    except UnidentifiedImageError as error:
        raise RefusedSample("is no picture in PNG or JPEG") from error
    except Image.DecompressionBombError as error:
        raise RefusedSample("has too many pixels") from error
    # Decoders fail in many ways on damaged files; memory that is not there is no such one.
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, KeyError, EOFError) as error:
        raise RefusedSample("is a damaged picture") from error
    return picture


def fit_picture(
    picture: Image, images: ImageSamples
) -> tuple[NDArray[np.uint8], frozenset[Change]]:
    """Return a picture as a task has them, uint8 [height, width, channels], and what was done.

    It is turned as its EXIF says, put on white where it is transparent, turned grey or given three
    channels, resized as a whole without changing its proportions, padded with the colour of its
    edge, and inverted where most of its edge is light and the task has a dark background, or the
    other way round.
    """
    changes: set[Change] = set()
    picture = _upright(picture, changes)
    picture = _in_channels(picture, images.channels, changes)
    picture = _resized(picture, images, changes)
    pixels = np.asarray(picture, np.uint8).reshape(picture.height, picture.width, -1)
    return _on_background(pixels, images, changes)


def _on_background(
    pixels: NDArray[np.uint8], images: ImageSamples, changes: set[Change]
) -> tuple[NDArray[np.uint8], frozenset[Change]]:
    """Return pixels uint8 [any, any, channels] padded and on the task's background."""
    if pixels.shape[:2] != (images.height, images.width):
        changes.add(Change.PADDED)
        pixels = _padded(pixels, images)
    if images.background is not Background.ANY:
        lightest = pixels >= _HALF
        edge = (lightest[0], lightest[-1], lightest[1:-1, 0], lightest[1:-1, -1])
        light, all_ = sum(map(np.count_nonzero, edge)), sum(side.size for side in edge)
        background = Background.LIGHT if 2 * light >= all_ else Background.DARK
        if images.background is not background:
            changes.add(Change.INVERTED)
            pixels = 255 - pixels
    return np.ascontiguousarray(pixels, np.uint8), frozenset(changes)


def _upright(picture: Image, changes: set[Change]) -> Image:
    from PIL import ImageOps

    try:
        turned = ImageOps.exif_transpose(picture)
    except (ValueError, TypeError, KeyError, SyntaxError, OSError):
        # EXIF that cannot be read turns nothing.
        return picture
    if picture.getexif().get(0x0112, 1) != 1:
        changes.add(Change.TURNED)
    return turned


def _in_channels(picture: Image, channels: int, changes: set[Change]) -> Image:
    from PIL import Image

    was_grey = picture.mode in _GREY_MODES
    if picture.mode.startswith("I"):
        picture = Image.fromarray(np.clip(np.asarray(picture) >> 8, 0, 255).astype(np.uint8))
    if "A" in picture.mode or "transparency" in picture.info:
        covered = picture.convert("RGBA")
        if int(np.asarray(covered.getchannel("A")).min()) < 255:
            changes.add(Change.UNCOVERED)
        white = Image.new("RGBA", covered.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, covered).convert("L" if was_grey else "RGB")
    wanted = "L" if channels == 1 else "RGB"
    if channels == 1 and not was_grey:
        changes.add(Change.GREYED)
    elif channels == 3 and was_grey:
        changes.add(Change.COLOURED)
    return picture if picture.mode == wanted else picture.convert(wanted)


def _resized(picture: Image, images: ImageSamples, changes: set[Change]) -> Image:
    """Return the picture in the largest size that fits, its proportions kept."""
    from PIL import Image

    if picture.size == (images.width, images.height):
        return picture
    scale = min(images.width / picture.width, images.height / picture.height)
    if scale == 1.0:
        return picture
    changes.add(Change.RESIZED)
    size = (
        min(images.width, max(1, round(picture.width * scale))),
        min(images.height, max(1, round(picture.height * scale))),
    )
    # Averages of what falls into a pixel keep thin strokes; enlarged ones are drawn smooth.
    method = Image.Resampling.BOX if scale < 1.0 else Image.Resampling.BILINEAR
    return picture.resize(size, method)


def _padded(pixels: NDArray[np.uint8], images: ImageSamples) -> NDArray[np.uint8]:
    """Return the pixels in the middle of a ground of the median colour of their edge."""
    rows = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    edge: NDArray[np.uint8] = np.median(np.concatenate(rows), axis=0).astype(np.uint8)
    padded = np.empty((images.height, images.width, pixels.shape[2]), np.uint8)
    padded[:] = edge
    top, left = (images.height - pixels.shape[0]) // 2, (images.width - pixels.shape[1]) // 2
    padded[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return padded
