"""`python -m scripts.install_bitcoin_node`: a Bitcoin node for the tests, in the user's cache.

Takes Debian's package bitcoin-knots, which is in newer releases than many machines run: apt fetches
it and the libraries that it needs into a folder of its own, checked by Debian's signatures and
with this machine's mirror, and they are unpacked there and run with their own loader. Nothing is
installed in the system and no rights are needed. `make test-full` runs this; it does nothing where
a `bitcoind` is on the path.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import platformdirs

from offchain.errors import BinaryMissing, ToolchainError
from offchain.programs.running import run_program
from scripts.support.tools import run_tool

PACKAGE = "bitcoin-knots"
SUITES = (("trixie", "trixie-backports"), ("sid",))
"""Debian releases that may have it, each with what its libraries are taken from."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = ("apt-get", "apt-cache", "dpkg-deb")


def node_folder() -> Path:
    """Where the node is unpacked; it may not exist."""
    return platformdirs.user_cache_path("modelchain") / "bitcoin-node"


def find_bitcoind() -> Path:
    """The Bitcoin node's executable: on the path, else the unpacked one.

    Raises:
        BinaryMissing: there is none.
    """
    on_path = shutil.which("bitcoind")
    unpacked = node_folder() / "bitcoind"
    if on_path is not None:
        return Path(on_path)
    if unpacked.is_file():
        return unpacked
    raise BinaryMissing(
        "there is no bitcoind: put Bitcoin Core or Bitcoin Knots on the path, or on Debian run "
        "`python -m scripts.install_bitcoin_node`"
    )


def install(folder: Path) -> str:
    """Fetch and unpack the node into `folder`, whole or not at all; returns its version.

    Raises:
        ToolchainError: this is no Debian, or the package cannot be had.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or not KEYRING.is_file():
        what = ", ".join(missing) or str(KEYRING)
        raise ToolchainError(
            f"{what} is not here: on another system than Debian put a bitcoind on the path"
        )
    mirror = debian_mirror()
    folder.parent.mkdir(parents=True, exist_ok=True)
    refused = ""
    with tempfile.TemporaryDirectory(prefix=".bitcoin-node-", dir=folder.parent) as temporary:
        for suites in SUITES:
            work = Path(temporary) / suites[0]
            try:
                fetch(work, mirror, suites)
            except ToolchainError as error:
                refused = str(error)
                continue
            tree = unpack(work / "packages", Path(temporary) / "tree")
            launcher = write_launcher(tree)
            version = run_tool([str(launcher), "--version"]).splitlines()[0]
            shutil.rmtree(folder, ignore_errors=True)
            tree.rename(folder)
            return version
    raise ToolchainError(f"{PACKAGE} cannot be had from {mirror}: {refused}")


def debian_mirror() -> str:
    """The mirror that this machine's apt uses for Debian's own packages.

    Raises:
        ToolchainError: it is not set up to use any.
    """
    lines = run_tool(["apt-get", "update", "--print-uris"]).splitlines()
    for line in lines:
        uri = line.split("'")[1] if line.startswith("'") else ""
        mirror, found, _ = uri.partition("/dists/")
        if found and mirror.endswith("/debian"):
            return mirror
    raise ToolchainError("apt is not set up with a mirror of Debian: put a bitcoind on the path")


def fetch(work: Path, mirror: str, suites: Sequence[str]) -> None:
    """Download the package and its libraries into `work`/packages, with an apt of its own.

    Raises:
        ToolchainError: a suite cannot be read, or does not have the package.
    """
    for name in ("lists/partial", "archives/partial", "packages", "etc"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    sources = [f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in suites]
    (work / "sources.list").write_text("".join(sources))
    options = {
        "Dir::Etc": f"{work}/etc",
        "Dir::Etc::SourceList": f"{work}/sources.list",
        "Dir::State::Lists": f"{work}/lists",
        "Dir::State::Status": f"{work}/status",
        "Dir::Cache": f"{work}",
        "Dir::Cache::Archives": f"{work}/archives",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "APT::Update::Error-Mode": "any",
    }
    if os.geteuid() == 0:
        # Root would change to another user, who may not write here.
        options["APT::Sandbox::User"] = "root"
    (work / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in options.items()))
    environment = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}
    run_tool(["apt-get", "update", "--quiet"], environment)
    needed = libraries(run_tool(["apt-cache", "show", PACKAGE], environment))
    depends = ["apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests"]
    depends += ["--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", *needed]
    packages = {
        line
        for line in run_tool(depends, environment).splitlines()
        # What is indented depends on it, what is in angle brackets is no package.
        if line and not line.startswith((" ", "<"))
    }
    run_tool(
        ["apt-get", "download", "--quiet", PACKAGE, *sorted(packages)],
        environment,
        work / "packages",
    )


def libraries(description: str) -> list[str]:
    """The libraries among what a package depends on, first of all the C library.

    What else it names (systemd, debconf) serves its installation as a service.
    """
    depends = [line for line in description.splitlines() if line.startswith("Depends: ")]
    if not depends:
        raise ToolchainError(f"apt describes no {PACKAGE}")
    names = [part.split()[0] for part in depends[0].removeprefix("Depends: ").split(",")]
    return [name for name in names if name.startswith("lib")]


def unpack(packages: Path, tree: Path) -> Path:
    """Unpack all packages of a folder into one tree."""
    for package in sorted(packages.glob("*.deb")):
        run_tool(["dpkg-deb", "-x", str(package), str(tree)])
    return tree


def write_launcher(tree: Path) -> Path:
    """Write the script that starts the node with its own loader and libraries, wherever it lies.

    Raises:
        ToolchainError: the packages do not have what is expected.
    """
    loaders = sorted(tree.glob("usr/lib*/**/ld-linux*.so.*"))
    node = tree / "usr" / "bin" / "bitcoind"
    if not loaders or not node.is_file():
        raise ToolchainError(f"{PACKAGE} has no bitcoind, or the C library has no loader")
    loader = loaders[0].resolve().relative_to(tree.resolve())
    launcher = tree / "bitcoind"
    launcher.write_text(
        "#!/bin/sh\n"
        'folder=$(dirname "$(readlink -f "$0")")\n'
        f'exec "$folder/{loader}" --library-path "$folder/{loader.parent}" '
        '"$folder/usr/bin/bitcoind" "$@"\n'
    )
    launcher.chmod(0o755)
    return launcher


@click.command()
def install_bitcoin_node() -> None:
    """Install a Bitcoin node in the user's cache, unless there is one."""
    with contextlib.suppress(BinaryMissing):
        print(f"bitcoind  {find_bitcoind()}")
        return
    try:
        version = install(node_folder())
    except OSError as error:
        raise ToolchainError(str(error)) from error
    print(f"bitcoind  {find_bitcoind()} ({version})")


if __name__ == "__main__":
    sys.exit(run_program(install_bitcoin_node, "install_bitcoin_node"))
