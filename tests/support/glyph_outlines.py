"""Outlines for the glyphs of fonts that tests make."""

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph


def rectangle(width: int, height: int) -> Glyph:
    """A filled rectangle on the baseline, in font units."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, height), (width, height), (width, 0)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()
