"""What explorers are given compiles to what is on the chain."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import solcx

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.explorer import (
    CONTRACTS_FILE,
    STANDARD_INPUT,
    reachable_sources,
    write_for_explorers,
)
from offchain.chain.deployment.file import Deployment
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.errors import ArtifactError
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from offchain.toolchain.solc_binary import SOLC_VERSION
from scripts.support.chains.deployed_chain import plan_of
from scripts.support.chains.evm import ROOT, compiled_artifacts
from scripts.support.worlds.world import World

SETTINGS = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 1000},
    "viaIR": True,
    "remappings": ["@openzeppelin=node_modules/@openzeppelin"],
    "outputSelection": {"*": {"*": ["evm.bytecode"]}},
}
"""As brownie-config.yaml has them."""


@dataclass(frozen=True)
class Written:
    """A deployment, the transactions that made it, and the two files."""

    deployment: Deployment
    created: dict[str, str]
    standard: Any
    contracts: Any


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("deployments")
    with Anvil(accounts=1) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        account = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0)
        deployment = deploy(ethereum, account, plan_of(World()), ROOT)
        found = write_for_explorers(
            deployment, compiled_artifacts(), SETTINGS, ROOT, folder / "31337.json"
        )
        assert found == folder / "31337-explorer"
        created = {}
        for number in range(1, ethereum.block_number() + 1):
            block = ethereum.request("eth_getBlockByNumber", hex(number), True)
            for sent in block["transactions"]:
                receipt = ethereum.receipt(bytes.fromhex(sent["hash"][2:]))
                assert receipt is not None
                created[receipt.contract] = sent["input"][2:]
        ethereum.close()
    return Written(
        deployment,
        created,
        json.loads((found / STANDARD_INPUT).read_text()),
        json.loads((found / CONTRACTS_FILE).read_text()),
    )


def test_arguments_and_names_are_those_of_the_transactions(written: Written):
    assert set(written.contracts["contracts"]) == set(CONTRACTS)
    assert written.contracts["compiler"].startswith("v0.8.30+commit.")
    for name, told in written.contracts["contracts"].items():
        assert told["address"] == written.deployment.address(name)
        code = compiled_artifacts()[name].creation_code
        assert written.created[told["address"]] == code + told["constructor_arguments"]
        assert told["contract"] == f"contracts/{name}.sol:{name}"
        assert told["contract"].partition(":")[0] in written.standard["sources"]


def test_the_sources_are_those_that_were_compiled_and_no_tests(written: Written):
    compiled = {a.source_path: a.source_sha1 for a in compiled_artifacts().values()}
    for path, source in written.standard["sources"].items():
        text = source["content"]
        assert not path.startswith("contracts/test/")
        if path in compiled:
            sha1 = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            assert sha1 == compiled[path]
    assert any(
        path.startswith("node_modules/@openzeppelin/") for path in written.standard["sources"]
    )


@pytest.mark.full
def test_the_standard_json_compiles_to_the_code_that_was_deployed(written: Written):
    # The compiler makes code of what is selected alone: these take seconds.
    names = ("TokenOrders", "Heat", "ModelToken")
    selected = {f"contracts/{name}.sol": {name: ["evm.bytecode.object"]} for name in names}
    settings = {**written.standard["settings"], "outputSelection": selected}
    made = solcx.compile_standard(
        {**written.standard, "settings": settings}, solc_version=SOLC_VERSION
    )
    for name in names:
        code = made["contracts"][f"contracts/{name}.sol"][name]["evm"]["bytecode"]["object"]
        assert code == compiled_artifacts()[name].creation_code


def test_imports_are_followed_relative_and_remapped(tmp_path: Path):
    for name, text in {
        "a/A.sol": 'import {B} from "./b/B.sol";\nimport "@lib/C.sol";\n// import "none.sol";\n',
        "a/b/B.sol": 'import {\n  A\n} from "../A.sol";\n',
        "packages/C.sol": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = reachable_sources(tmp_path, ["a/A.sol"], ["@lib=packages"])
    assert list(found) == ["a/A.sol", "a/b/B.sol", "packages/C.sol"]


def test_a_source_that_is_gone_is_named(tmp_path: Path):
    with pytest.raises(ArtifactError, match=r"none\.sol cannot be read"):
        reachable_sources(tmp_path, ["none.sol"], [])
