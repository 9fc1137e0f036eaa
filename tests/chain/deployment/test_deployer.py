"""What a deployment costs, read off the compiler's output."""

import pytest

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.deployer import deployment_gas
from offchain.errors import ArtifactError
from scripts.support.chains.deployed_chain import plan_of
from scripts.support.chains.deploying import TASK
from scripts.support.chains.evm import compiled_artifacts
from scripts.support.worlds.world import World
from tests.support.chains.deployed_world import world

LARGEST_CODE = 24_576
"""Bytes of a contract's code (EIP-170)."""

LARGEST_GAS = 1 << 24
"""Gas of a transaction (EIP-7825)."""


def test_contract_that_is_not_compiled_is_named():
    artifacts = {name: made for name, made in compiled_artifacts().items() if name != "Heat"}
    with pytest.raises(ArtifactError, match="Heat is not compiled"):
        deployment_gas(artifacts, plan_of(World()))


def test_no_contract_is_linked_and_each_fits_the_chains_limit():
    for name in CONTRACTS:
        artifact = compiled_artifacts()[name]
        assert artifact.libraries == ()
        assert 0 < artifact.deployed_size <= LARGEST_CODE, name


def test_a_deployment_costs_no_more_than_is_said_and_each_contract_fits_a_transaction():
    with world() as deployed:
        blocks = range(1, deployed.ethereum.block_number() + 1)
        hashes = [
            deployed.ethereum.request("eth_getBlockByNumber", hex(number), False)["transactions"]
            for number in blocks
        ]
        used = [
            deployed.ethereum.receipt(bytes.fromhex(one[2:])).gas_used
            for found in hashes
            for one in found
        ]
        said = deployment_gas(compiled_artifacts(), plan_of(deployed))
        assert deployed.deployment.task == TASK
    assert len(used) == len(CONTRACTS)
    assert max(used) <= LARGEST_GAS
    assert sum(used) <= said <= 1.3 * sum(used)
