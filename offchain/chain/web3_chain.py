"""The chain as one account sees it: the adapter behind the ``Chain`` port."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from eth_account.signers.local import LocalAccount

from offchain.chain.abi.calls import FunctionCall, function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.deployment.file import Deployment, deployment_path, read_deployment
from offchain.chain.deployment.trust import check_deployment
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.status import read_status
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.heads import Heads
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.outbox import Outbox
from offchain.chain.sending.sender import Sender
from offchain.ports import BlockPoint, Chain, Reading, Receipt
from offchain.protocol.words.actions import (
    Action,
    ClaimAttestation,
    ClaimBest,
    ClaimData,
    ClaimRounds,
    ClaimVoice,
)
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record

CLAIMS = (ClaimAttestation, ClaimBest, ClaimData, ClaimRounds, ClaimVoice)
"""What pays rewards out: it can wait until gas is cheap."""


class Web3Chain(Chain):
    """A deployment on an EVM chain, read and written by one account.

    Args:
        contracts: the deployment, found to be on the chain.
        account: signs this object's transactions.
        policy: what it pays for gas; by default whatever the market asks.
        outbox: remembers what is on its way, for programs that may be killed.
        heads: tells of new blocks, so that the node need not be asked for them.
    """

    def __init__(
        self,
        contracts: DeployedContracts,
        account: LocalAccount,
        policy: FeePolicy | None = None,
        outbox: Outbox | None = None,
        heads: Heads | None = None,
    ) -> None:
        self.contracts = contracts
        self._heads = heads
        self._policy = policy or FeePolicy()
        self._sender = Sender(
            contracts.ethereum,
            account,
            contracts.deployment.chain_id,
            policy=self._policy,
            outbox=outbox,
        )

    @property
    def account(self) -> str:
        """The account's address, EIP-55 checksummed."""
        return self._sender.address

    @property
    def deployment(self) -> Deployment:
        """Where the contracts are."""
        return self.contracts.deployment

    @property
    def parameters(self) -> Parameters:
        """The protocol's parameters, read from the chain once."""
        return self.contracts.parameters

    def latest(self) -> BlockPoint:
        """The latest EVM block: as a subscription told it just now, else as the node says."""
        told = None if self._heads is None else self._heads.latest()
        if told is not None:
            return BlockPoint(*told)
        header = self.contracts.ethereum.block()
        if self._heads is not None:
            self._heads.confirm(header.number, header.hash)
        return BlockPoint(header.number, header.hash)

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        """Hashes of EVM blocks by number; empty where the node has no such block."""
        return [*self.contracts.ethereum.block_hashes(numbers)]

    def check(self) -> None:
        """Whether the chain holds the deployment; see `check_deployment`."""
        check_deployment(self.contracts.ethereum, self.deployment)

    def status(self) -> ChainStatus:
        """Everything that ``decide`` looks at, read at the latest block."""
        return read_status(self.contracts, self.account)

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """The protocol's events in a range of EVM blocks, both ends included, in order."""
        return self.contracts.records(from_block, to_block)

    def reading(self, from_block: int, to_block: int) -> Reading:
        """The same, with the blocks that the newest ones say to be of."""
        return self.contracts.reading(from_block, to_block)

    def execute(self, action: Action | SignedOrder) -> Receipt:
        """Send the transaction that an action stands for and wait until it is mined.

        Raises:
            RevertedError: it reverts; nothing is sent when that shows beforehand.
            InsufficientFundsError: the account cannot pay.
            FeeCapError: gas costs more than the policy allows.
            NotMinedError: it was sent and is not mined in time.
            RpcError: the node does not answer.
        """
        return self.call(function_call(action), is_claim=isinstance(action, CLAIMS))

    def call(self, call: FunctionCall, *, is_claim: bool = False) -> Receipt:
        """Send the transaction of a contract call and wait for it; raises as `execute`.

        ``is_claim``: it can wait, and no more is paid for it than for claims.
        """
        content = interface(call.contract).encode(call.function, *call.arguments)
        address = self.deployment.address(call.contract)
        policy = self._policy.of_claims() if is_claim else self._policy
        receipt = self._sender.send(address, content, call.value, policy)
        return Receipt(receipt.transaction_hash, receipt.block_number, receipt.gas_used)

    def settle(self) -> None:
        """See to its end what an earlier process sent with this outbox; see `Sender.settle`."""
        self._sender.settle()


def open_heads(url: str | None, contracts: DeployedContracts) -> Heads | None:
    """A subscription to the new blocks of a deployment's chain; None without an address.

    Raises:
        ConfigurationError: the address is no WebSocket's.
    """
    if url is None:
        return None
    counts = contracts.ethereum.counts
    return Heads(url, contracts.deployment.chain_id, counts, time.monotonic)


def open_contracts(url: str, deployment: Path) -> DeployedContracts:
    """Connect to a node and open the deployment that a file names.

    Args:
        url: the node's RPC address.
        deployment: a deployment file (``.json``), or a folder of them named by chain id.

    Raises:
        ConfigurationError: the address is no URL, or the file is missing or malformed.
        ChainError: the node does not answer, or its chain does not hold the deployment.
    """
    ethereum = Ethereum.connect(url)
    file = deployment
    if deployment.suffix != ".json":
        file = deployment_path(deployment, ethereum.chain_id())
    return DeployedContracts(ethereum, read_deployment(file))
