"""Numeral styles of OpenType fonts: other shapes of the digits, chosen by a feature of GSUB.

Registered features (OpenType specification): old-style (onum), lining (lnum), tabular (tnum) and
proportional (pnum) figures and the slashed zero (zero). Where they change a digit's glyph they give
digits that the same designer drew anew. Not counted is ``aalt``, which merely lists alternatives.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NUMERAL_STYLES = ("lnum", "onum", "pnum", "tnum", "zero")

_SINGLE_SUBSTITUTION = 1
_EXTENSION = 7
_MAXIMUM_LOOKUPS = 4096


def numeral_styles(path: Path, number: int, indices: Sequence[int]) -> dict[str, list[int]]:
    """Return for each numeral style of a face the glyph indices of its digits.

    `number` is the face's in its file, `indices` are the digits' default glyphs. Styles that change
    nothing, or give what another gave, are left out; a font that is no OpenType font, or whose
    tables are damaged, has none.
    """
    from fontTools.ttLib import TTFont, TTLibError

    if path.suffix.lower() in (".pfb", ".pfa"):
        return {}
    styles: dict[str, list[int]] = {}
    try:
        with path.open("rb") as file, TTFont(file, fontNumber=number, lazy=True) as font:
            if "GSUB" not in font or font["GSUB"].table.FeatureList is None:
                return {}
            table = font["GSUB"].table
            names = [font.getGlyphName(index) for index in indices]
            for tag in NUMERAL_STYLES:
                styled = _substituted(table, tag, names)
                found = [font.getGlyphID(name) for name in styled]
                if found != list(indices) and found not in styles.values():
                    styles[tag] = found
    # fontTools raises whatever a damaged table leads to.
    except (
        TTLibError, OSError, EOFError, LookupError, ValueError, TypeError, AttributeError,
        AssertionError, struct.error, RecursionError, NotImplementedError, OverflowError,
    ):  # fmt: skip
        return {}
    return styles


def _substituted(table: Any, tag: str, names: Sequence[str]) -> list[str]:
    """Apply the single substitutions of all features `tag`, each lookup once, in their order."""
    lookups = sorted(
        {
            index
            for record in table.FeatureList.FeatureRecord
            if record.FeatureTag == tag
            for index in record.Feature.LookupListIndex
        }
    )
    styled = list(names)
    for index in lookups[:_MAXIMUM_LOOKUPS]:
        lookup = table.LookupList.Lookup[index]
        mapping: dict[str, str] = {}
        for subtable in lookup.SubTable:
            inner = subtable.ExtSubTable if subtable.LookupType == _EXTENSION else subtable
            if inner.LookupType == _SINGLE_SUBSTITUTION:
                # Of several subtables the first that covers a glyph holds.
                mapping = {**inner.mapping, **mapping}
        styled = [mapping.get(name, name) for name in styled]
    return styled
