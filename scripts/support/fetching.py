"""Brings files from package registries into the user's cache, each checked by its registry."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from offchain.config import APPLICATION
from offchain.errors import ToolchainError
from offchain.toolchain.debian_package import download_package
from offchain.toolchain.node_runtime import find_node, install_npm_packages
from scripts.support.tools import DOWNLOAD_SECONDS, run_tool


def cache_folder() -> Path:
    """Where they are kept; it may not exist."""
    return platformdirs.user_cache_path(APPLICATION) / "fetched"


def fetch_npm(package: Path) -> Path:
    """Return the folder of the modules that the lock file in a folder of this checkout names.

    Raises:
        ToolchainError: npm fails, with the end of what it printed.
    """
    return _once(package.name, lambda folder: _install(package, folder)) / "node_modules"


def fetch_debian(name: str) -> Path:
    """Return the folder that a Debian package is unpacked in; nothing is installed.

    Raises:
        ToolchainError: it cannot be downloaded or unpacked.
    """
    return _once(name, lambda folder: _unpack(name, folder))


def _once(name: str, fill: Callable[[Path], None]) -> Path:
    """Return a folder of the cache that is filled whole or not at all."""
    target = cache_folder() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as temporary:
        work = Path(temporary) / "filled"
        work.mkdir()
        fill(work)
        work.rename(target)
    return target


def _install(package: Path, folder: Path) -> None:
    for file in ("package.json", "package-lock.json"):
        shutil.copy(package / file, folder)
    install_npm_packages(folder, find_node())


def _unpack(name: str, folder: Path) -> None:
    if shutil.which("dpkg-deb") is None:
        raise ToolchainError(f"{name} cannot be unpacked: there is no dpkg-deb on this machine")
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        archive = download_package(name, Path(temporary), DOWNLOAD_SECONDS)
        if archive is None:
            raise ToolchainError(f"`apt-get download {name}` fails: check the network connection")
        run_tool(["dpkg-deb", "--extract", str(archive), str(folder)])
