"""The real contracts on a chain of one's own: they follow what is played on their specification."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from offchain.attacks.worlds.bitcoin_chain import BLOCK_SECONDS, Headers
from offchain.attacks.worlds.players import START
from offchain.attacks.worlds.rounds import World
from offchain.bitcoin.rules import REGTEST
from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.abi.reverts import revert_of
from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.file import DeployedTask, Deployment
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.errors import RevertedError
from offchain.protocol.words import actions
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.parameters import DEMO_RELAY, Parameters
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil

TRANSACTION_GAS: Final = 16_777_216
"""Gas that a transaction may have (EIP-7825)."""

_POLL_SECONDS = 0.002
_CHECKOUT = Path(__file__).resolve().parents[2]
WorldKind = TypeVar("WorldKind", bound=World)

_TASK = DeployedTask("made up", b'{"points":"made up"}')


@dataclass
class Contracts:
    """Contracts and what their calls cost, by the function's name."""

    ethereum: Ethereum
    deployment: Deployment
    gas: dict[str, list[int]] = field(default_factory=dict)

    def send(self, action: actions.Action | SignedOrder, sender: str, now: int = 0) -> None:
        """Send a call from an unlocked account; ``RevertedError`` if the contracts refuse it."""
        call = function_call(action)
        transaction: dict[str, object] = {
            "from": sender,
            "to": self.deployment.address(call.contract),
            "data": "0x" + interface(call.contract).encode(call.function, *call.arguments).hex(),
            "value": hex(call.value),
            "gas": hex(TRANSACTION_GAS),
        }
        if now:
            self.ethereum.request("evm_setNextBlockTimestamp", hex(now))
        digest = self.ethereum.request("eth_sendTransaction", transaction)
        while (receipt := self.ethereum.receipt(bytes.fromhex(digest[2:]))) is None:
            time.sleep(_POLL_SECONDS)
        if not receipt.succeeded:
            self._raise_refusal(transaction)
        self.gas.setdefault(call.function, []).append(receipt.gas_used)

    def attempt(self, action: actions.Action | SignedOrder, sender: str) -> str:
        """The name of the error that refuses a call, or nothing; it is sent where it succeeds."""
        snapshot = self.ethereum.request("evm_snapshot")
        try:
            self.send(action, sender)
        except RevertedError as error:
            self.ethereum.request("evm_revert", snapshot)
            return error.name
        return ""

    def balance(self, account: str) -> int:
        """Tokens of an account."""
        data = interface("ModelToken").encode("balanceOf", account)
        call = {"to": self.deployment.address("ModelToken"), "data": "0x" + data.hex()}
        return int(self.ethereum.request("eth_call", call, "latest"), 16)

    def _raise_refusal(self, transaction: dict[str, object]) -> None:
        try:
            self.ethereum.request("eth_call", transaction, "latest")
        except RpcFault as fault:
            refusal = revert_of(fault)
            if refusal is not None:
                raise refusal from fault
            raise
        raise RevertedError("OutOfGas", [transaction["gas"]])


@contextmanager
def world_on_contracts(
    players: int, parameters: Parameters, others: int = 1
) -> Iterator[tuple[World, Contracts, list[str]]]:
    """A world whose every transaction goes to real contracts too; see `contracts_behind`."""
    with contracts_behind(World, players, parameters, _TASK, others) as known:
        yield known


@contextmanager
def contracts_behind(
    kind: type[WorldKind],
    players: int,
    parameters: Parameters,
    task: DeployedTask,
    others: int = 1,
) -> Iterator[tuple[WorldKind, Contracts, list[str]]]:
    """A world of some kind whose every transaction goes to real contracts too.

    Args:
        kind: of the world; its judge decides as the task's contract does.
        players: accounts of the world, all of them genesis accounts.
        parameters: the protocol's.
        task: with the name of the contract that judges.
        others: further accounts, which the world knows nothing of.
    """
    bitcoin = Headers.start(START - BLOCK_SECONDS)
    count = players + others + 1
    with Anvil(timestamp=START - 10_000, accounts=count) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        accounts = [
            str(account_from_mnemonic(DEVELOPMENT_MNEMONIC, index).address)
            for index in range(count)
        ]
        plan = DeploymentPlan(
            *(tuple(accounts[:players]), bitcoin.checkpoint, task, REGTEST, parameters),
            relay=DEMO_RELAY,
        )
        deployer = account_from_mnemonic(DEVELOPMENT_MNEMONIC, count - 1)
        contracts = Contracts(ethereum, deploy(ethereum, deployer, plan, _CHECKOUT))
        domain = contracts.deployment.domain()
        world = kind.create(domain=domain, accounts=accounts[:players], parameters=parameters)
        world.observers.append(contracts.send)
        try:
            yield world, contracts, accounts[players:-1]
        finally:
            ethereum.close()
