"""Installs and checks anvil, the Solidity compiler and OpenZeppelin's contracts.

``python -m offchain.toolchain.install`` in the root of a checkout installs what is missing;
``--check`` only looks. The second time nothing is to be done and it ends in about a second.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from offchain.errors import ToolchainError
from offchain.programs.running import run_program
from offchain.toolchain.anvil_binary import check_anvil, install_anvil, packaged_anvil_is_available
from offchain.toolchain.node_runtime import (
    find_node,
    install_npm_packages,
    npm_packages_are_current,
)
from offchain.toolchain.solc_binary import SOLC_LONG_VERSION, check_solc, install_solc


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Where the tools are, each checked.

    Attributes:
        anvil: the anvil executable.
        anvil_version: its release.
        solc: the Solidity compiler's executable.
        npm_packages: the folder of npm's packages in the checkout.
    """

    anvil: Path
    anvil_version: str
    solc: Path
    npm_packages: Path


def install(root: Path) -> Toolchain:
    """Install what is missing for the checkout at ``root``, then check everything.

    Raises:
        ToolchainError: if something cannot be installed or is not what it should be.
    """
    node = find_node()
    try:
        install_npm_packages(root, node)
        if packaged_anvil_is_available():
            install_anvil()
        install_solc(root, node)
    except OSError as error:
        raise ToolchainError(f"cannot write {error.filename}: {error.strerror}") from error
    return check(root)


def check(root: Path) -> Toolchain:
    """Check that all tools are there and are the right ones, without changing anything.

    Raises:
        ToolchainError: naming the first that is not, and what to do.
    """
    if not npm_packages_are_current(root):
        raise ToolchainError(
            f"{root / 'node_modules'} is not what package-lock.json says: run `make install`"
        )
    anvil, anvil_version = check_anvil()
    return Toolchain(
        anvil=anvil,
        anvil_version=anvil_version,
        solc=check_solc(find_node()),
        npm_packages=root / "node_modules",
    )


@click.command()
@click.option("--check", "only_check", is_flag=True, help="install nothing, only check")
@click.option(
    "--root",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path.cwd,
    help="the checkout; by default the current folder",
)
def toolchain(only_check: bool, root: Path) -> None:
    """Install what is missing of anvil, the Solidity compiler and OpenZeppelin's contracts."""
    found = (check if only_check else install)(root)
    print(f"anvil     {found.anvil} ({found.anvil_version})")
    print(f"solc      {found.solc} ({SOLC_LONG_VERSION})")
    print(f"packages  {found.npm_packages}")


if __name__ == "__main__":
    sys.exit(run_program(toolchain, "toolchain"))
