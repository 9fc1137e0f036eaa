"""The Solidity compiler where py-solc-x, and so Brownie, looks for it.

A compiler that is there already stays. Else the official WebAssembly build is put behind a small
executable: same version, same output byte by byte as the native build. Everything that the
executable needs lies in the user's cache, so it works when the checkout is gone.
"""

import hashlib
import shlex
import subprocess
from pathlib import Path

import solcx

from offchain.errors import BinaryMissing, ToolchainError
from offchain.toolchain.installed_files import (
    install_file,
    install_text,
    toolchain_folder,
    verify_file,
)
from offchain.toolchain.node_runtime import NodeExecutable, install_node

SOLC_VERSION = "0.8.30"
SOLC_LONG_VERSION = "0.8.30+commit.73712a01"
# The file soljson.js of npm's solc of that version.
SOLJSON_SHA256 = "3bb491a777f76dff9b2fe73ce29ca20e21a971b59a2f2cf8f73415424f00be06"
_PACKAGED = Path("node_modules/solc/soljson.js")
_DRIVER = Path(__file__).with_name("solc_wasm.js")
_MARK = "# Solidity's WebAssembly build, installed by Model Chain"
_VERSION_TIMEOUT_SECONDS = 60


def solc_executable() -> Path:
    """Return where py-solc-x looks for this version's executable; it may not exist."""
    return Path(solcx.get_solcx_install_folder()) / f"solc-v{SOLC_VERSION}"


def is_wrapper(executable: Path) -> bool:
    """Return whether an executable is the wrapper that :func:`install_solc` writes."""
    with executable.open("rb") as file:
        return _MARK.encode() in file.read(4096)


def install_solc(root: Path, node: NodeExecutable) -> bool:
    """Make ``solc`` of :data:`SOLC_VERSION` available to py-solc-x.

    Returns:
        Whether anything had to be installed.

    Raises:
        BinaryMissing, BinaryTampered: if the npm package's file is not there or not the right one.
    """
    executable = solc_executable()
    if executable.exists() and not is_wrapper(executable):
        return False
    folder = toolchain_folder() / f"solc-{SOLC_VERSION}"
    driver = _DRIVER.read_text(encoding="utf-8")
    # Named by its content: another checkout's wrapper goes on using its own driver.
    name = f"solc_wasm.{hashlib.sha256(driver.encode()).hexdigest()[:16]}.js"
    return any(
        [
            install_node(node),
            install_file(root / _PACKAGED, folder / "soljson.js", SOLJSON_SHA256),
            install_text(driver, folder / name),
            install_text(
                _wrapper(node.installed_path, folder / name, folder / "soljson.js"),
                executable,
                executable=True,
            ),
        ]
    )


def check_solc(node: NodeExecutable) -> Path:
    """Check the compiler and what it needs by hash, and its version; return its path.

    Raises:
        BinaryMissing: if there is no compiler.
        BinaryTampered: if a file behind the wrapper is not the one that was installed.
        ToolchainError: if it answers with another version.
    """
    executable = solc_executable()
    if not executable.is_file():
        raise BinaryMissing(f"there is no Solidity compiler at {executable}: run `make install`")
    if is_wrapper(executable):
        folder = toolchain_folder() / f"solc-{SOLC_VERSION}"
        driver_hash = hashlib.sha256(_DRIVER.read_bytes()).hexdigest()
        verify_file(node.installed_path, node.sha256)
        verify_file(folder / "soljson.js", SOLJSON_SHA256)
        verify_file(folder / f"solc_wasm.{driver_hash[:16]}.js", driver_hash)
    try:
        process = subprocess.run(
            [str(executable), "--version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"{executable} does not run ({error}): run `make install`") from error
    if f"Version: {SOLC_LONG_VERSION}" not in process.stdout:
        raise ToolchainError(
            f"{executable} is not solc {SOLC_LONG_VERSION}: it printed "
            f"{(process.stdout + process.stderr)[:500]!r}: delete it and run `make install`"
        )
    return executable


def _wrapper(node: Path, driver: Path, compiler: Path) -> str:
    # The version is answered by the shell: Brownie asks for it twice a source file, and starting
    # node each time costs more than compiling. The compiler's hash is checked when it compiles.
    paths = [shlex.quote(str(path)) for path in (node, driver, compiler)]
    return f"""#!/bin/sh
{_MARK}
for file in {" ".join(paths)}; do
    if [ ! -r "$file" ]; then
        echo "solc {SOLC_VERSION}: $file is missing: run 'make install' in Model Chain" >&2
        exit 1
    fi
done
if [ "$*" = --version ]; then
    echo "solc, the solidity compiler commandline interface"
    echo "Version: {SOLC_LONG_VERSION}.Emscripten.clang"
    exit 0
fi
exec {paths[0]} {paths[1]} {paths[2]} {SOLJSON_SHA256} "$@"
"""
