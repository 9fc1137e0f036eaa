"""The real contracts on a real EVM, driven by actions: what the reference is compared with."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import is_dataclass, replace
from typing import Any

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.types import RPCEndpoint, TxReceipt

from offchain.chain.abi.calls import function_call
from offchain.chain.abi.decoding import decode_record, returned
from offchain.chain.abi.interfaces import interface
from offchain.chain.deployment.plan import DeploymentPlan, deploy_contracts
from offchain.chain.rpc.replies import Log
from offchain.crypto.hashing import Domain
from offchain.errors import RevertedError
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.protocol.words.records import PageWritten, Record
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.chains.evm import Evm
from scripts.support.worlds.steps import SMALL, START
from scripts.support.worlds.world import World

ExpectedView = tuple[str, str, tuple[object, ...], object]
"""A contract's view, its arguments, and what the reference says that it returns."""


class DeployedChain:
    """All contracts of one deployment; implements `scripts.support.worlds.steps.Twin`.

    Records come renumbered: one block for each action, log indices without other contracts' events,
    no addresses of code pages.
    """

    def __init__(self, evm: Evm, plan: DeploymentPlan) -> None:
        self.evm = evm
        deployer = evm.accounts[-1]
        nonce = evm.w3.eth.get_transaction_count(Web3.to_checksum_address(deployer))

        def deploy(name: str, *arguments: object) -> str:
            return str(evm.deploy(name, *arguments, sender=deployer).address)

        self.addresses = deploy_contracts(plan, deployer, nonce, deploy)
        self._names = {address: name for name, address in self.addresses.items()}
        self.model_chain = self.domain("ModelChain")
        self.key_registry = self.domain("KeyRegistry")
        self.data_registry = self.domain("DataRegistry")
        self.gas: dict[type[actions.Action], list[int]] = {}
        self._block = 0

    def domain(self, name: str) -> Domain:
        """What a contract's hashes belong to."""
        return Domain(DEVELOPMENT_CHAIN_ID, self.addresses[name])

    def execute(self, action: actions.Action, sender: str, now: int) -> list[Record]:
        """Execute an action in a block of that time; raises `Revert` if it reverts."""
        call = function_call(action)
        if call.contract != "BitcoinRelay":
            self._block += 1
        self.evm.set_next_timestamp(now)
        try:
            receipt = self.evm.send_transaction(
                to=self.addresses[call.contract],
                data=interface(call.contract).encode(call.function, *call.arguments),
                sender=sender,
                value=call.value,
            )
        except RevertedError as error:
            raise Revert(error.name, *map(_plain, error.arguments)) from error
        self.gas.setdefault(type(action), []).append(receipt["gasUsed"])
        return self._records(receipt, now)

    def _records(self, receipt: TxReceipt, now: int) -> list[Record]:
        records: list[Record] = []
        for entry in receipt["logs"]:
            topics = tuple(bytes(topic) for topic in entry["topics"])
            log = Log(entry["address"], topics, bytes(entry["data"]), 0, 0, now)
            record = decode_record(self._names[entry["address"]], log, now)
            if record is not None:
                record = replace(record, block_number=self._block, log_index=len(records))
                if isinstance(record, PageWritten):
                    record = replace(record, code=ZERO_ADDRESS)
                records.append(record)
        return records

    def fork(self) -> DeployedChain:
        """The same contracts with a count of blocks of its own."""
        return copy.copy(self)

    # ---- views -----------------------------------------------------------------------------------

    def view(self, contract: str, function: str, *arguments: object) -> tuple[Any, ...]:
        """What one view returns."""
        data = Web3.to_hex(interface(contract).encode(function, *arguments))
        call = {"to": self.addresses[contract], "data": data}
        answer = Web3.to_bytes(hexstr=self.evm.request("eth_call", call, "latest"))
        return interface(contract).decode(function, answer)

    def assert_same_state(self, world: World) -> None:
        """Compare what changes with most transactions."""
        self._assert_views(self._common_views(world))

    def assert_same_everything(self, world: World) -> None:
        """Compare all that the contracts say of rounds, blocks and accounts."""
        chain, keys = world.chain, world.reference.key_registry
        views = self._common_views(world)
        for number, block in enumerate(chain.blocks):
            views.append(("ModelChain", "blockAt", (number,), block))
            views.append(("ModelChain", "blockHashAt", (number,), chain.block_hashes[number]))
        for round_number in range(1, world.collecting + 1):
            views.extend(self._round_views(world, round_number))
        for node in world.nodes:
            views.extend(self._account_views(world, node.account))
        for account, amount in chain.tokens.items():
            views.append(("ModelToken", "balanceOf", (account,), amount))
        views.append(("ModelToken", "totalSupply", (), sum(chain.tokens.values())))
        self._assert_views(views)
        [genesis] = self.view("ModelChain", "genesisAccounts")
        assert [to_checksum_address(account) for account in genesis] == [*chain.genesis_accounts]

        key_bonds = sum(entry.bond for entry in keys.registrations)
        assert self.evm.balance(self.addresses["KeyRegistry"]) == key_bonds
        held = sum(
            not commitment.bond_returned
            for records in chain.rounds.values()
            for commitment in records.commitments.values()
        )
        model_bonds = held * world.parameters.model_bond
        assert self.evm.balance(self.addresses["ModelChain"]) == model_bonds

    def _common_views(self, world: World) -> list[ExpectedView]:
        chain, data = world.chain, world.reference.data_registry
        world.reference.environment.now = self.evm.timestamp
        return [
            ("ModelChain", "collectingRound", (), world.collecting),
            ("ModelChain", "collection", (), chain.collection),
            ("ModelChain", "competition", (), chain.competition),
            ("ModelChain", "head", (), chain.head()),
            ("DataRegistry", "totals", (), data.totals()),
            ("DataRegistry", "nextPartition", (), data.next_partition()),
            ("DataRegistry", "pendingDue", (), data.pending_due()),
        ]

    def _round_views(self, world: World, round_number: int) -> list[ExpectedView]:
        chain, keys = world.chain, world.reference.key_registry
        records = chain.rounds.get(round_number)
        reveals = [*records.reveals, ZERO_HASH] if records else [ZERO_HASH]
        return [
            ("ModelChain", "closedRound", (round_number,), chain.closed_round(round_number)),
            ("KeyRegistry", "activeKeys", (round_number,), keys.active_keys(round_number)),
            ("KeyRegistry", "writtenKeys", (round_number,), keys.written_keys(round_number)),
            *(
                ("ModelChain", "revealAt", (round_number, index), revealed)
                for index, revealed in enumerate(reveals)
            ),
        ]

    def _account_views(self, world: World, account: str) -> list[ExpectedView]:
        chain, keys, heat = world.chain, world.reference.key_registry, world.reference.heat
        views: list[ExpectedView] = [
            ("ModelChain", "isAttester", (account,), chain.is_attester(account)),
            ("ModelChain", "hadValidModel", (account,), account in chain.valid_accounts),
            ("ModelChain", "standingUntil", (account,), chain.standing.get(account, 0)),
            ("Heat", "heatOf", (account,), heat.heat_of(account)),
            ("Heat", "keyQuota", (account,), heat.key_quota(account)),
            ("KeyRegistry", "heldKeys", (account,), keys.held_keys(account)),
            ("KeyRegistry", "registeredKeys", (account,), keys.registered_keys(account)),
        ]
        for round_number in range(1, world.collecting + 1):
            commitment = chain.commitment_of(round_number, account)
            attestation = chain.attestation_of(round_number, account)
            views.append(("ModelChain", "commitmentOf", (round_number, account), commitment))
            views.append(("ModelChain", "attestationOf", (round_number, account), attestation))
        return views

    def _assert_views(self, views: Sequence[ExpectedView]) -> None:
        """Read all in one batch, and compare."""
        requests = [
            (
                RPCEndpoint("eth_call"),
                [
                    {
                        "to": self.addresses[contract],
                        "data": Web3.to_hex(interface(contract).encode(function, *arguments)),
                    },
                    "latest",
                ],
            )
            for contract, function, arguments, _ in views
        ]
        answers: Any = self.evm.provider.make_batch_request(requests)
        for (contract, function, arguments, expected), answer in zip(views, answers, strict=True):
            content = Web3.to_bytes(hexstr=answer["result"])
            actual = _decoded(contract, function, content, expected)
            assert actual == expected, f"{contract}.{function}{arguments}"


def _decoded(contract: str, function: str, answer: bytes, expected: object) -> object:
    """What a view returned, as the dataclass that is expected where one is."""
    values = interface(contract).decode(function, answer)
    if not is_dataclass(expected):
        return values[0]
    return returned(contract, function, type(expected), values)


def deploy_world(evm: Evm, genesis: int = 3, accounts: int = 6, **changes: int) -> World:
    """A world with the real contracts as its twin."""
    parameters = replace(SMALL, **changes)
    names = evm.accounts[:accounts]
    world = World(parameters, names, genesis)
    plan = DeploymentPlan(
        tuple(names[:genesis]), world.bitcoin.checkpoint, world.relay.rules, parameters, DEMO_RELAY
    )
    # Later than whatever else this chain has seen.
    world.now = max(START, evm.timestamp + 1)
    evm.set_next_timestamp(world.now)
    world.attach(DeployedChain(evm, plan))
    return world


class Stage:
    """A point in a chain's life at which many tests begin; each finds all as it was then.

    Only the youngest stage of an EVM can be entered: going back drops what was remembered later.
    """

    def __init__(self, world: World) -> None:
        assert isinstance(world.twin, DeployedChain)
        self._world = world
        self._twin = world.twin
        self._snapshot = world.twin.evm.snapshot()

    def enter(self) -> World:
        """Go back to the stage."""
        evm = self._twin.evm
        evm.revert(self._snapshot)
        self._snapshot = evm.snapshot()
        world = self._world.fork()
        world.twin = self._twin.fork()
        return world


def _plain(value: object) -> object:
    """A revert's argument as the reference gives it: checksummed addresses."""
    is_address = isinstance(value, str) and value.startswith("0x") and len(value) == 42
    return Web3.to_checksum_address(str(value)) if is_address else value
