"""The plan of a deployment, carried out on a test's chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offchain.chain.deployment.file import DeployedTask
from offchain.chain.deployment.plan import DeploymentPlan, deploy_contracts
from scripts.support.chains.evm import Evm

if TYPE_CHECKING:
    from scripts.support.chains.local_evm import LocalEvm

TASK = DeployedTask("made up", b'{"points":"made up"}')
"""What is learned where models are made up."""

JUDGED_TASK = DeployedTask("product", b'{"points":"product"}', "ProductJudge")
"""What is learned where the toy judge decides."""


def deploy_plan(evm: Evm | LocalEvm, plan: DeploymentPlan) -> dict[str, str]:
    """Deploy from the chain's last account, which does nothing else; returns addresses by name."""
    deployer = evm.accounts[-1]
    nonce = evm.nonce(deployer)

    def deploy(name: str, *arguments: object) -> str:
        return str(evm.deploy(name, *arguments, sender=deployer).address)

    return deploy_contracts(plan, deployer, nonce, deploy)
