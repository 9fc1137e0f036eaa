"""Fonts: which are used and why others are not, a renderer that crashes or hangs, the cache."""

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import FontError
from offchain.learning.fonts import atlas as glyphs_module
from offchain.learning.fonts.atlas import (
    GlyphAtlas,
    _read_cache,
    _write_cache,
    build_atlas,
    filter_faces,
    load_atlas,
)
from offchain.learning.fonts.files import find_font_files, font_files_under, usable_files
from offchain.learning.fonts.glyph_scan import scan_fonts
from offchain.learning.fonts.glyph_scanner import ATLAS_SIDE
from offchain.learning.fonts.packages import extra_package
from tests.support.glyph_outlines import rectangle
from tests.support.tampering.hostile_files import altered_bytes
from tests.support.waiting import PATIENCE_SECONDS

DEJAVU = "DejaVuSans.ttf"


def write_font(path: Path, digits: dict[str, object], platform: str = "unicode") -> Path:
    """A TrueType font with the given glyphs for digits."""
    names = [".notdef", *(f"digit{digit}" for digit in digits)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(digit): f"digit{digit}" for digit in digits})
    glyphs = {".notdef": rectangle(100, 100)}
    glyphs |= {f"digit{digit}": glyph for digit, glyph in digits.items()}
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": path.stem, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    if platform == "symbol":
        for table in builder.font["cmap"].tables:
            table.platformID, table.platEncID = 1, 0
        builder.font["cmap"].tables = builder.font["cmap"].tables[:1]
    builder.save(path)
    return path


def bars() -> dict[str, object]:
    """Ten different rectangles: distinct glyphs, but no digits."""
    return {str(digit): rectangle(80 + 60 * digit, 700 - 60 * digit) for digit in range(10)}


def reason_of(path: Path) -> str:
    faces, skipped = scan_fonts([path])
    assert faces == []
    assert len(skipped) == 1
    return skipped[0].reason


def test_matplotlibs_fonts_give_at_least_twenty_different_ones(atlas):
    assert len(atlas) >= 20
    assert atlas.glyphs.shape == (len(atlas), 10, 64, 64)
    assert len({font.tobytes() for font in atlas.glyphs}) == len(atlas)
    assert DEJAVU in atlas.names


def test_glyphs_are_centred_and_the_largest_fills_its_cell(atlas):
    font = atlas.glyphs[atlas.names.index(DEJAVU)]
    rows = np.flatnonzero(font.max(axis=(0, 2)) > 0)
    assert 48 <= rows[-1] - rows[0] + 1 <= 54
    for digit in font:
        columns = np.flatnonzero(digit.max(axis=0) > 0)
        assert abs((columns[0] + columns[-1]) / 2 - 31.5) <= 1.0


def test_ornaments_are_left_out(font_files, tmp_path):
    write_font(tmp_path / "ornaments.ttf", bars())
    faces, _ = scan_fonts([tmp_path / "ornaments.ttf"])
    assert len(faces) == 1
    together, _ = scan_fonts(font_files)
    filtered = filter_faces([*together, *faces], [])
    assert "ornaments.ttf" not in filtered.names
    reasons = [one.reason for one in filtered.skipped if one.name == "ornaments.ttf"]
    assert len(reasons) == 1
    assert "of its digits can be read" in reasons[0]


def test_symbol_fonts_of_matplotlib_are_left_out_with_a_reason(atlas):
    reasons = {one.name: one.reason for one in atlas.skipped}
    assert "can be read" in reasons["cmsy10.ttf"]


def test_a_copy_of_a_font_counts_once(font_files, tmp_path):
    original = next(path for path in font_files if path.name == DEJAVU)
    shutil.copy(original, tmp_path / "Copy.ttf")
    faces, _ = scan_fonts([original, tmp_path / "Copy.ttf"])
    assert len(faces) == 2
    filtered = filter_faces(faces, [])
    assert [one.reason for one in filtered.skipped if "same" in one.reason] == [
        "looks the same as Copy.ttf"
    ]


def test_a_font_without_a_digit_is_left_out(tmp_path):
    digits = bars()
    del digits["4"]
    assert reason_of(write_font(tmp_path / "font.ttf", digits)) == "no glyph for 4"


def test_a_font_with_an_empty_digit_is_left_out(tmp_path):
    digits = bars() | {"7": TTGlyphPen(None).glyph()}
    assert reason_of(write_font(tmp_path / "font.ttf", digits)) == "digit 7 is empty"


def test_a_font_with_two_equal_digits_is_left_out(tmp_path):
    digits = bars() | {"7": rectangle(80, 700)}
    assert reason_of(write_font(tmp_path / "font.ttf", digits)) == "two digits look the same"


def test_a_font_without_a_unicode_map_is_left_out(tmp_path):
    path = write_font(tmp_path / "font.ttf", bars(), platform="symbol")
    assert reason_of(path) == "no Unicode character map"


def test_files_that_are_no_fonts_are_left_out_and_named(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00" + bytes(500))
    (tmp_path / "text.otf").write_text("not a font")
    faces, skipped = scan_fonts([tmp_path / "broken.ttf", tmp_path / "text.otf"])
    assert faces == []
    assert [one.name for one in skipped] == ["broken.ttf", "text.otf"]


SCANNER = """
import os, sys, time
from offchain.learning.fonts import glyph_scanner
scan = glyph_scanner.scan_font
def misbehave(path):
    if path.name == "crash.ttf":
        os.abort()
    if path.name == "hang.ttf":
        time.sleep(900)
    if path.name == "lie.ttf":
        os.write(1, b'[["lie", null]]\\n short')
        os._exit(0)
    if path.name == "garbage.ttf":
        os.write(1, b"garbage\\n")
    return scan(path)
glyph_scanner.scan_font = misbehave
glyph_scanner.serve(sys.stdin.buffer, sys.stdout.buffer)
"""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("crash.ttf", "crashes the renderer"),
        ("lie.ttf", "crashes the renderer"),
        ("garbage.ttf", "crashes the renderer"),
    ],
)
def test_a_font_that_crashes_the_renderer_is_skipped_and_named(name, reason, font_files, tmp_path):
    """The scanner's own process, made to misbehave at one font; the others are still scanned."""
    good = next(path for path in font_files if path.name == DEJAVU)
    paths = [good, tmp_path / name, good]
    faces, skipped = scan_fonts(paths, command=[sys.executable, "-c", SCANNER])
    assert [face.name for face in faces] == [DEJAVU, DEJAVU]
    assert [(one.name, one.reason) for one in skipped] == [(str(tmp_path / name), reason)]


def test_a_font_that_hangs_the_renderer_is_skipped_and_named(font_files, tmp_path):
    good = next(path for path in font_files if path.name == DEJAVU)
    paths = [good, tmp_path / "hang.ttf", good]
    started = time.monotonic()
    faces, skipped = scan_fonts(
        paths, seconds_per_file=3.0, command=[sys.executable, "-c", SCANNER]
    )
    assert time.monotonic() - started < PATIENCE_SECONDS
    assert [face.name for face in faces] == [DEJAVU, DEJAVU]
    assert [one.reason for one in skipped] == ["takes the renderer more than 3 s"]


def test_the_atlas_is_kept_and_read_again(font_files, tmp_path, monkeypatch):
    few = font_files[:3]
    first = build_atlas(few, tmp_path)
    monkeypatch.setattr(glyphs_module, "scan_fonts", pytest.fail)
    second = build_atlas(few, tmp_path)
    assert np.array_equal(first.glyphs, second.glyphs)
    assert (first.names, first.skipped, first.legibility) == (
        second.names,
        second.skipped,
        second.legibility,
    )


def test_other_fonts_have_another_cache(font_files, tmp_path):
    assert (
        build_atlas(font_files[:2], tmp_path).names != build_atlas(font_files[2:4], tmp_path).names
    )
    assert len(list(tmp_path.glob("atlas-*.npz"))) == 2


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_a_damaged_cache_is_made_anew(damage, font_files, tmp_path):
    few = font_files[:2]
    first = build_atlas(few, tmp_path)
    (cached,) = tmp_path.glob("atlas-*.npz")
    cached.write_bytes(damage)
    assert np.array_equal(build_atlas(few, tmp_path).glyphs, first.glyphs)
    assert len(cached.read_bytes()) > len(damage)


def test_a_cache_folder_that_cannot_be_written_only_costs_time(font_files, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert isinstance(build_atlas(font_files[:2], tmp_path / "file" / "cache"), GlyphAtlas)


def test_too_few_fonts_stop_with_a_clear_error(font_files, tmp_path, monkeypatch):
    monkeypatch.setattr(glyphs_module, "find_font_files", lambda: font_files[:3])
    with pytest.raises(FontError, match="at least 20 are needed: install fonts"):
        load_atlas(tmp_path, download=False)


def test_an_unpacked_package_is_used_without_downloading(font_files, tmp_path, monkeypatch):
    folder = tmp_path / "packages" / "fonts-aenigma" / "usr" / "share" / "fonts"
    folder.mkdir(parents=True)
    for path in font_files:
        shutil.copy(path, folder)
    monkeypatch.setattr(glyphs_module, "find_font_files", lambda: font_files[:1])
    assert len(load_atlas(tmp_path, download=False)) >= 20


def test_a_package_is_not_fetched_when_not_asked_for(tmp_path):
    assert extra_package(tmp_path, download=False) is None
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_cannot_be_fetched_leaves_nothing_behind(tmp_path, monkeypatch):
    """No apt-get on the path: None, and no half-unpacked folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert extra_package(tmp_path, download=True) is None
    assert list(tmp_path.rglob("*")) == []


def test_apt_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    tools, cache = tmp_path / "tools", tmp_path / "cache"
    tools.mkdir()
    for name in ("apt-get", "dpkg-deb"):
        (tools / name).write_text("#!/bin/sh\nexit 100\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    assert extra_package(cache, download=True) is None
    assert list(cache.rglob("*")) == [cache / "packages"]


def test_font_files_are_found_without_fontconfig(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert DEJAVU in {path.name for path in find_font_files()}


def test_broken_links_loops_and_other_files_are_no_fonts(tmp_path):
    (tmp_path / "font.ttf").write_bytes(b"1")
    (tmp_path / "again.ttf").symlink_to(tmp_path / "font.ttf")
    (tmp_path / "broken.ttf").symlink_to(tmp_path / "nothing.ttf")
    (tmp_path / "loop.ttf").symlink_to(tmp_path / "loop.ttf")
    (tmp_path / "empty.ttf").write_bytes(b"")
    (tmp_path / "readme.txt").write_bytes(b"1")
    (tmp_path / "folder.ttf").mkdir()
    assert usable_files(tmp_path.iterdir()) == [(tmp_path / "font.ttf").resolve()]
    assert font_files_under(tmp_path / "nowhere") == []


SMALL = GlyphAtlas(
    np.zeros((2, 10, ATLAS_SIDE, ATLAS_SIDE), np.uint8),
    ("one", "two"),
    (),
    0.5,
    ("1", "2"),
    np.arange(2, dtype=np.int64),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_a_cache_with_any_damage_is_read_or_made_anew(data):
    with TemporaryDirectory() as folder:
        file = Path(folder) / "atlas.npz"
        _write_cache(file, SMALL)
        sound = _read_cache(file)
        assert sound is not None
        assert sound.names == SMALL.names
        file.write_bytes(data.draw(altered_bytes(file.read_bytes())))
        assert isinstance(_read_cache(file), GlyphAtlas | None)
