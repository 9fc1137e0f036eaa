"""Runs slither over the contracts, with the compiler that Brownie uses."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from offchain.errors import BinaryMissing, ToolchainError
from offchain.toolchain.node_runtime import find_node
from offchain.toolchain.solc_binary import check_solc
from scripts.support.contract_coverage.compiling import SETTINGS

TIMEOUT_SECONDS = 600


def run_slither(root: Path) -> dict[str, Any]:
    """Analyse the contracts of a checkout, but for those of tests; returns slither's JSON.

    Raises:
        BinaryMissing: slither or the compiler is not installed.
        ToolchainError: the contracts do not compile, or slither does not understand all of them.
    """
    if importlib.util.find_spec("slither") is None:
        raise BinaryMissing("slither is not installed: run `make analyse`")
    compiler = check_solc(find_node())
    # Slither looks for a project above its working directory, and then compiles as that one says:
    # in a folder of its own it takes what it is given.
    with tempfile.TemporaryDirectory(prefix="static-analysis-") as folder:
        (Path(folder) / "input.json").write_text(json.dumps(compiler_input(root)), encoding="utf-8")
        try:
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "slither", "input.json", "--json", "-"),
                    *("--compile-force-framework", "solc-json", "--solc", str(compiler)),
                    *("--solc-working-dir", str(root), "--fail-none"),
                    # What it cannot read ends it, where it would go on without those functions.
                    "--disallow-partial",
                    # Answers stand in one place, not in comments that switch a rule off.
                    "--show-ignored-findings",
                ],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolchainError(f"slither did not end within {TIMEOUT_SECONDS} s") from error
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        report = {"success": False, "error": done.stderr}
    if not report["success"]:
        said = report["error"].strip() or f"status {done.returncode}"
        if "Traceback" in said:
            said = said.splitlines()[-1]
        raise ToolchainError(f"slither failed: {said}")
    return report


def compiler_input(root: Path) -> dict[str, Any]:
    """The compiler's standard JSON: syntax trees are all that slither reads, code is not made."""
    sources = (path.relative_to(root) for path in sorted((root / "contracts").rglob("*.sol")))
    return {
        "language": "Solidity",
        "sources": {
            path.as_posix(): {"urls": [path.as_posix()]}
            for path in sources
            if not path.is_relative_to("contracts/test")
        },
        "settings": {**SETTINGS, "outputSelection": {"*": {"": ["ast"]}}},
    }
