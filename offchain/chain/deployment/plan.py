"""How the contracts are deployed and wired: written once, for Brownie, the demo and the tests.

The contracts know each other from their constructors alone and nobody can change that later. The
circle that this makes (the registries name the model chain, and it names them) closes because a
contract's address follows from its creator and the creator's nonce: the model chain's is known
before it exists, and checked once it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from offchain.config import DEFAULT_TASK
from offchain.errors import ChainError, ConfigurationError
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, Parameters


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
        genesis_accounts: who may lead round 1, and attest while too few others can; EIP-55.
        checkpoint: the Bitcoin headers that the relay starts from.
        rules: the Bitcoin network's.
        parameters: the protocol's.
        relay: the relay's.
        task: name of the learning task, for the deployment file.

    Raises:
        ConfigurationError: a genesis account is no address or given twice, or there are too few.
    """

    genesis_accounts: tuple[str, ...]
    checkpoint: Checkpoint
    rules: Rules = MAINNET
    parameters: Parameters = DEMO
    relay: RelaySettings = DEMO_RELAY
    task: str = DEFAULT_TASK

    def __post_init__(self) -> None:
        for account in self.genesis_accounts:
            if not is_checksum_address(account):
                raise ConfigurationError(
                    f"genesis account {account!r} is no checksummed (EIP-55) address"
                )
        if len(set(self.genesis_accounts)) != len(self.genesis_accounts):
            raise ConfigurationError("a genesis account is given twice: name each once")
        if len(self.genesis_accounts) < self.parameters.minimum_standing:
            raise ConfigurationError(
                f"{len(self.genesis_accounts)} genesis accounts: round 1 needs at least "
                f"{self.parameters.minimum_standing} (minimumStanding)"
            )


def deploy_contracts(
    plan: DeploymentPlan,
    deployer: str,
    nonce: int,
    deploy: Deploy,
    libraries: Sequence[str] = (),
) -> dict[str, str]:
    """Deploy everything that a plan says; returns addresses by name, libraries included.

    Args:
        plan: what to deploy.
        deployer: the account that sends the transactions.
        nonce: transactions that it has sent so far.
        deploy: sends one of them.
        libraries: what the contracts' code is linked with, each after what it needs itself
            (`link_order`); `deploy` does the linking.

    Raises:
        UnexpectedAddressError: a contract got another address than its circle was told.
    """
    addresses: dict[str, str] = {}

    def place(name: str, *arguments: object) -> str:
        expected = created_address(deployer, nonce + len(addresses))
        actual = deploy(name, *arguments)
        if actual != expected:
            raise UnexpectedAddressError(name, expected, actual)
        addresses[name] = actual
        return actual

    for library in libraries:
        place(library)
    last = len(addresses) + len(CONTRACTS) - 1
    model_chain = created_address(deployer, nonce + last)
    parameters = place("ProtocolParameters", plan.parameters.as_tuple())
    relay = place("BitcoinRelay", *relay_arguments(plan))
    heat = place("Heat", parameters, model_chain)
    key_registry = place("KeyRegistry", parameters, model_chain, heat)
    data_registry = place("DataRegistry", parameters, relay, key_registry, model_chain)
    token = place("ModelToken", model_chain, plan.parameters.token_cap)
    place("TokenOrders", token, model_chain)
    place(
        "ModelChain",
        *(parameters, relay, key_registry, data_registry, heat, token),
        list(plan.genesis_accounts),
    )
    return addresses


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


def link_order(links: Callable[[str], Sequence[str]]) -> list[str]:
    """The libraries that the contracts are linked with, each after those that it needs itself.

    `links` gives the names that a contract's or library's code is linked with.
    """
    order: list[str] = []

    def visit(name: str) -> None:
        for library in links(name):
            if library not in order:
                visit(library)
                order.append(library)

    for contract in CONTRACTS:
        visit(contract)
    return order


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
