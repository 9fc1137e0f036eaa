"""The judge without the bound of its shapes: only to measure what lies beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.support.chains.evm import ROOT
from scripts.support.contract_coverage.compiling import SETTINGS, compile_sources

JUDGE = "contracts/judges/ImageJudge.sol"
BOUND = "        if (!JudgingGas.isWithin(c)) return (false, network);\n"


def unbounded_code() -> bytes:
    """Compile the judge without `BOUND` and return its code."""
    sources = _sources()
    text = sources["contracts/judges/DigitsModel.sol"]
    assert text.count(BOUND) == 1
    sources["contracts/judges/DigitsModel.sol"] = text.replace(BOUND, "")
    settings: Mapping[str, Any] = {
        **SETTINGS,
        "outputSelection": {JUDGE: {"ImageJudge": ["evm.deployedBytecode.object"]}},
    }
    contract = compile_sources(sources, settings, ROOT)["contracts"][JUDGE]["ImageJudge"]
    return bytes.fromhex(contract["evm"]["deployedBytecode"]["object"])


def _sources() -> dict[str, str]:
    files = [*(ROOT / "contracts/judges").glob("*.sol"), ROOT / "contracts/interfaces/IJudge.sol"]
    return {_name(file): file.read_text(encoding="utf-8") for file in sorted(files)}


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
