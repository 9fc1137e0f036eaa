"""`python -m scripts.forge ARGUMENTS`: forge, with the compiler that Brownie uses.

On Linux x64 forge comes from npm the first time, checked by the lock file's hash; elsewhere it must
be on PATH (https://getfoundry.sh).
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from offchain.config import PROJECT
from offchain.errors import BinaryMissing, ModelChainError
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


def main(arguments: Sequence[str]) -> NoReturn:
    """Replace this process by forge, or end it if there is none."""
    try:
        forge = find_forge(PROJECT)
        install_solc(PROJECT, find_node())  # where an older checkout has put an older driver
        os.environ["FOUNDRY_SOLC"] = str(check_solc(find_node()))
    except ModelChainError as error:
        print(f"forge: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    os.chdir(PROJECT)
    os.execv(forge, [str(forge), *arguments])  # noqa: S606  (no shell is what is wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
