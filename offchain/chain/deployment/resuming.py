"""A deployment that ended in the middle is gone on with: what was paid for is not lost.

What is planned is written beside the deployment file before the first transaction, in the same
form, with the hash of each contract's creation transaction in place of its code's. Addresses follow
from the deployer and its nonces, so the chain says how far the deployment came.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from offchain.chain.deployment.deployer import creation_code, deployment_of
from offchain.chain.deployment.file import (
    DeployedContract,
    Deployment,
    DeploymentFileError,
    read_deployment,
    write_deployment,
)
from offchain.chain.deployment.plan import (
    DeploymentPlan,
    constructor_arguments,
    created_address,
    planned_addresses,
)
from offchain.chain.rpc.ethereum import LATEST, Ethereum
from offchain.crypto.hashing import keccak256
from offchain.errors import ConfigurationError
from offchain.toolchain.artifacts import Artifact

MOST_NONCES: Final = 4_096
"""Transactions back to which the deployment's first one is looked for."""

_ADVICE: Final = "set MODELCHAIN_REDEPLOY=1 to begin anew"


class NotResumable(ConfigurationError):
    """A deployment was begun and cannot be gone on with as things are."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"the deployment begun in {file} cannot be gone on with: {reason}")
        self.file = file
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Begun:
    """A deployment that is under way.

    Attributes:
        plan: what is deployed.
        deployer: who pays.
        first_nonce: of its first transaction.
        first_block: EVM block before which it logged nothing.
        done: contracts that are on the chain.
    """

    plan: DeploymentPlan
    deployer: str
    first_nonce: int
    first_block: int
    done: int = 0

    @property
    def addresses(self) -> dict[str, str]:
        """Where all contracts are or will be, by name, in the order of deployment."""
        return planned_addresses(self.plan, self.deployer, self.first_nonce)


def unfinished_file(file: Path) -> Path:
    """Where what is under way is kept while a deployment file is not there yet."""
    return file.with_name(file.name + ".unfinished")


def begin(
    ethereum: Ethereum,
    plan: DeploymentPlan,
    deployer: str,
    artifacts: Mapping[str, Artifact],
    file: Path,
) -> Begun:
    """Write down what is to be deployed, before anything is sent.

    Raises:
        DeploymentFileError: it cannot be written.
        ArtifactError: a contract is not compiled.
        RpcError: the chain does not answer.
    """
    begun = Begun(plan, deployer, ethereum.nonce(deployer), ethereum.block().number + 1)
    contracts = {
        name: DeployedContract(begun.addresses[name], code_hash)
        for name, code_hash in _creation_hashes(begun, artifacts).items()
    }
    planned = deployment_of(ethereum, plan, contracts, deployer, begun.first_block)
    write_deployment(planned, unfinished_file(file))
    return begun


def resume(
    ethereum: Ethereum,
    plan: DeploymentPlan,
    deployer: str,
    artifacts: Mapping[str, Artifact],
    file: Path,
) -> Begun | None:
    """The deployment that was begun for a file and ended too soon; None if there is none.

    Its checkpoint is the one that it was begun with; all else must be what is asked for now.

    Raises:
        NotResumable: it is another one, or the account did something else meanwhile.
        RpcError: the chain does not answer.
    """
    place = unfinished_file(file)
    if not place.exists():
        return None
    try:
        found = read_deployment(place)
    except DeploymentFileError as error:
        raise NotResumable(place, f"it cannot be read; {_ADVICE}") from error
    if (found.chain_id, found.genesis_hash) != (ethereum.chain_id(), ethereum.block(0).hash):
        # What was begun on a chain that is gone is gone with it.
        return None
    kept = replace(plan, checkpoint=found.checkpoint)
    if found.deployer != deployer:
        raise NotResumable(place, f"{found.deployer} paid for it, not {deployer}; {_ADVICE}")
    mined = ethereum.nonce(deployer, LATEST)
    if ethereum.nonce(deployer) > mined:
        raise NotResumable(place, "a transaction of it still waits: try again once it is mined")
    first = next(iter(found.contracts.values())).address
    for nonce in range(mined, max(-1, mined - MOST_NONCES), -1):
        if created_address(deployer, nonce) == first:
            break
    else:
        raise NotResumable(place, f"its first transaction cannot be found; {_ADVICE}")
    begun = Begun(kept, deployer, nonce, found.block_number, mined - nonce)
    _check_same(place, found, begun, artifacts)
    codes = ethereum.codes(list(begun.addresses.values()))
    if [bool(code) for code in codes] != [place < begun.done for place in range(len(codes))]:
        reason = "the account sent other transactions meanwhile, or one of its own failed"
        raise NotResumable(place, f"{reason}; {_ADVICE}")
    return begun


def finish(file: Path) -> None:
    """Forget what was under way: the deployment file is there."""
    with suppress(OSError):
        unfinished_file(file).unlink(missing_ok=True)


def _check_same(
    place: Path, found: Deployment, begun: Begun, artifacts: Mapping[str, Artifact]
) -> None:
    """Raise `NotResumable` unless what was begun is what is to be deployed now."""
    plan = begun.plan
    for what, was, is_now in (
        ("parameters", found.parameters, plan.parameters),
        ("settings of the relay", found.relay, plan.relay),
        ("genesis accounts", found.genesis_accounts, plan.genesis_accounts),
        ("a task", found.task, plan.task),
        ("a Bitcoin network", found.rules, plan.rules),
    ):
        if was != is_now:
            raise NotResumable(place, f"it has other {what} than are given now; {_ADVICE}")
    hashes = {name: contract.code_hash for name, contract in found.contracts.items()}
    if hashes != _creation_hashes(begun, artifacts):
        raise NotResumable(place, f"the contracts were compiled anew since; {_ADVICE}")


def _creation_hashes(begun: Begun, artifacts: Mapping[str, Artifact]) -> dict[str, bytes]:
    """Keccak-256 of each contract's creation code with its arguments, by name."""
    arguments = constructor_arguments(begun.plan, begun.addresses)
    return {
        name: keccak256(creation_code(artifacts, name, values))
        for name, values in arguments.items()
    }
