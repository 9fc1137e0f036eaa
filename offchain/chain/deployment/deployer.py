"""Deploys the contracts from compiled artifacts, without Brownie: for the demo and the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from eth_account.signers.local import LocalAccount

from offchain.chain.abi.interfaces import CONTRACTS, component_types, encode_values
from offchain.chain.deployment.file import DeployedContract, Deployment
from offchain.chain.deployment.hardfork import require_hardfork
from offchain.chain.deployment.judge_words import judge_words
from offchain.chain.deployment.plan import DeploymentPlan, deploy_contracts
from offchain.chain.deployment.trust import with_code_hashes
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.sender import Sender
from offchain.errors import ArtifactError
from offchain.toolchain.artifacts import Artifact, load_artifacts
from offchain.toolchain.solc_binary import SOLC_LONG_VERSION

COMPILER = f"solc {SOLC_LONG_VERSION}"

# Of a transaction that creates a contract (yellow paper, appendix G; EIP-2028, EIP-3860).
_GAS_PER_CONTRACT = 21_000 + 32_000
_GAS_PER_CREATION_BYTE = 17
_GAS_PER_DEPLOYED_BYTE = 200
# What the constructors do: the relay's checkpoint and parameters, and two slots an account.
_GAS_OF_CONSTRUCTORS = 3_000_000
_GAS_PER_GENESIS_ACCOUNT = 55_000
# Of a judge's: call data, and contract code that they are kept as.
_GAS_PER_JUDGE_WORD = 7_000


def deploy(
    ethereum: Ethereum,
    account: LocalAccount,
    plan: DeploymentPlan,
    root: Path,
    report: Callable[[str, str], None] | None = None,
) -> Deployment:
    """Deploy everything that a plan says from the build output of a checkout.

    Args:
        ethereum: the node.
        account: pays for it and gets no rights; must send nothing else meanwhile.
        plan: what to deploy.
        root: the checkout, compiled.
        report: told of every contract, its name and address.

    Raises:
        ArtifactError: a contract is not compiled.
        HardforkError: the chain's rules are too old for them.
        ChainError: a transaction failed.
    """
    require_hardfork(ethereum)
    artifacts = load_artifacts(root)
    chain_id = ethereum.chain_id()
    sender = Sender(ethereum, account, chain_id)
    first_block = ethereum.block().number + 1

    def deploy_one(name: str, *arguments: object) -> str:
        address = send_creation(sender, artifacts, name, arguments)
        if report is not None:
            report(name, address)
        return address

    nonce = ethereum.nonce(sender.address)
    addresses = deploy_contracts(plan, sender.address, nonce, deploy_one)
    return finished_deployment(ethereum, plan, addresses, sender.address, first_block)


def send_creation(
    sender: Sender,
    artifacts: Mapping[str, Artifact],
    name: str,
    arguments: Sequence[object],
) -> str:
    """Send the transaction that creates a contract, and wait for it; returns the address.

    Raises:
        ArtifactError: it is not compiled.
        ChainError: as `Sender.send`.
    """
    receipt = sender.send(None, creation_code(artifacts, name, arguments))
    if receipt.contract is None:
        raise ArtifactError(f"{name} was sent and the node names no address: use another node")
    return receipt.contract


def creation_code(
    artifacts: Mapping[str, Artifact], name: str, arguments: Sequence[object]
) -> bytes:
    """What a transaction that creates a contract holds: its code, then its arguments."""
    artifact = compiled(artifacts, name)
    return artifact.linked() + constructor_data(artifact, arguments)


def constructor_data(artifact: Artifact, arguments: Sequence[object]) -> bytes:
    """A constructor's arguments as the ABI encodes them: what explorers ask for."""
    return encode_values(_constructor_types(artifact), tuple(arguments))


def finished_deployment(
    ethereum: Ethereum,
    plan: DeploymentPlan,
    addresses: dict[str, str],
    deployer: str,
    first_block: int,
) -> Deployment:
    """What the deployment file says once everything is on the chain."""
    contracts = with_code_hashes(ethereum, addresses)
    return deployment_of(ethereum, plan, contracts, deployer, first_block)


def deployment_of(
    ethereum: Ethereum,
    plan: DeploymentPlan,
    contracts: Mapping[str, DeployedContract],
    deployer: str,
    first_block: int,
) -> Deployment:
    """What a deployment file says of a plan whose contracts are, or will be, there."""
    return Deployment(
        chain_id=ethereum.chain_id(),
        genesis_hash=ethereum.block(0).hash,
        block_number=first_block,
        deployer=deployer,
        compiler=COMPILER,
        contracts=contracts,
        parameters=plan.parameters,
        relay=plan.relay,
        rules=plan.rules,
        checkpoint=plan.checkpoint,
        token_cap=plan.parameters.token_cap,
        genesis_accounts=plan.genesis_accounts,
        task=plan.task,
    )


def deployment_gas(artifacts: Mapping[str, Artifact], plan: DeploymentPlan) -> int:
    """Gas that a whole deployment takes at most.

    Asked before it begins: half a deployment is paid for and of no use.

    Raises:
        ArtifactError: a contract is not compiled.
    """
    gas = _GAS_OF_CONSTRUCTORS + _GAS_PER_GENESIS_ACCOUNT * len(plan.genesis_accounts)
    gas += _GAS_PER_JUDGE_WORD * len(judge_words(plan.task.description))
    for name in CONTRACTS if plan.task.judge is None else (plan.task.judge, *CONTRACTS):
        artifact = compiled(artifacts, name)
        creation_bytes = len(artifact.creation_code) // 2
        gas += _GAS_PER_CONTRACT + _GAS_PER_CREATION_BYTE * creation_bytes
        gas += _GAS_PER_DEPLOYED_BYTE * artifact.deployed_size
    return gas


def compiled(artifacts: Mapping[str, Artifact], name: str) -> Artifact:
    """A contract's build output by name; ``ArtifactError`` if there is none."""
    if name not in artifacts:
        raise ArtifactError(f"{name} is not compiled: run `make build`")
    return artifacts[name]


def _constructor_types(artifact: Artifact) -> tuple[str, ...]:
    for entry in artifact.abi:
        if entry["type"] == "constructor":
            return component_types(entry["inputs"])
    return ()
