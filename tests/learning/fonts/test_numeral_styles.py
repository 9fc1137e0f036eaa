"""Numeral styles: fonts of their own where they change digits, nothing where tables are damaged."""

from pathlib import Path

import pytest
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont

from offchain.learning.fonts.glyph_scan import scan_fonts
from offchain.learning.fonts.numeral_styles import numeral_styles
from tests.support.glyph_outlines import rectangle

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def write_font(path: Path, features: str) -> Path:
    """Ten rectangles, ten others for old-style figures, and a special zero."""
    glyphs = {".notdef": rectangle(10, 10)}
    glyphs |= {name: rectangle(80 + 60 * n, 700 - 50 * n) for n, name in enumerate(NAMES)}
    glyphs |= {f"{name}.old": rectangle(100 + 50 * n, 600) for n, name in enumerate(NAMES)}
    glyphs["zero.slash"] = rectangle(333, 333)
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord("0") + n: name for n, name in enumerate(NAMES)})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": path.stem, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    addOpenTypeFeaturesFromString(builder.font, features)
    builder.save(path)
    return path


OLD = " ".join(f"sub {name} by {name}.old;" for name in NAMES)
DEFAULT = list(range(1, 11))
OLD_STYLE = list(range(11, 21))


def styles(path: Path) -> dict[str, list[int]]:
    return numeral_styles(path, 0, DEFAULT)


def test_old_style_figures_and_a_slashed_zero_are_found(tmp_path):
    features = f"feature onum {{ {OLD} }} onum; feature zero {{ sub zero by zero.slash; }} zero;"
    found = styles(write_font(tmp_path / "font.ttf", features))
    assert found == {"onum": OLD_STYLE, "zero": [21, *DEFAULT[1:]]}


def test_features_that_give_the_same_count_once(tmp_path):
    features = f"feature onum {{ {OLD} }} onum; feature pnum {{ {OLD} }} pnum;"
    assert styles(write_font(tmp_path / "font.ttf", features)) == {"onum": OLD_STYLE}


def test_alternatives_and_other_features_do_not_count(tmp_path):
    features = (
        "feature aalt { sub zero by zero.slash; } aalt; feature salt { sub one by two; } salt;"
    )
    assert styles(write_font(tmp_path / "font.ttf", features)) == {}


def test_an_extension_lookup_is_followed(tmp_path):
    features = f"lookup old useExtension {{ {OLD} }} old; feature onum {{ lookup old; }} onum;"
    assert styles(write_font(tmp_path / "font.ttf", features)) == {"onum": OLD_STYLE}


def test_a_style_is_a_face_of_its_own(tmp_path):
    path = write_font(tmp_path / "font.ttf", f"feature onum {{ {OLD} }} onum;")
    faces, skipped = scan_fonts([path])
    assert [face.name for face in faces] == ["font.ttf", "font.ttf:onum"]
    assert skipped == []
    assert faces[0].digits.tobytes() != faces[1].digits.tobytes()
    assert faces[0].sha256 == faces[1].sha256 != ""


@pytest.mark.parametrize("position", [0, 4, 8, 20])
def test_damaged_tables_give_no_styles(position, tmp_path):
    path = write_font(tmp_path / "font.ttf", f"feature onum {{ {OLD} }} onum;")
    with TTFont(path) as font:
        table = font.reader.tables["GSUB"]
        offset, length = table.offset, table.length
    data = bytearray(path.read_bytes())
    data[offset + position : offset + length] = b"\xff" * (length - position)
    path.write_bytes(bytes(data))
    assert styles(path) == {}


def test_files_without_such_tables_have_none(font_files, tmp_path):
    (tmp_path / "empty.otf").write_bytes(b"")
    (tmp_path / "type1.pfb").write_bytes(b"%!PS-AdobeFont-1.0")
    for path in (tmp_path / "empty.otf", tmp_path / "type1.pfb", tmp_path / "nowhere.ttf"):
        assert numeral_styles(path, 0, DEFAULT) == {}
