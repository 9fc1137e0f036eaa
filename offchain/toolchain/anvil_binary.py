"""The anvil executable: the user's own on PATH first, else the packaged one of Foundry.

The console script ``anvil`` of this environment runs :func:`main`, so that Brownie, which starts
``anvil`` by name, finds one wherever it was installed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from offchain.errors import BinaryMissing, ToolchainError
from offchain.toolchain.installed_files import (
    install_file,
    sha256_of,
    toolchain_folder,
    verify_file,
)
from offchain.toolchain.node_runtime import LOCK, find_node, install_npm_packages
from offchain.toolchain.platforms import LINUX, X64, Platform

ANVIL_VERSION = "1.7.1"
# The file bin/anvil of npm's @foundry-rs/anvil-linux-amd64 of that version.
ANVIL_SHA256 = "10c1c727d6c1de973aeb160e59875b9a9a23464d6e74149ee8abb30b3500311b"
_PACKAGE = Path(__file__).with_name("anvil_package")
_PACKAGED = Path("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
# What a console script of any release says, wherever its module was: two of them on one search path
# must not run each other.
_SCRIPT_MARK = re.compile(rb"from offchain[\w.]*\.anvil_binary import main")
_SCRIPT_MAXIMUM_BYTES = 4096
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_MINIMUM_VERSION = (1, 0, 0)
_VERSION_TIMEOUT_SECONDS = 30


def packaged_anvil_is_available(platform: Platform | None = None) -> bool:
    """Return whether npm has an anvil binary for a platform, by default this one."""
    return (platform or Platform.here()) == Platform(LINUX, X64)


def installed_anvil() -> Path:
    """Return where the packaged anvil is in the user's cache; it may not exist."""
    return toolchain_folder() / f"anvil-{ANVIL_VERSION}" / "anvil"


def install_anvil() -> bool:
    """Bring the packaged anvil to the user's cache with npm, checked by hash.

    Needs no checkout: the lock file comes with this package.

    Returns:
        Whether anything was installed.

    Raises:
        BinaryMissing, BinaryTampered: npm brought no anvil, or not the right one.
        ToolchainError: npm fails.
        OSError: the cache cannot be written.
    """
    target = installed_anvil()
    if target.is_file() and sha256_of(target) == ANVIL_SHA256:
        return False
    toolchain_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".anvil-", dir=toolchain_folder()) as temporary:
        work = Path(temporary)
        for name in ("package.json", LOCK):
            shutil.copyfile(_PACKAGE / name, work / name)
        install_npm_packages(work, find_node())
        return install_file(work / _PACKAGED, target, ANVIL_SHA256, executable=True)


def require_anvil(tell: Callable[[str], None]) -> Path:
    """Find anvil as `find_anvil` does, or bring the packaged one.

    Args:
        tell: is told before anything is fetched.

    Raises:
        ToolchainError: there is none and none can be had here.
    """
    try:
        return find_anvil()
    except BinaryMissing:
        if not packaged_anvil_is_available():
            raise
    tell(f"fetching anvil {ANVIL_VERSION} (about 30 MB, once)")
    try:
        install_anvil()
    except OSError as error:
        raise ToolchainError(f"cannot write {error.filename}: {error.strerror}") from error
    return find_anvil()


def find_anvil(search_path: str | None = None) -> Path:
    """Find anvil: on the search path (not this project's own script), else the packaged one.

    Args:
        search_path: folders joined as in the variable PATH, which is the default.

    Raises:
        BinaryMissing: if there is none.
        BinaryTampered: if the packaged one is not the file that was installed.
    """
    own = user_anvil(os.environ.get("PATH", "") if search_path is None else search_path)
    if own is not None:
        return own
    packaged = installed_anvil()
    if not packaged.is_file():
        how = (
            "run `make install`, or `modelchain demo`, which fetches it"
            if packaged_anvil_is_available()
            else "install Foundry (https://getfoundry.sh) and put anvil on PATH"
        )
        raise BinaryMissing(f"anvil is neither on PATH nor at {packaged}: {how}")
    verify_file(packaged, ANVIL_SHA256)
    return packaged


def user_anvil(search_path: str) -> Path | None:
    """Return the first anvil on the search path that is not this project's console script."""
    for folder in search_path.split(os.pathsep):
        candidate = Path(folder) / "anvil"
        if folder and os.access(candidate, os.X_OK) and candidate.is_file():
            with candidate.open("rb") as file:
                if not _SCRIPT_MARK.search(file.read(_SCRIPT_MAXIMUM_BYTES)):
                    return candidate
    return None


def check_anvil(search_path: str | None = None) -> tuple[Path, str]:
    """Find anvil, run it once, and return its path and version.

    Args:
        search_path: as for :func:`find_anvil`.

    Raises:
        ToolchainError: if there is none, it does not run here, or it is older than 1.0.
    """
    binary = find_anvil(search_path)
    try:
        process = subprocess.run(
            [str(binary), "--version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"{binary} does not run: {error}") from error
    match = _VERSION.search(process.stdout)
    if process.returncode != 0 or match is None:
        raise ToolchainError(
            f"{binary} does not run: status {process.returncode}, "
            f"{(process.stdout + process.stderr)[:500]!r}"
        )
    if tuple(int(part) for part in match.groups()) < _MINIMUM_VERSION:
        raise ToolchainError(
            f"{binary} is anvil {match[0]}, at least "
            f"{'.'.join(str(part) for part in _MINIMUM_VERSION)} is needed: "
            "update Foundry, or take its folder from PATH to use the packaged one"
        )
    return binary, match[0]


def main() -> None:
    """Replace this process by anvil with the same arguments."""
    try:
        binary = find_anvil()
    except ToolchainError as error:
        print(f"anvil: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    os.execv(binary, [str(binary), *sys.argv[1:]])  # noqa: S606  (no shell is what is wanted)


if __name__ == "__main__":
    main()
