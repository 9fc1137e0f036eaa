"""Whether the chain holds what a deployment file says: asked before anything is read or sent.

Every development chain has the same chain id and hands out the same addresses, so the id alone
tells nothing: the genesis block's hash and the code of every contract must be the recorded ones.
"""

from __future__ import annotations

from eth_utils.crypto import keccak

from offchain.chain.abi.interfaces import AbiValueError, interface
from offchain.chain.deployment.file import DeployedContract, Deployment
from offchain.chain.deployment.judge_words import judge_words
from offchain.chain.rpc.ethereum import Call, Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import StaleDeploymentError, WrongChainError, WrongTaskError


def check_deployment(ethereum: Ethereum, deployment: Deployment) -> None:
    """Check chain id, genesis block, the runtime code of every contract, and the judge's words.

    Raises:
        WrongChainError: the node serves a chain with another id.
        StaleDeploymentError: the chain was started anew, or a contract is not there.
    """
    chain_id = ethereum.chain_id()
    if chain_id != deployment.chain_id:
        raise WrongChainError("the chain id", deployment.chain_id, chain_id)
    genesis = ethereum.block(0).hash
    if genesis != deployment.genesis_hash:
        raise StaleDeploymentError(
            "the hash of the chain's first block", deployment.genesis_hash.hex(), genesis.hex()
        )
    contracts = deployment.contracts
    codes = ethereum.codes([contract.address for contract in contracts.values()])
    for (name, contract), code in zip(contracts.items(), codes, strict=True):
        if not code:
            raise StaleDeploymentError(
                f"what lies at {name}'s address {contract.address}", "its code", "nothing"
            )
        code_hash = bytes(keccak(code))
        if code_hash != contract.code_hash:
            raise StaleDeploymentError(
                f"the code hash of {name} at {contract.address}",
                contract.code_hash.hex(),
                code_hash.hex(),
            )
    _check_judge(ethereum, deployment)


def _check_judge(ethereum: Ethereum, deployment: Deployment) -> None:
    """The task's judge has the words that the task's description has for it."""
    if deployment.judge is None:
        return
    judges, expected = interface("IJudge"), judge_words(deployment.task.description)
    call = Call(deployment.judge, judges.encode("words"))
    try:
        (found,) = judges.decode("words", ethereum.calls([call])[0])
    except (RpcFault, AbiValueError):
        found = "none that it tells"
    if found != expected:
        raise StaleDeploymentError(
            f"the words of the judge {deployment.task.judge}", str(expected), str(found)
        )


def require_task(deployment: Deployment, task_hash: bytes, samples_per_part: int) -> None:
    """Check that a deployment is for a program's own task.

    Args:
        deployment: found to be on the chain.
        task_hash: `offchain.ports.Learner.task_hash` of what the program learns or judges by.
        samples_per_part: its samples in a part.

    Raises:
        WrongTaskError: it is for another one.
        StaleDeploymentError: its parameters have another number of samples in a part.
    """
    if deployment.task.hash != task_hash:
        raise WrongTaskError(deployment.task.name, deployment.task.hash, task_hash)
    recorded = deployment.parameters.samples_per_part
    if recorded != samples_per_part:
        raise StaleDeploymentError("samplesPerPart", str(samples_per_part), str(recorded))


def is_live(ethereum: Ethereum, deployment: Deployment) -> bool:
    """Whether the chain holds a deployment: whoever writes over its file would lose it."""
    try:
        check_deployment(ethereum, deployment)
    except (WrongChainError, StaleDeploymentError):
        return False
    return True


def with_code_hashes(ethereum: Ethereum, addresses: dict[str, str]) -> dict[str, DeployedContract]:
    """What a deployment file records of contracts that were deployed just now.

    Raises:
        StaleDeploymentError: there is no code at an address.
    """
    recorded: dict[str, DeployedContract] = {}
    codes = ethereum.codes(list(addresses.values()))
    for (name, address), code in zip(addresses.items(), codes, strict=True):
        if not code:
            raise StaleDeploymentError(
                f"what lies at {name}'s address {address}", "its code", "nothing"
            )
        recorded[name] = DeployedContract(address, bytes(keccak(code)))
    return recorded
