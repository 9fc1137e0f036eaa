"""What is read from an EVM: direct calls, calls through other contracts, payments, what is new."""

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcReplyError
from offchain.protocol.words import actions
from offchain.protocol.words.records import KeyBondReturned, KeysRegistered
from offchain.verification.full.replay import Replay
from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import LIGHT_KINDS
from offchain.verification.recording.differences import StateDifference
from offchain.verification.recording.reading import read_recording
from offchain.verification.recording.values import TokensMoved
from offchain.verification.recording.views import compare_deployment
from offchain.verification.run import verify_chain, verify_chain_lightly
from scripts.support.chains.deployed_chain import DeployedChain
from scripts.support.chains.evm import Evm
from scripts.support.chains.real_chain import deployed_world
from scripts.support.verifying import refusal
from scripts.support.worlds.content_world import ContentWorld, make_learner
from scripts.support.worlds.small_chain import empty_round, play, start
from scripts.support.worlds.steps import Node

REENTER = 2


def register_by_contract(evm: Evm, world: ContentWorld, holder: Node) -> None:
    """Lease a key to a contract, called by an account."""
    registration = world.registration(holder, 1)
    world.now += 1
    evm.set_next_timestamp(world.now)
    contract = evm.at("KeyHolderHarness", holder.account)
    proofs = [(proof.r, proof.s, proof.v) for proof in registration.proofs]
    call = contract.functions.register(list(registration.keys), proofs)
    evm.send(call, value=registration.value)
    world.history.apply_all(world.reference.execute(registration, holder.account, world.now))
    assert isinstance(world.twin, DeployedChain)
    world.twin._block += 1  # the reference counts this transaction as a block


def test_calls_through_another_contract_are_found_in_the_trace(evm: Evm):
    world, contracts = deployed_world(evm)
    harness = evm.deploy("KeyHolderHarness", world.key_registry.contract)
    holder = Node(99, harness.address)
    world.mine(2)
    register_by_contract(evm, world, holder)
    register_by_contract(evm, world, holder)
    start(world)
    empty_round(world)
    # The payment of the first bond comes back for the second.
    world.now += 1
    evm.set_next_timestamp(world.now)
    evm.send(harness.functions.onPayment(REENTER, 1))
    world.now += 1
    evm.set_next_timestamp(world.now)
    registry = evm.at("KeyRegistry", world.key_registry.contract)
    evm.send(registry.functions.withdrawBond(0), sender=4)

    recording = read_recording(contracts)
    registered = [r for r in recording.records if isinstance(r, KeysRegistered)]
    assert [record.account for record in registered[:2]] == [holder.account] * 2
    last = recording.transactions[-1]
    assert [record.registration for record in last.records] == [0, 1]
    assert all(isinstance(record, KeyBondReturned) for record in last.records)
    assert [(call.sender, call.action) for call in last.calls] == [
        (evm.accounts[4], actions.WithdrawKeyBond(0)),
        (holder.account, actions.WithdrawKeyBond(1)),
    ]
    report = verify(Replay(contracts.deployment), recording, world.content)
    assert report.items == 0


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
    play(world)
    everything, rings = verifier.run()
    assert rings == 42
    assert verifier.run() == (0, 0)

    # Tokens move without the protocol; more is read only once it is old enough.
    token = evm.at("ModelToken", contracts.deployment.address("ModelToken"))
    evm.send(token.functions.transfer(evm.accounts[9], 7), sender=0)
    assert verifier.run(confirmations=1) == (0, 0)
    assert verifier.run() == (1, 0)
    [moved] = read_recording(contracts).transactions[-1].records
    assert isinstance(moved, TokensMoved)
    assert (moved.sender, moved.receiver, moved.amount) == (evm.accounts[0], evm.accounts[9], 7)

    # The EVM chain is another one from some block on: everything is verified again.
    snapshot = evm.snapshot()
    evm.send(token.functions.transfer(evm.accounts[9], 1), sender=0)
    assert verifier.run() == (1, 0)
    evm.revert(snapshot)
    evm.send(token.functions.transfer(evm.accounts[9], 2), sender=0)
    assert verifier.run() == (everything + 2, 42)
    assert "another EVM block" in verifier.notices[-1]
    assert "there is no checkpoint" in verifier.notices[0]
    assert [notice.startswith("going on") for notice in verifier.notices[1:-1]] == [True] * 4

    light = verify_chain_lightly(contracts)
    assert light.head == 2
    kept = read_recording(contracts, kinds=LIGHT_KINDS)
    assert {type(record) for record in kept.records} == set(LIGHT_KINDS)


def test_a_deployment_file_that_says_something_else_than_the_contracts_is_refused(evm: Evm):
    _, contracts = deployed_world(evm)
    compare_deployment(contracts)
    deployment = contracts.deployment
    changes = {
        "cap": {"token_cap": deployment.token_cap + 1},
        "genesisAccounts": {"genesis_accounts": deployment.genesis_accounts[:2]},
        "bufferSeconds": {"relay": replace(deployment.relay, buffer_seconds=61)},
        "checkpointHeight": {"checkpoint": replace(deployment.checkpoint, height=11)},
    }
    for name, change in changes.items():
        other = DeployedContracts(contracts.ethereum, replace(deployment, **change))
        found = refusal(lambda other=other: compare_deployment(other))
        assert isinstance(found, StateDifference)
        assert found.what == name


def test_logs_without_their_transaction_are_refused(evm: Evm, monkeypatch: pytest.MonkeyPatch):
    world, contracts = deployed_world(evm)
    world.mine(1)
    kept = Ethereum.logs

    def without(self: Ethereum, *arguments: object):
        return (replace(log, transaction_hash=None) for log in kept(self, *arguments))

    monkeypatch.setattr(Ethereum, "logs", without)
    with pytest.raises(RpcReplyError, match="does not name"):
        read_recording(contracts)
