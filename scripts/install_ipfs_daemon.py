"""`python -m scripts.install_ipfs_daemon`: an IPFS daemon for the tests, in the user's cache.

Takes js-ipfs from npm, with the Node that this environment has: 611 packages, 132 MB, each checked
by the hash in scripts/ipfs_daemon/package-lock.json, none of whose own scripts are run. It is no
longer developed; what people run is Kubo, and where its `ipfs` is on the path nothing is installed.
`make test-full` runs this.
"""

import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import platformdirs

from offchain.errors import BinaryMissing, ToolchainError
from offchain.programs.running import run_program
from offchain.toolchain.node_runtime import find_node, install_node, install_npm_packages

PACKAGES = Path(__file__).parent / "ipfs_daemon"
TIMEOUT_SECONDS = 900
KUBO, JAVASCRIPT = "Kubo", "js-ipfs"


@dataclass(frozen=True)
class IpfsProgram:
    """An IPFS daemon's executable, and whose it is."""

    path: Path
    kind: str


def daemon_folder() -> Path:
    """Where the daemon is installed; it may not exist."""
    return platformdirs.user_cache_path("modelchain") / "ipfs-daemon"


def find_ipfs() -> IpfsProgram:
    """Kubo on the path, else the installed js-ipfs.

    Raises:
        BinaryMissing: there is neither.
    """
    on_path = shutil.which("ipfs")
    installed = daemon_folder() / "jsipfs"
    if on_path is not None:
        return IpfsProgram(Path(on_path), KUBO)
    if installed.is_file():
        return IpfsProgram(installed, JAVASCRIPT)
    raise BinaryMissing(
        "there is no IPFS daemon: put Kubo's `ipfs` on the path, or run "
        "`python -m scripts.install_ipfs_daemon`"
    )


def install(folder: Path) -> None:
    """Install js-ipfs into `folder`, whole or not at all.

    Raises:
        ToolchainError: npm fails, with the end of what it printed.
    """
    node = find_node()
    # The copy outlives this environment, as the daemon does.
    install_node(node)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ipfs-daemon-", dir=folder.parent) as temporary:
        work = Path(temporary) / "packages"
        shutil.copytree(PACKAGES, work)
        install_npm_packages(work, node, "--omit=optional", seconds=TIMEOUT_SECONDS)
        launcher = work / "jsipfs"
        program = folder / "node_modules" / ".bin" / "jsipfs"
        started = shlex.join([str(node.installed_path), str(program)])
        launcher.write_text(f'#!/bin/sh\nexec {started} "$@"\n')
        launcher.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)


@click.command()
def install_ipfs_daemon() -> None:
    """Install an IPFS daemon (132 MB) in the user's cache, unless there is one."""
    try:
        found = find_ipfs()
    except BinaryMissing:
        print("Installing an IPFS daemon for the tests (132 MB)", flush=True)
        try:
            install(daemon_folder())
        except OSError as error:
            raise ToolchainError(str(error)) from error
        found = find_ipfs()
    print(f"ipfs      {found.path} ({found.kind})")


if __name__ == "__main__":
    sys.exit(run_program(install_ipfs_daemon, "install_ipfs_daemon"))
