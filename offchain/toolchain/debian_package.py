"""Debian packages that are downloaded and not installed: that needs no rights."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_APT: Final = ("apt-get", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15")


def download_package(name: str, folder: Path, seconds: float) -> Path | None:
    """Download a package's archive into a folder; None if it cannot be had.

    Where apt has no list of packages, a list is fetched into the folder first. ``seconds`` bounds
    each step. apt checks the archive by the hash in its signed list.
    """
    return _download(name, folder, seconds) or _download_with_own_lists(name, folder, seconds)


def _download(name: str, folder: Path, seconds: float, options: Sequence[str] = ()) -> Path | None:
    if not _run([*_APT, *options, "download", name], folder, seconds):
        return None
    return next(folder.glob(f"{name}_*.deb"), None)


def _download_with_own_lists(name: str, folder: Path, seconds: float) -> Path | None:
    lists, archives = folder / "lists", folder / "archives"
    for made in (lists, archives):
        (made / "partial").mkdir(parents=True)
    options = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={archives}"]
    if not _run([*_APT, *options, "update"], folder, seconds):
        return None
    return _download(name, folder, seconds, options)


def _run(command: Sequence[str], folder: Path, seconds: float) -> bool:
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
