"""A world whose twin is a chain that Web3Chain adapters act on, one for each account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.file import DeployedTask, Deployment
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.crypto.hashing import Domain
from offchain.crypto.secp256k1 import ShareKey
from offchain.errors import RevertedError
from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.membership import LIST_CODE
from offchain.protocol.words.actions import Action, SubmitHeaders
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import MembersWritten, Record
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from scripts.support.chains.deployed_chain import plan_of
from scripts.support.chains.deploying import TASK
from scripts.support.chains.evm import ROOT
from scripts.support.worlds.steps import SMALL, START, Node
from scripts.support.worlds.world import World


@dataclass
class AdaptedChain:
    """The contracts behind adapters; implements `scripts.support.worlds.steps.Twin`.

    Records come as the reference gives them: one block for each action, one address for the code of
    every list of members.
    """

    anvil: Anvil
    ethereum: Ethereum
    contracts: DeployedContracts
    clients: list[Web3Chain]
    blocks: list[int] = field(default_factory=list)

    @property
    def domain(self) -> Domain:
        """The deployment's."""
        return self.contracts.deployment.domain()

    @property
    def deployed_at(self) -> int:
        """When Membership was deployed."""
        return int(self.contracts.read("Membership", "deployedAt"))

    def execute(self, action: Action, sender: str, now: int) -> list[Record]:
        """Execute an action in a block of that time; raises `Revert` if it reverts."""
        [client] = [client for client in self.clients if client.account == sender]
        # Gas is estimated as if in the latest block: it must not be long ago.
        if self.ethereum.block().timestamp < now - 1:
            self.ethereum.request("evm_setNextBlockTimestamp", now - 1)
            self.ethereum.request("evm_mine")
        self.ethereum.request("evm_setNextBlockTimestamp", now)
        if not isinstance(action, SubmitHeaders):
            self.blocks.append(0)
        try:
            block = client.execute(action).block_number
        except RevertedError as error:
            raise Revert(error.name, *error.arguments) from error
        records: list[Record] = []
        for record in self.contracts.records(block, block):
            placed = replace(record, block_number=len(self.blocks), log_index=len(records))
            if isinstance(placed, MembersWritten):
                placed = replace(placed, code=LIST_CODE)
            records.append(placed)
        return records


class DeployedWorld(World):
    """A world whose nodes are the development accounts, with the secrets that those derive."""

    twin: AdaptedChain | None

    @property
    def chain(self) -> AdaptedChain:
        """The chain."""
        assert self.twin is not None
        return self.twin

    @property
    def anvil(self) -> Anvil:
        """The chain's node."""
        return self.chain.anvil

    @property
    def ethereum(self) -> Ethereum:
        """What asks the node."""
        return self.chain.ethereum

    @property
    def contracts(self) -> DeployedContracts:
        """What reads the contracts."""
        return self.chain.contracts

    @property
    def deployment(self) -> Deployment:
        """Where they are."""
        return self.contracts.deployment

    @property
    def clients(self) -> list[Web3Chain]:
        """The adapters by account."""
        return self.chain.clients

    @property
    def clock(self) -> DevelopmentClock:
        """The chain's clock, for who does not go on in steps of the world."""
        return DevelopmentClock(self.ethereum)

    @contextmanager
    def undone(self) -> Iterator[DeployedWorld]:
        """What happens to the chain, and in the copy of this world, is undone at the end."""
        snapshot = self.ethereum.request("evm_snapshot")
        copy = self.fork()
        copy.twin = replace(self.chain, blocks=list(self.chain.blocks))
        yield copy
        assert self.ethereum.request("evm_revert", snapshot)

    def secrets(self, number: int) -> NodeSecrets:
        """The secrets of an account's node."""
        return NodeSecrets(node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, number), self.domain)

    def share_key(self, node: Node, epoch: int) -> ShareKey:
        return self.secrets(node.index).share_key(epoch)

    def part_key(self, node: Node, round_number: int, part: int) -> bytes:
        return self.secrets(node.index).part_key(round_number, part)

    def reward_address(self, node: Node, round_number: int) -> str:
        return self.secrets(node.index).reward_address(round_number)


@contextmanager
def world(
    parameters: Parameters = SMALL,
    accounts: int = 3,
    genesis: int | None = None,
    task: DeployedTask = TASK,
    **options: Any,
) -> Iterator[DeployedWorld]:
    """A chain of its own with everything deployed; by default all accounts are genesis accounts."""
    signers = [account_from_mnemonic(DEVELOPMENT_MNEMONIC, number) for number in range(accounts)]
    names = [str(signer.address) for signer in signers]
    made = DeployedWorld(parameters, names, accounts if genesis is None else genesis)
    with Anvil(accounts=max(10, accounts), timestamp=START, **options) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        deployment = deploy(ethereum, signers[0], plan_of(made, task), ROOT)
        contracts = DeployedContracts(ethereum, deployment)
        clients = [Web3Chain(contracts, signer) for signer in signers]
        made.now = ethereum.block().timestamp
        made.attach(AdaptedChain(anvil, ethereum, contracts, clients))
        yield made
        ethereum.close()
