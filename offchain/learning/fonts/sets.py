"""Fonts of a run: which set they come from, and the list that is kept with its result."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

from offchain.errors import FontError
from offchain.learning.fonts.atlas import GlyphAtlas, build_atlas, load_atlas
from offchain.learning.fonts.files import font_files_under
from offchain.learning.fonts.packages import SETS, fetch_package

MACHINE = "machine"
"""The set of the fonts that the machine has; the others are in `SETS`."""

SET_NAMES = (MACHINE, *SETS)


def load_set(
    name: str,
    cache_folder: Path,
    download: bool = False,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> GlyphAtlas:
    """Return the atlas of a set of fonts, one of `SET_NAMES`.

    The packages of a set are fetched with `download`, else they must be in the cache. Scanning the
    full set takes a minute or two, loading it again two seconds. For `processes` and `progress` see
    `scan_fonts`. Raises `FontError` if a package is not to be had.
    """
    if name == MACHINE:
        return load_atlas(cache_folder, download)
    if name not in SETS:
        raise FontError(f"no set of fonts is called {name}: choose {', '.join(SET_NAMES)}")
    folders = [fetch_package(package, cache_folder, download) for package in SETS[name]]
    paths = [path for folder in folders for path in font_files_under(folder)]
    return build_atlas(paths, cache_folder, processes, progress)


def font_list(atlas: GlyphAtlas) -> str:
    """Return the list of an atlas' fonts, to be kept with the result of a run.

    First the counts and the sha-256 of all digits as they are drawn, then a line for each font in
    the atlas' order: sha-256 of its file, the number of its family, and its name.
    """
    drawn = hashlib.sha256(atlas.glyphs.tobytes()).hexdigest()
    lines = [
        f"# {len(atlas)} fonts (distinct bitmaps) of {atlas.family_count} families (plainly "
        "different)",
        f"# sha-256 of their digits: {drawn}",
        "# sha-256 of the file, family, name",
    ]
    digests = atlas.sha256 or ("-",) * len(atlas)
    for digest, family, name in zip(digests, atlas.families, atlas.names, strict=True):
        lines.append(f"{digest} {family} {name}")
    return "\n".join(lines) + "\n"


def write_font_list(atlas: GlyphAtlas, file: Path) -> None:
    """Write `font_list` to a file, compressed if its name ends in ``.gz``.

    The bytes are the same whenever they are written. Raises `FontError` if they cannot be.
    """
    text = font_list(atlas).encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(text, 9, mtime=0) if file.suffix == ".gz" else text)
    except OSError as error:
        raise FontError(f"{file} cannot be written: {error.strerror}") from error
