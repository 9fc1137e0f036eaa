"""What is read from an EVM: direct calls, calls through other contracts, payments, what is new."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcReplyError
from offchain.errors import StaleDeploymentError, WrongTaskError
from offchain.learning.tasks.digits import DigitsLearner
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import ETHER
from offchain.protocol.words.records import DataShared, StakeAdded, StakeReturned
from offchain.verification.full.replay import Replay
from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import LIGHT_CALLS, LIGHT_KINDS
from offchain.verification.recording.differences import StateDifference
from offchain.verification.recording.reading import read_recording, read_some
from offchain.verification.recording.values import TokensMoved
from offchain.verification.recording.views import compare_deployment
from offchain.verification.run import verify_chain, verify_chain_lightly
from scripts.support.chains.deployed_chain import DeployedChain
from scripts.support.chains.evm import Evm
from scripts.support.chains.real_chain import deployed_world
from scripts.support.verifying import refusal
from scripts.support.worlds.content_world import ContentWorld, make_learner
from scripts.support.worlds.small_chain import first_round, play
from tests.support.tampering.calling_code import calls_with


def share_together(evm: Evm, world: ContentWorld, shares: Sequence[actions.Share]) -> None:
    """Share in one transaction, which creates a contract that calls the registry."""
    twin, world.twin = world.twin, None
    assert isinstance(twin, DeployedChain)
    calls = []
    for share in shares:
        world.execute(share)
        world.now -= 1  # all in one block
        call = function_call(share)
        data = interface(call.contract).encode(call.function, *call.arguments)
        calls.append((twin.addresses[call.contract], data))
    world.now += 1
    evm.set_next_timestamp(world.now)
    evm.send_transaction(data=calls_with(calls))
    twin._block += len(shares)  # the reference counts each share as a block
    world.twin = twin


def test_calls_through_another_contract_are_found_in_the_trace(evm: Evm):
    world, contracts = deployed_world(evm)
    world.start()
    shares = [world.sharing(node) for node in world.genesis_nodes]
    share_together(evm, world, shares)
    recording = read_recording(contracts)
    last = recording.transactions[-1]
    assert [type(record) for record in last.records] == [DataShared] * 3
    assert [call.action for call in last.calls] == shares
    report = verify(world_replay(world, contracts), recording, world.content)
    assert report.data == report.rings == 3


def test_what_fails_while_a_stake_is_paid_back_is_no_call(evm: Evm):
    world, contracts = deployed_world(evm)
    members = contracts.deployment.address("Membership")
    harness = evm.deploy("StakeHolderHarness", members)
    evm.send(harness.functions.add(), value=ETHER // 2)
    evm.send(harness.functions.withdraw(), sender=4)
    assert harness.functions.cameBack().call() == [True, False]
    recording = read_recording(contracts)
    added, returned = recording.transactions[-2:]
    assert [type(record) for record in (*added.records, *returned.records)] == [
        StakeAdded,
        StakeReturned,
    ]
    assert [(call.sender, call.action) for call in (*added.calls, *returned.calls)] == [
        (harness.address, actions.AddStake(ETHER // 2)),
        (harness.address, actions.WithdrawStake()),
    ]
    assert verify(world_replay(world, contracts), recording, world.content).transactions == 2


def world_replay(world: ContentWorld, contracts: DeployedContracts) -> Replay:
    """The state before anything happened."""
    return Replay(contracts.deployment, world.deployed_at, world.judge)


class Verifier:
    """Verifies a deployment again and again with one checkpoint."""

    def __init__(self, world: ContentWorld, contracts: DeployedContracts, file: Path) -> None:
        self.world, self.contracts, self.file = world, contracts, file
        self.notices: list[str] = []

    def run(self, confirmations: int = 0) -> tuple[int, int]:
        """Transactions and ring signatures that were new."""
        report = verify_chain(
            self.contracts,
            lambda: self.world.store,
            make_learner,
            checkpoint=self.file,
            confirmations=confirmations,
            notice=self.notices.append,
        )
        return report.transactions, report.rings


def test_a_verification_goes_on_where_the_last_one_ended(evm: Evm, tmp_path: Path):
    world, contracts = deployed_world(evm)
    verifier = Verifier(world, contracts, tmp_path / "checkpoint")
    first_round(world)
    everything, rings = verifier.run()
    assert rings == 3
    assert verifier.run() == (0, 0)

    # Tokens move without the protocol; more is read only once it is old enough.
    token = evm.at("ModelToken", contracts.deployment.address("ModelToken"))
    evm.send(token.functions.transfer(evm.accounts[9], 7), sender=1)
    assert verifier.run(confirmations=1) == (0, 0)
    assert verifier.run() == (1, 0)
    [moved] = read_recording(contracts).transactions[-1].records
    assert isinstance(moved, TokensMoved)
    assert (moved.sender, moved.receiver, moved.amount) == (evm.accounts[1], evm.accounts[9], 7)

    # The EVM chain is another one from some block on: everything is verified again.
    snapshot = evm.snapshot()
    evm.send(token.functions.transfer(evm.accounts[9], 1), sender=1)
    assert verifier.run() == (1, 0)
    evm.revert(snapshot)
    evm.send(token.functions.transfer(evm.accounts[9], 2), sender=1)
    assert verifier.run() == (everything + 2, 3)
    assert "another EVM block" in verifier.notices[-1]
    assert "there is no checkpoint" in verifier.notices[0]
    assert [notice.startswith("going on") for notice in verifier.notices[1:-1]] == [True] * 4


def test_light_verification_reads_its_records_and_the_calls_of_headers_alone(evm: Evm):
    world, contracts = deployed_world(evm)
    play(world)
    light = verify_chain_lightly(contracts)
    assert (light.head, light.rounds) == (4, len(world.rounds.closed) + 1)
    kept, ended = read_some(contracts, LIGHT_KINDS, LIGHT_CALLS)
    assert {type(record) for entry in kept for record in entry.records} == set(LIGHT_KINDS)
    called = {type(call.action) for entry in kept for call in entry.calls}
    assert called == {actions.SubmitHeaders}
    assert ended == read_recording(contracts).ended


def test_another_task_than_the_contracts_are_bound_to_is_refused(evm: Evm):
    world, contracts = deployed_world(evm)
    with pytest.raises(WrongTaskError):
        verify_chain(contracts, lambda: world.store, lambda: DigitsLearner(7, device="cpu"))


def test_a_deployment_file_that_says_something_else_than_the_contracts_is_refused(evm: Evm):
    _, contracts = deployed_world(evm)
    compare_deployment(contracts)
    deployment = contracts.deployment
    changes = {
        "cap": {"token_cap": deployment.token_cap + 1},
        "genesisAccounts": {"genesis_accounts": deployment.genesis_accounts[:2]},
        "bufferSeconds": {"relay": replace(deployment.relay, buffer_seconds=61)},
        "checkpointHeight": {"checkpoint": replace(deployment.checkpoint, height=11)},
        "get samples_per_part": {"parameters": replace(deployment.parameters, samples_per_part=21)},
    }
    for name, change in changes.items():
        other = DeployedContracts(contracts.ethereum, replace(deployment, **change))
        found = refusal(lambda other=other: compare_deployment(other))
        assert isinstance(found, StateDifference)
        assert found.what == name
    task = replace(deployment.task, description=b"another")
    with pytest.raises(StaleDeploymentError):
        DeployedContracts(contracts.ethereum, replace(deployment, task=task))


def test_logs_without_their_transaction_are_refused(evm: Evm, monkeypatch: pytest.MonkeyPatch):
    world, contracts = deployed_world(evm)
    world.mine(1)
    kept = Ethereum.logs

    def without(self: Ethereum, *arguments: object):
        return (replace(log, transaction_hash=None) for log in kept(self, *arguments))

    monkeypatch.setattr(Ethereum, "logs", without)
    with pytest.raises(RpcReplyError, match="does not name"):
        read_recording(contracts)
