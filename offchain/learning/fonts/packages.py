"""Debian packages of fonts: which there are, and how they come into the user's cache.

A package is downloaded with `apt-get download`, which needs no rights, and its font files are
unpacked into the cache; nothing is installed. Counts are of Debian 12.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from offchain.errors import FontError
from offchain.learning.fonts.files import FONT_SUFFIXES, MAXIMUM_FONT_BYTES, MAXIMUM_FONT_FILES
from offchain.toolchain.debian_package import download_package

EXTRA_PACKAGE = "fonts-aenigma"
"""What is fetched where there are few fonts."""

_UNPACKED_TIMES = 3
"""Space that is asked for, in sizes of the package: itself and its fonts."""


@dataclass(frozen=True, slots=True)
class FontPackage:
    """A Debian package of fonts: its size in MB and about how many usable static faces it has."""

    name: str
    megabytes: float
    faces: int


PACKAGES = (
    FontPackage("texlive-fonts-extra", 509, 2_341),
    FontPackage("fonts-noto-extra", 72, 725),
    FontPackage("texlive-lang-greek", 78, 463),
    FontPackage("fonts-aenigma", 7.4, 403),
    FontPackage("texlive-fonts-recommended", 5, 59),
)

SETS = {
    "small": ("fonts-aenigma", "texlive-fonts-recommended"),
    "full": ("texlive-fonts-extra", "fonts-noto-extra", "fonts-aenigma"),
}
"""What an experiment draws from: these packages and nothing else, the same on every machine."""


def package_folder(name: str, cache_folder: Path) -> Path:
    """Return where a package's fonts are, or would be, unpacked."""
    return cache_folder / "packages" / name


def extra_package(cache_folder: Path, download: bool) -> Path | None:
    """Return the folder with the fonts of `EXTRA_PACKAGE`, or None if it cannot be had.

    Only with `download` is it fetched when it is not there. Takes some seconds, and at most about
    three minutes on a bad network.
    """
    try:
        return fetch_package(EXTRA_PACKAGE, cache_folder, download, seconds=60.0)
    except FontError:
        return None


def fetch_package(
    name: str, cache_folder: Path, download: bool = True, seconds: float = 3_600.0
) -> Path:
    """Return the folder with the fonts of a package, which is unpacked once.

    Only with `download` is it fetched when it is not there. Where apt has no list of packages, a
    list is fetched into a folder of its own first. `seconds` bounds each step. Raises `FontError`
    if the package cannot be had, and leaves nothing half unpacked behind.
    """
    target = package_folder(name, cache_folder)
    if target.is_dir():
        return target
    known = {package.name: package.megabytes for package in PACKAGES}
    if name not in known:
        raise FontError(f"{name} is none of the packages {', '.join(known)}")
    if not download:
        raise FontError(
            f"{name} is not in the cache: `modelchain fonts fetch --set full` brings it"
        )
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise FontError(f"{name} cannot be fetched: there is no {program} on this machine")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        needed, free = int(_UNPACKED_TIMES * known[name]), shutil.disk_usage(target.parent).free
        if free < needed * 10**6:
            raise FontError(
                f"{name} needs {needed} MB in {target.parent}, {free // 10**6} MB are free"
            )
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="unpacking-") as folder:
            work = Path(folder)
            archive = download_package(name, work, seconds)
            if archive is None:
                raise FontError(f"{name} cannot be downloaded: `apt-get download {name}` fails")
            unpacked = work / "unpacked"
            unpack_fonts(archive, unpacked)
            try:
                unpacked.rename(target)
            except OSError:  # another process was quicker
                if not target.is_dir():
                    raise
    except OSError as error:
        raise FontError(f"{name} cannot be unpacked: {error}") from error
    return target


def unpack_fonts(archive: Path, folder: Path) -> None:
    """Unpack the font files of a .deb, with their paths, and nothing else.

    Raises `FontError` if the archive is damaged, has too many fonts, or one that leaves the folder.
    """
    folder.mkdir()
    found = 0
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as files:
                for file in files:
                    suffix = Path(file.name).suffix.lower()
                    if not file.isfile() or suffix not in FONT_SUFFIXES:
                        continue
                    if file.size > MAXIMUM_FONT_BYTES:
                        continue
                    found += 1
                    if found > MAXIMUM_FONT_FILES:
                        raise FontError(f"{archive.name} has more than {MAXIMUM_FONT_FILES} fonts")
                    files.extract(file, folder, filter="data")
        except tarfile.TarError as error:
            raise FontError(f"{archive.name} cannot be unpacked: {error}") from error
        finally:
            # Blocks of zeros behind the last file are left unread: the child may wait to write.
            process.kill()
    if not found:
        raise FontError(f"{archive.name} has no fonts")
