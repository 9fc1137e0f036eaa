"""What to do where something is missing, by platform.

The tests run on Linux x64. Elsewhere the packages and the compiler are the same; Foundry comes from
its own installer, and Windows runs the Linux that it brings (WSL 2), since the programs start each
other in ways that only Linux and macOS have.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from offchain.toolchain.anvil_binary import packaged_anvil_is_available
from offchain.toolchain.platforms import ARM64, LINUX, MACOS, WINDOWS, X64, Platform


class Part(StrEnum):
    """What the doctor looks for."""

    PLATFORM = "Platform"
    PYTHON = "Python"
    PACKAGES = "Python packages"
    TORCH = "PyTorch"
    GPU = "GPU"
    ANVIL = "anvil"
    COMPILER = "Solidity compiler"
    OPENZEPPELIN = "OpenZeppelin sources"
    BUILD = "Contract build"
    FONTS = "Fonts"
    HEADERS = "Bitcoin headers"
    STORE = "Content store"
    PROXY = "HTTP proxy"
    RPC = "EVM node"
    DEPLOYMENT = "Deployment"
    BITCOIN_NODE = "Bitcoin node"
    IPFS_DAEMON = "IPFS daemon"


SYSTEMS: Final = (LINUX, MACOS, WINDOWS)
PROCESSORS: Final = (X64, ARM64)

_INSTALL: Final = "run `make install`"
_FETCHED: Final = "run `make install`, or `modelchain demo`, which fetches it"
_FOUNDRY: Final = (
    "install Foundry (https://getfoundry.sh: its installer, then `foundryup`) and put its folder "
    "~/.foundry/bin on PATH"
)
_ANYWHERE: Final = {
    Part.PACKAGES: _INSTALL,
    Part.COMPILER: _INSTALL,
    Part.OPENZEPPELIN: _INSTALL,
    Part.BUILD: "run `make build`",
    Part.HEADERS: "restore offchain/headers/data/ from the repository, or set "
    "MODELCHAIN_HEADERS to the description of another file",
    Part.STORE: "make the folder writable, free space, or set MODELCHAIN_STORE to another one",
    Part.PROXY: "add 127.0.0.1 to no_proxy",
    Part.RPC: "start one (`anvil`), or set MODELCHAIN_RPC to the address of another; "
    "`make demo` starts its own",
    Part.DEPLOYMENT: "deploy with `brownie run deploy`, or set MODELCHAIN_DEPLOYMENT to the file "
    "of a deployment on this chain; `make demo` makes its own",
}
_BY_SYSTEM: Final = {
    LINUX: {
        Part.PYTHON: "install Python 3.11, 3.12 or 3.13 of 64 bits with its venv module (Debian: "
        "`apt-get install python3 python3-venv`), then run `make install`",
        Part.FONTS: "install fonts: `apt-get install fontconfig fonts-aenigma "
        "texlive-fonts-recommended`",
        Part.GPU: "without one the processor trains; for NVIDIA install its driver",
        Part.BITCOIN_NODE: "only to follow live Bitcoin headers: put `bitcoind` on PATH (Bitcoin "
        "Core's release, or Debian's bitcoin-knots)",
        Part.IPFS_DAEMON: "only to keep content in IPFS: put Kubo's `ipfs` on PATH",
    },
    MACOS: {
        Part.PYTHON: "`brew install python@3.13`, then run `make install`",
        Part.FONTS: "`brew install fontconfig`: its `fc-list` finds the fonts that macOS has",
        Part.GPU: "without an NVIDIA one the processor trains",
        Part.BITCOIN_NODE: "only to follow live Bitcoin headers: `brew install bitcoin`",
        Part.IPFS_DAEMON: "only to keep content in IPFS: `brew install kubo`",
    },
}


def remedy(part: Part, platform: Platform) -> str:
    """What to do about a part that is missing on a platform: one line, never empty."""
    if platform.system == WINDOWS:
        if part is Part.PLATFORM:
            return "install WSL 2 (`wsl --install`) and work in it: it is Linux"
        return f"in WSL 2: {remedy(part, Platform(LINUX, platform.processor))}"
    if part is Part.PLATFORM:
        return "use Linux or macOS on x64 or arm64, 64 bits"
    if part is Part.ANVIL:
        return _FETCHED if packaged_anvil_is_available(platform) else _FOUNDRY
    if part is Part.TORCH:
        if platform == Platform(MACOS, X64):
            return "PyTorch ended its builds for Intel Macs: use a machine or container with Linux"
        return _INSTALL
    if part in _ANYWHERE:
        return _ANYWHERE[part]
    return _BY_SYSTEM.get(platform.system, _BY_SYSTEM[LINUX])[part]
