"""All contracts of one deployment on a real EVM, called by name; a clock and Bitcoin headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import astuple, dataclass, field, is_dataclass, replace
from typing import Any, Self

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from offchain.bitcoin.relay_settings import RelaySettings
from offchain.chain.deployment.file import DeployedTask
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.crypto.hashing import Domain
from offchain.protocol.words.parameters import DEMO, Parameters
from offchain.protocol.words.status import Phase
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.chains.deploying import TASK, deploy_plan
from scripts.support.chains.evm import Evm, events
from scripts.support.worlds.bitcoin_mining import BLOCK_SECONDS, MinedChain

RELAY = RelaySettings(ring_size=512, maximum_batch=144, confirmations=1, buffer_seconds=60)
"""The relay's settings: few slots, so that headers are forgotten soon."""


def plain(value: object) -> object:
    """A value as web3 takes it: dataclasses as tuples."""
    if is_dataclass(value) and not isinstance(value, type):
        return astuple(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


@dataclass
class Contracts:
    """The contracts. Every transaction is a block, a second after the one before."""

    evm: Evm
    parameters: Parameters
    bitcoin: MinedChain
    by_name: Mapping[str, Contract]
    now: int
    gas: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def deploy(
        cls,
        evm: Evm,
        genesis: Sequence[str],
        parameters: Parameters = DEMO,
        task: DeployedTask = TASK,
    ) -> Self:
        """Deploy all, from the chain's last account, which does nothing else."""
        bitcoin = MinedChain.start()
        plan = DeploymentPlan(
            tuple(genesis), bitcoin.checkpoint, task, bitcoin.rules, parameters, RELAY
        )
        by_name = {
            name: evm.w3.eth.contract(
                address=Web3.to_checksum_address(address),
                abi=evm.artifacts[name].abi,
                decode_tuples=True,
            )
            for name, address in deploy_plan(evm, plan).items()
        }
        return cls(evm, parameters, bitcoin, by_name, max(evm.timestamp, bitcoin.headers[-1].time))

    def copy(self) -> Self:
        """The same contracts with a clock and headers of its own: for one test."""
        return replace(self, bitcoin=deepcopy(self.bitcoin), gas={})

    @property
    def domain(self) -> Domain:
        """What every hash of the deployment belongs to."""
        return Domain(DEVELOPMENT_CHAIN_ID, self.by_name["ModelChain"].address)

    # ---- calls -----------------------------------------------------------------------------------

    def send(
        self, name: str, function: str, *arguments: object, sender: int | str = 0, value: int = 0
    ) -> TxReceipt:
        """Send a transaction in a block of its own."""
        self.now += 1
        self.evm.set_next_timestamp(self.now)
        call = self.by_name[name].functions[function](*map(plain, arguments))
        receipt = self.evm.send(call, sender=sender, value=value)
        self.gas.setdefault(function, []).append(receipt["gasUsed"])
        return receipt

    def view(self, name: str, function: str, *arguments: object) -> Any:
        """What a view returns: structs as tuples with names."""
        return self.by_name[name].functions[function](*map(plain, arguments)).call()

    def events(self, receipt: TxReceipt, name: str, event: str) -> list[Mapping[str, Any]]:
        """The arguments of a contract's events of one name, in order."""
        return events(receipt, self.by_name[name], event)

    # ---- the clock -------------------------------------------------------------------------------

    def mine(self, headers: int, seconds: int = BLOCK_SECONDS) -> None:
        """Mine Bitcoin headers so many seconds apart, the last one now, and submit them."""
        first = self.bitcoin.best_height + 1
        start = max(self.now, self.bitcoin.headers[-1].time)
        self.bitcoin.extend(start + seconds * (step + 1) for step in range(headers))
        self.now = self.bitcoin.headers[-1].time
        for height in range(first, self.bitcoin.best_height + 1, RELAY.maximum_batch):
            count = min(RELAY.maximum_batch, self.bitcoin.best_height + 1 - height)
            self.send("BitcoinRelay", "submit", self.bitcoin.raw(height, count))

    def wait(self, seconds: int) -> None:
        """Let time pass on the EVM."""
        self.now += seconds

    def advance(self, sender: int | str = 0) -> TxReceipt:
        """Let the phase of the round in competition last its time, and end it."""
        current = self.view("ModelChain", "competition")
        missing = current.endHeight - self.view("BitcoinRelay", "tip")
        if Phase(current.phase).competes and missing > 0:
            self.mine(missing)
        return self.send("ModelChain", "advance", sender=sender)

    @property
    def phase(self) -> Phase:
        """The phase of the round in competition."""
        return Phase(self.view("ModelChain", "currentPhase")[1])
