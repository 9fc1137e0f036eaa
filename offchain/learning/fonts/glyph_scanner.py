"""Renders the digits of font files in a process of its own.

FreeType parses files from many hands; a broken one can crash it or keep it busy for ever. The
parent (`glyphs.scan_fonts`) therefore runs this module as a child, one request at a time, and
starts another child after a crash or a time-out. Protocol on the child's pipes: a request is one
line of JSON, the font's path; the answer is one line of JSON, a list with for each face its name
and either ``null`` or the reason why it is not usable, followed by 10 x 64 x 64 bytes for each
usable face. A numeral style of a face counts as a face of its own, named with the style's tag.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from offchain.learning.fonts.numeral_styles import NUMERAL_STYLES, numeral_styles

ATLAS_SIDE = 64
GLYPH_SIDE = 52
"""The larger side of a font's ten digits, drawn to one scale, in an atlas cell."""

MAXIMUM_FACES = 64
MAXIMUM_ANSWERS = MAXIMUM_FACES * (1 + len(NUMERAL_STYLES))
MEMORY_LIMIT_BYTES = 2 << 30
_SCAN_PIXELS = 128
_MAXIMUM_PIXELS = 1024


class UnusableFace(Exception):
    """A face without ten good digits; the message says why."""


def digit_indices(face: Any) -> list[int]:
    """Return the glyph indices of the digits of a FreeType face.

    Raises `UnusableFace` if the face has no Unicode character map with all digits.
    """
    import freetype

    if not any(one.encoding == freetype.FT_ENCODING_UNICODE for one in face.charmaps):
        raise UnusableFace("no Unicode character map")
    face.select_charmap(freetype.FT_ENCODING_UNICODE)
    indices = [face.get_char_index(digit) for digit in "0123456789"]
    if 0 in indices:
        raise UnusableFace(f"no glyph for {indices.index(0)}")
    return indices


def render_digits(face: Any, indices: Sequence[int]) -> NDArray[np.uint8]:
    """Return the digits of a FreeType face by their glyphs, uint8 [10, 64, 64], 255 for ink.

    All ten are drawn to the scale at which the largest measures `GLYPH_SIDE` pixels, each centred.
    Raises `UnusableFace` if a digit is empty or equal to another.
    """
    import freetype

    if not face.is_scalable:
        raise UnusableFace("bitmaps only")
    face.set_pixel_sizes(0, _SCAN_PIXELS)
    largest = 1
    for index in indices:
        face.load_glyph(index, freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_BITMAP)
        metrics = face.glyph.metrics  # in 1/64 pixels
        largest = max(largest, metrics.width, metrics.height)
    pixels = max(1, min(_MAXIMUM_PIXELS, _SCAN_PIXELS * GLYPH_SIDE * 64 // largest))
    digits = np.zeros((10, ATLAS_SIDE, ATLAS_SIDE), np.uint8)
    face.set_pixel_sizes(0, pixels)
    for digit, index in enumerate(indices):
        bitmap = _render(face, index)
        rows, columns = bitmap.shape
        if not (bitmap > 127).any():
            raise UnusableFace(f"digit {digit} is empty")
        if rows > ATLAS_SIDE or columns > ATLAS_SIDE:
            raise UnusableFace(f"digit {digit} does not scale")
        top, left = (ATLAS_SIDE - rows) // 2, (ATLAS_SIDE - columns) // 2
        digits[digit, top : top + rows, left : left + columns] = bitmap
    if len({digit.tobytes() for digit in digits}) < 10:
        raise UnusableFace("two digits look the same")
    return digits


def _render(face: Any, index: int) -> NDArray[np.uint8]:
    import freetype

    flags = freetype.FT_LOAD_RENDER | freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_BITMAP
    face.load_glyph(index, flags)
    bitmap = face.glyph.bitmap
    rows, columns, pitch = bitmap.rows, bitmap.width, bitmap.pitch
    if rows == 0 or columns == 0:
        return np.zeros((1, 1), np.uint8)
    if bitmap.pixel_mode != freetype.FT_PIXEL_MODE_GRAY or pitch < columns:
        raise UnusableFace("not drawn in shades of grey")
    # The binding's own `buffer` copies pixel by pixel into a list, forty times slower.
    pixels = ctypes.string_at(bitmap._FT_Bitmap.buffer, rows * pitch)
    return np.frombuffer(pixels, np.uint8).reshape(rows, pitch)[:, :columns]


def scan_font(path: Path) -> list[tuple[str, NDArray[np.uint8] | str]]:
    """Return for each face of a font file, and each numeral style, its name and its digits.

    In place of the digits stands why it is not usable.
    """
    import freetype

    found: list[tuple[str, NDArray[np.uint8] | str]] = []
    faces = 1
    number = 0
    while number < min(faces, MAXIMUM_FACES):
        name = path.name if number == 0 else f"{path.name}#{number}"
        try:
            face = freetype.Face(str(path), number)
            faces = face.num_faces
            indices = digit_indices(face)
            found.append((name, render_digits(face, indices)))
        except (UnusableFace, freetype.FT_Exception, OSError) as error:
            found.append((name, str(error)))
            number += 1
            continue
        for tag, styled in numeral_styles(path, number, indices).items():
            try:
                found.append((f"{name}:{tag}", render_digits(face, styled)))
            except (UnusableFace, freetype.FT_Exception) as error:
                found.append((f"{name}:{tag}", str(error)))
        number += 1
    return found


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until their end."""
    for line in requests:
        scanned = scan_font(Path(json.loads(line)))
        reasons = [(name, one if isinstance(one, str) else None) for name, one in scanned]
        answers.write(json.dumps(reasons).encode() + b"\n")
        for _, one in scanned:
            if not isinstance(one, str):
                answers.write(one.tobytes())
        answers.flush()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


if __name__ == "__main__":
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
