"""Finds the font files of the machine: fontconfig's (`fc-list`) and Matplotlib's own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc", ".pfb", ".pfa"})
"""TrueType, OpenType, collections of both, and Type 1."""
MAXIMUM_FONT_BYTES = 64 << 20
MAXIMUM_FONT_FILES = 50_000


def find_font_files() -> list[Path]:
    """Return the font files that fontconfig knows and those that Matplotlib brings, sorted."""
    return usable_files([*_fontconfig_files(), *_matplotlib_files()])


def font_files_under(folder: Path) -> list[Path]:
    """Return the font files in a folder and below it, sorted; none if there is no such folder."""
    return usable_files(folder.rglob("*"))


def usable_files(paths: Iterable[Path]) -> list[Path]:
    """Return those `paths` that are files of a font format and size, each once, sorted.

    Links are followed, so that one file under two names counts once; broken ones are left out.
    """
    found = set()
    for path in paths:
        if path.suffix.lower() not in FONT_SUFFIXES:
            continue
        try:
            resolved = path.resolve(strict=True)
            if resolved.is_file() and 0 < resolved.stat().st_size <= MAXIMUM_FONT_BYTES:
                found.add(resolved)
        except (OSError, RuntimeError):  # broken links and loops of links
            continue
    return sorted(found)[:MAXIMUM_FONT_FILES]


def _fontconfig_files() -> list[Path]:
    if shutil.which("fc-list") is None:
        return []
    try:
        listed = subprocess.run(
            ["fc-list", "--format=%{file}\n"], capture_output=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [Path(os.fsdecode(line)) for line in listed.stdout.splitlines() if line]


def _matplotlib_files() -> list[Path]:
    # Found without importing Matplotlib, which takes a second.
    module = importlib.util.find_spec("matplotlib")
    if module is None or module.origin is None:
        return []
    return font_files_under(Path(module.origin).parent / "mpl-data" / "fonts")
