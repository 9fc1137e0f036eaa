"""`python -m scripts.forge ARGUMENTS`: forge, with the compiler that Brownie uses.

On Linux x64 forge comes from npm the first time, checked by the lock file's hash; elsewhere it must
be on PATH (https://getfoundry.sh).
"""

import os
import shutil
import sys
from pathlib import Path

import click

from offchain.config import PROJECT
from offchain.errors import BinaryMissing
from offchain.programs.running import run_program
from offchain.toolchain.anvil_binary import packaged_anvil_is_available
from offchain.toolchain.node_runtime import find_node, install_npm_packages
from offchain.toolchain.solc_binary import check_solc, install_solc

PACKAGE = Path("tests/forge")
PACKAGED = PACKAGE / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"


def find_forge(root: Path) -> Path:
    """The packaged forge, installed where npm has one; else the one on PATH.

    Raises:
        BinaryMissing: there is none.
        ToolchainError: npm fails.
    """
    if packaged_anvil_is_available():  # both are built for the same platforms
        install_npm_packages(root / PACKAGE, find_node())
        return root / PACKAGED
    found = shutil.which("forge")
    if found is None:
        raise BinaryMissing("forge is not on PATH: install Foundry (https://getfoundry.sh)")
    return Path(found)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def forge(arguments: tuple[str, ...]) -> None:
    """Run forge in the checkout, with the compiler that Brownie uses.

    All arguments are forge's: `test --help` is forge's help on its tests.
    """
    found = find_forge(PROJECT)
    install_solc(PROJECT, find_node())  # where an older checkout has put an older driver
    os.environ |= {"FOUNDRY_SOLC": str(check_solc(find_node())), "FOUNDRY_OFFLINE": "true"}
    os.chdir(PROJECT)
    os.execv(found, [str(found), *arguments])  # noqa: S606  (no shell is what is wanted)


if __name__ == "__main__":
    sys.exit(run_program(forge, "forge"))
