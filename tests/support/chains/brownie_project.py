"""A Brownie project for one test: the checkout's sources and artifacts, deployments of its own.

Brownie keeps what it deploys in the project's `build/deployments` and reads it at every start, so
that programs that share a project at the same time can meet a file that is half written.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from offchain.config import PROJECT

COPIED = ("contracts", "scripts")
LINKED = ("data", "node_modules")
CONFIGURATION = ("brownie-config.yaml", "brownie.env")


def make_brownie_project(folder: Path) -> Path:
    """Make a project in `folder`, which is not there yet, and return it."""
    folder.mkdir(parents=True)
    for name in COPIED:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in CONFIGURATION:
        shutil.copy(PROJECT / name, folder)
    for name in LINKED:
        (folder / name).symlink_to(PROJECT / name)
    (folder / "build").mkdir()
    # Compiled contracts are large and only read.
    (folder / "build" / "contracts").symlink_to(PROJECT / "build" / "contracts")
    return folder
