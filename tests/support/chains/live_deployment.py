"""All contracts on a real chain, with a relay that starts from headers of regtest."""

from __future__ import annotations

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.rules import REGTEST
from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.web3_chain import Web3Chain
from offchain.node.demo.local_network import account
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY
from scripts.support.chains.deploying import TASK
from scripts.support.chains.evm import ROOT

DEPLOYER, FEEDER = 5, 6


def deploy_for_regtest(url: str, checkpoint: Checkpoint) -> DeployedContracts:
    """Deploy everything on a development chain whose clock stays as it is."""
    ethereum = Ethereum.connect(url)
    genesis = tuple(str(account(node).address) for node in range(4))
    plan = DeploymentPlan(genesis, checkpoint, TASK, REGTEST, DEMO, DEMO_RELAY)
    return DeployedContracts(ethereum, deploy(ethereum, account(DEPLOYER), plan, ROOT))


def feeding_chain(contracts: DeployedContracts) -> Web3Chain:
    """The contracts as the feeder's account sees them."""
    return Web3Chain(contracts, account(FEEDER))
