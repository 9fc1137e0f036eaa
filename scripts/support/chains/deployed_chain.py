"""The real contracts on a real EVM, driven by actions: what the reference is compared with."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, Any

from web3 import Web3

from offchain.chain.abi.calls import function_call
from offchain.chain.abi.decoding import decode_record, returned
from offchain.chain.abi.interfaces import interface
from offchain.chain.deployment.file import DeployedTask
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.rpc.replies import Log
from offchain.crypto.hashing import Domain
from offchain.errors import RevertedError
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.membership import LIST_CODE
from offchain.protocol.words import actions
from offchain.protocol.words.dispute_records import StatementFell
from offchain.protocol.words.disputes import CommittedProof
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.protocol.words.records import MembersWritten, Record, StakeBurned, StakeConfiscated
from offchain.protocol.words.status import Epoch
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.chains.compared_views import ExpectedView, all_views, common_views
from scripts.support.chains.deploying import JUDGED_TASK, TASK, deploy_plan
from scripts.support.chains.evm import Evm
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.steps import SMALL, START
from scripts.support.worlds.world import World

if TYPE_CHECKING:
    from scripts.support.chains.local_evm import LocalEvm


class DeployedChain:
    """All contracts of one deployment; implements `scripts.support.worlds.steps.Twin`.

    Records come renumbered: one block for each action, log indices without other contracts' events,
    one address for the code of every list of members.
    """

    def __init__(self, evm: Evm | LocalEvm, plan: DeploymentPlan) -> None:
        self.evm = evm
        self.addresses = deploy_plan(evm, plan)
        self._names = {address: name for name, address in self.addresses.items()}
        self.domain = Domain(DEVELOPMENT_CHAIN_ID, self.addresses["ModelChain"])
        [self.deployed_at] = self.view("Membership", "deployedAt")
        self.gas: dict[type[actions.Action], list[int]] = {}
        self._block = 0

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

    def _records(self, receipt: Mapping[str, Any], now: int) -> list[Record]:
        records: list[Record] = []
        for entry in receipt["logs"]:
            topics = tuple(bytes(topic) for topic in entry["topics"])
            log = Log(entry["address"], topics, bytes(entry["data"]), 0, 0, now)
            record = decode_record(self._names[entry["address"]], log, now)
            if record is not None:
                record = replace(record, block_number=self._block, log_index=len(records))
                if isinstance(record, MembersWritten):
                    record = replace(record, code=LIST_CODE)
                records.append(record)
        return records

    def fork(self) -> DeployedChain:
        """The same contracts with a count of blocks of its own."""
        return copy.copy(self)

    # ---- views -----------------------------------------------------------------------------------

    def view(self, contract: str, function: str, *arguments: object) -> tuple[Any, ...]:
        """What one view returns."""
        data = interface(contract).encode(function, *arguments)
        [answer] = self.evm.call_all([(self.addresses[contract], data)])
        return interface(contract).decode(function, answer)

    def assert_same_state(self, world: World) -> None:
        """Compare what changes with most transactions."""
        self._assert_views(common_views(self._reference(world)))

    def assert_same_everything(self, world: World) -> None:
        """Compare all that the contracts say of epochs, rounds, blocks and accounts."""
        reference = self._reference(world)
        self._assert_views(all_views(reference, [node.account for node in world.nodes]))
        held = sum(stake.amount for stake in reference.membership.stakes.values())
        burned = sum(
            record.amount
            for record in reference.environment.records
            if isinstance(record, (StakeBurned, StakeConfiscated))
        ) - sum(
            record.reward
            for record in reference.environment.records
            if isinstance(record, StatementFell)
        )
        assert self.evm.balance(self.addresses["Membership"]) == held + burned
        assert self.evm.balance(self.addresses["Disputes"]) == reference.disputes.held

    def _reference(self, world: World) -> ReferenceChain:
        # What depends on the clock is read of the latest block.
        world.reference.environment.now = self.evm.timestamp
        return world.reference

    def _assert_views(self, views: Sequence[ExpectedView]) -> None:
        """Read all, and compare."""
        calls = [
            (self.addresses[contract], interface(contract).encode(function, *arguments))
            for contract, function, arguments, _ in views
        ]
        answers = self.evm.call_all(calls)
        for (contract, function, arguments, expected), content in zip(views, answers, strict=True):
            actual = _decoded(contract, function, content, expected)
            assert actual == expected, f"{contract}.{function}{arguments}"


def _decoded(contract: str, function: str, answer: bytes, expected: object) -> object:
    """What a view returned, as the dataclass that is expected where one is."""
    values = interface(contract).decode(function, answer)
    if is_dataclass(expected):
        answered = returned(contract, function, type(expected), values)
        if isinstance(answered, Epoch) and answered.written:
            return replace(answered, code=LIST_CODE)
        if isinstance(answered, CommittedProof) and isinstance(expected, CommittedProof):
            # The reference counts blocks of its own.
            return replace(answered, block_number=expected.block_number)
        return answered
    [plain] = values if len(values) == 1 else [values]
    return tuple(plain) if isinstance(expected, tuple) else plain


def plan_of(world: World, task: DeployedTask = TASK) -> DeploymentPlan:
    """The deployment of the contracts that a world's reference stands for."""
    return DeploymentPlan(
        tuple(node.account for node in world.genesis_nodes),
        world.bitcoin.checkpoint,
        task,
        world.relay.rules,
        world.parameters,
        DEMO_RELAY,
    )


def deploy_world(
    evm: Evm | LocalEvm,
    genesis: int = 3,
    accounts: int = 6,
    *,
    is_judged: bool = False,
    **changes: int,
) -> DisputingWorld:
    """A world with the real contracts as its twin.

    Args:
        evm: the chain.
        genesis: so many of the accounts are genesis accounts.
        accounts: of the chain.
        is_judged: whether the task has the toy judge.
        changes: of the small parameters.
    """
    names = evm.accounts[:accounts]
    world = DisputingWorld(replace(SMALL, **changes), names, genesis)
    world.judge = world.product if is_judged else None
    plan = plan_of(world, JUDGED_TASK if is_judged else TASK)
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
        self._snapshot: Any = world.twin.evm.snapshot()

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
