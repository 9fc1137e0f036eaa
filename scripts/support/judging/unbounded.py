"""The judge without the bound of its shapes: only to measure what lies beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offchain.chain.deployment.explorer import reachable_sources
from scripts.support.chains.evm import ROOT
from scripts.support.contract_coverage.compiling import SETTINGS, compile_sources

JUDGE = "contracts/judges/ImageJudge.sol"
BOUND = "        if (!JudgingGas.isWithin(c)) return (false, network);\n"


def unbounded_code() -> bytes:
    """Compile the judge without `BOUND` and return its code."""
    sources = reachable_sources(ROOT, [JUDGE], SETTINGS["remappings"])
    text = sources["contracts/judges/DigitsModel.sol"]
    assert text.count(BOUND) == 1
    sources["contracts/judges/DigitsModel.sol"] = text.replace(BOUND, "")
    settings: Mapping[str, Any] = {
        **SETTINGS,
        "outputSelection": {JUDGE: {"ImageJudge": ["evm.deployedBytecode.object"]}},
    }
    contract = compile_sources(sources, settings, ROOT)["contracts"][JUDGE]["ImageJudge"]
    return bytes.fromhex(contract["evm"]["deployedBytecode"]["object"])
