"""How the contracts are deployed and wired: written once, for Brownie, the demo and the tests.

The contracts know each other from their constructors alone and nobody can change that later: each
is told the addresses of all. The circle that this makes closes because a contract's address follows
from its creator and the creator's nonce: it is known before the contract exists, and checked once
it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from eth_typing import HexAddress, HexStr
from eth_utils.address import is_checksum_address
from web3.types import Nonce
from web3.utils.address import get_create_address

from offchain.bitcoin.checkpoint import CHECKPOINT_HEADERS, Checkpoint
from offchain.bitcoin.header import HEADER_SIZE
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.rules import MAINNET, Rules
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import DeployedTask
from offchain.chain.deployment.judge_words import judge_words
from offchain.errors import ChainError, ConfigurationError
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, Parameters
from offchain.protocol.words.status import ZERO_ADDRESS


class Deploy(Protocol):
    """Deploys a contract by name with its constructor's arguments; returns its address.

    Structs are tuples. One call is one transaction of the deployer, which sends no other meanwhile.
    """

    def __call__(self, name: str, *arguments: object) -> str:
        """Deploy `name`."""


class UnexpectedAddressError(ChainError):
    """A contract was deployed elsewhere than the others were told."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{name} was deployed at {actual}, expected {expected}: the deploying account sent "
            "another transaction meanwhile; deploy again with nothing else using that account"
        )
        self.name = name
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """Everything that is decided before the first transaction.

    Attributes:
        genesis_accounts: the members of epoch 1, if they apply, who attest while too few others
            can; EIP-55.
        checkpoint: the Bitcoin headers that the relay starts from.
        task: what the nodes learn, which the contracts are bound to, and its judge's name.
        rules: the Bitcoin network's.
        parameters: the protocol's.
        relay: the relay's.

    Raises:
        ConfigurationError: a genesis account is no address or given twice, or there are too few or
            too many.
    """

    genesis_accounts: tuple[str, ...]
    checkpoint: Checkpoint
    task: DeployedTask
    rules: Rules = MAINNET
    parameters: Parameters = DEMO
    relay: RelaySettings = DEMO_RELAY

    def __post_init__(self) -> None:
        for account in self.genesis_accounts:
            if not is_checksum_address(account):
                raise ConfigurationError(
                    f"genesis account {account!r} is no checksummed (EIP-55) address"
                )
        if len(set(self.genesis_accounts)) != len(self.genesis_accounts):
            raise ConfigurationError("a genesis account is given twice: name each once")
        count, parameters = len(self.genesis_accounts), self.parameters
        if not parameters.minimum_ring <= count <= parameters.maximum_members:
            raise ConfigurationError(
                f"{count} genesis accounts: epoch 1 has {parameters.minimum_ring} (minimumRing) to "
                f"{parameters.maximum_members} (maximumMembers)"
            )


def deploy_contracts(
    plan: DeploymentPlan, deployer: str, nonce: int, deploy: Deploy, done: int = 0
) -> dict[str, str]:
    """Deploy everything that a plan says, the task's judge first; returns addresses by name.

    Args:
        plan: what to deploy.
        deployer: the account that sends the transactions.
        nonce: transactions that it had sent before the first of these.
        deploy: sends one of them.
        done: contracts that are deployed already, by an earlier run that ended too soon.

    Raises:
        UnexpectedAddressError: a contract got another address than the others were told.
    """
    addresses = planned_addresses(plan, deployer, nonce)
    for name, arguments in list(constructor_arguments(plan, addresses).items())[done:]:
        actual = deploy(name, *arguments)
        if actual != addresses[name]:
            raise UnexpectedAddressError(name, addresses[name], actual)
    return addresses


def planned_addresses(plan: DeploymentPlan, deployer: str, nonce: int) -> dict[str, str]:
    """Where the contracts of a plan will be, by name, in the order of deployment."""
    judges = [] if plan.task.judge is None else [plan.task.judge]
    names = enumerate([*judges, *CONTRACTS])
    return {name: created_address(deployer, nonce + place) for place, name in names}


def constructor_arguments(
    plan: DeploymentPlan, addresses: Mapping[str, str]
) -> dict[str, tuple[object, ...]]:
    """What each contract's constructor takes, by name, in the order of deployment."""
    judge = plan.task.judge
    everybody = (
        *(addresses[name] for name in CONTRACTS if name != "TokenOrders"),
        ZERO_ADDRESS if judge is None else addresses[judge],
    )
    others: dict[str, tuple[object, ...]] = {
        "ProtocolParameters": (plan.parameters.as_tuple(),),
        "BitcoinRelay": relay_arguments(plan),
        "Membership": (everybody, list(plan.genesis_accounts)),
        "ModelChain": (everybody, plan.task.hash),
        "ModelToken": (addresses["Rewards"], plan.parameters.token_cap),
        "TokenOrders": (addresses["ModelToken"], addresses["ModelChain"]),
    }
    words = judge_words(plan.task.description)
    judges: dict[str, tuple[object, ...]] = (
        {} if judge is None else {judge: (words,) if words else ()}
    )
    return judges | {name: others.get(name, (everybody,)) for name in CONTRACTS}


def relay_arguments(plan: DeploymentPlan) -> tuple[object, ...]:
    """Arguments of BitcoinRelay's constructor: network rules, settings, checkpoint."""
    relay, checkpoint = plan.relay, plan.checkpoint
    return (
        (plan.rules.pow_limit, plan.rules.no_retargeting),
        (relay.ring_size, relay.maximum_batch, relay.confirmations, relay.buffer_seconds),
        (checkpoint.height, checkpoint.epoch_start_time, checkpoint.headers),
    )


def created_address(creator: str, nonce: int) -> str:
    """Address of the contract that an account creates with a transaction of that nonce.

    The last 20 bytes of keccak256(rlp([creator, nonce])): Yellow Paper, section 7.
    """
    return str(get_create_address(HexAddress(HexStr(creator)), Nonce(nonce)))


def first_checkpoint(first_height: int, headers: Sequence[bytes]) -> Checkpoint:
    """The lowest checkpoint that a run of headers allows.

    Args:
        first_height: height of ``headers[0]``.
        headers: raw, 80 bytes each, of consecutive heights; the first begins an epoch or the run
            holds a later epoch's first header.

    Raises:
        BadCheckpointHeight: the run begins too low or too high.
        ConfigurationError: the run is too short.
    """
    by_height: Mapping[int, bytes] = dict(enumerate(headers, start=first_height))
    height = first_height + CHECKPOINT_HEADERS - 1
    try:
        return Checkpoint.read(height, by_height.__getitem__)
    except KeyError as error:
        raise ConfigurationError(
            f"the headers from {first_height} on lack height {error.args[0]}, which a checkpoint "
            f"at {height} needs: begin at a multiple of 2016 with {CHECKPOINT_HEADERS} headers of "
            f"{HEADER_SIZE} bytes"
        ) from error
