"""Finds the font files of the machine, and fetches a package of fonts where there are few.

Fonts come from fontconfig (`fc-list`), from Matplotlib's own folder and, with fewer than 100
usable ones, from Debian's package fonts-aenigma: it is downloaded with `apt-get download` and
unpacked into the user's cache; nothing is installed and no rights are needed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
MAXIMUM_FONT_BYTES = 64 << 20
MAXIMUM_FONT_FILES = 50_000
EXTRA_PACKAGE = "fonts-aenigma"

_APT = ("apt-get", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15")


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


def extra_package(cache_folder: Path, download: bool) -> Path | None:
    """Return the folder with the unpacked fonts of `EXTRA_PACKAGE`, or None if it cannot be had.

    It is unpacked once, under ``<cache_folder>/packages``; only with `download` is it fetched when
    it is not there. Where apt has no list of packages, a list is fetched into a folder of its own
    first. Takes some seconds, and at most about three minutes on a bad network.
    """
    target = cache_folder / "packages" / EXTRA_PACKAGE
    if target.is_dir():
        return target
    if not download:
        return None
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="unpacking-") as name:
            work = Path(name)
            archive = _download(work) or _download_with_own_lists(work)
            unpacked = work / "unpacked"
            if archive is None or not _run(["dpkg-deb", "-x", str(archive), str(unpacked)], work):
                return None
            try:
                unpacked.rename(target)
            except OSError:  # another process was quicker
                if not target.is_dir():
                    raise
    except OSError:
        return None
    return target


def _download(work: Path, options: Sequence[str] = ()) -> Path | None:
    if not _run([*_APT, *options, "download", EXTRA_PACKAGE], work):
        return None
    return next(work.glob(f"{EXTRA_PACKAGE}_*.deb"), None)


def _download_with_own_lists(work: Path) -> Path | None:
    lists, archives = work / "lists", work / "archives"
    for folder in (lists, archives):
        (folder / "partial").mkdir(parents=True)
    options = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={archives}"]
    return _download(work, options) if _run([*_APT, *options, "update"], work) else None


def _run(command: Sequence[str], folder: Path, seconds: float = 60.0) -> bool:
    try:
        subprocess.run(
            command,
            cwd=folder,
            timeout=seconds,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


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
