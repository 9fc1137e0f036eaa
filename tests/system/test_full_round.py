"""One round with real worker processes; one is killed in the middle and goes on on another machine.

Nothing is left of it but its words: `modelchain account recover` brings key and seed back.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from offchain.bitcoin.header import BlockHeader, short_hash
from offchain.chain.abi.calls import decode_action
from offchain.cli import run
from offchain.config import RECORDED_HEADERS
from offchain.crypto.ring import Nullifier, RingSignature, verify_ring
from offchain.node.demo.children import Child
from offchain.node.demo.local_network import DemoNetwork, DemoPlan, running_network
from offchain.node.demo.watching import Watcher
from offchain.protocol.history.fold import History
from offchain.protocol.rules.rewards import block_reward
from offchain.protocol.words.actions import Share
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import partition_seed
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.chains.node_chain import ROOT
from tests.support.waiting import PATIENCE_SECONDS

NODES = 4
KILLED = 1


class Deadline:
    """Polls until something holds, and fails with the logs if it takes too long."""

    def __init__(self, network: DemoNetwork, watcher: Watcher) -> None:
        self._network, self._watcher = network, watcher
        self._until = time.monotonic() + 2 * PATIENCE_SECONDS

    def wait(self, what: str, holds) -> None:
        while not holds():
            if time.monotonic() > self._until:
                pytest.fail(f"{what}: not in time\n{self._logs()}", pytrace=False)
            self._network.children.check()
            self._watcher.refresh()
            time.sleep(0.1)

    def _logs(self) -> str:
        logs = sorted(self._network.plan.logs.glob("*.log"))
        return "\n".join(f"{log.name}:\n{log.read_text()[-1500:]}" for log in logs)


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[DemoNetwork, Watcher, bytes]]:
    """A network that has made a block; node 1 was killed after its commitment, without its disk."""
    folder = tmp_path_factory.mktemp("network")
    plan = DemoPlan(
        ROOT, folder, RECORDED_HEADERS, NODES, training_seconds=8.0, patience=PATIENCE_SECONDS
    )
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        environment.setenv("MODELCHAIN_ACCOUNTS", str(folder / "elsewhere" / "accounts"))
        environment.setenv("MODELCHAIN_KEY_PASSWORD", "a long password")
        network = stack.enter_context(running_network(plan, lambda _: None))
        watcher = Watcher(network, time.monotonic)
        deadline = Deadline(network, watcher)
        history = watcher.history
        account = network.accounts()[KILLED]

        def committed() -> bool:
            competing = history().competing
            return competing is not None and account in competing.commitments

        deadline.wait("commitment", committed)
        commitment = history().round(1).commitments[account].commitment
        kill(network, KILLED)
        network.workers[KILLED] = started_elsewhere(network, KILLED)
        deadline.wait("block", lambda: watcher.blocks >= 1)
        deadline.wait("claims", lambda: watcher.is_claimed(1))
        yield network, watcher, commitment


def kill(network: DemoNetwork, node: int) -> None:
    """Kill a worker as a power cut would, and lose its journal."""
    worker = network.workers[node]
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    network.children.stop_one(worker)
    shutil.rmtree(state_of(network, node))


def started_elsewhere(network: DemoNetwork, node: int) -> Child:
    """Start a node where there is nothing but its words."""
    folder = network.plan.folder / "elsewhere"
    folder.mkdir()
    words = folder / "words"
    words.write_text(DEVELOPMENT_MNEMONIC)
    recover = ["account", "recover", "again", "--mnemonic-file", str(words), "--index", str(node)]
    assert run(recover) == 0
    words.unlink()
    options = ["--account", "again", "--nodes", str(NODES), "--node", str(node), "--threads", "1"]
    options += ["--state", str(folder / "state"), "--training-seconds", "8"]
    options += ["--phase-seconds", str(round(PATIENCE_SECONDS))]
    return network.children.start(f"node-{node}-elsewhere", "worker", options)


def state_of(network: DemoNetwork, node: int) -> Path:
    """Where a node keeps its journal: a folder of its own, so that one can lose it."""
    return network.plan.folder / "state" / str(node)


def test_every_node_has_a_valid_model_and_attests(played):
    _, watcher, _ = played
    report = watcher.report(1)
    assert [model.valid for model in report.models] == [True] * NODES
    assert report.attestations == report.attesters == NODES
    # Guessing gets a tenth.
    assert report.accuracy > 0.3
    assert report.previous_accuracy is None


def test_the_killed_node_reveals_what_it_had_committed_to(played):
    network, watcher, commitment = played
    account = network.accounts()[KILLED]
    entry = watcher.history().round(1)
    assert entry.commitments[account].commitment == commitment
    assert account in {reveal.transaction.account for reveal in entry.reveals}


def test_data_are_signed_by_the_ring_of_all_members_and_sent_by_nobody_of_them(played):
    network, watcher, _ = played
    history = watcher.history()
    domain = network.contracts.deployment.domain()
    shares = shares_of(network, history)
    assert len(shares) == len(history.round(1).data) == NODES
    for sender, share in shares:
        transaction = share.transaction
        verify_ring(
            domain,
            1,
            transaction.identifier(domain),
            Nullifier(transaction.nullifier_x, transaction.nullifier_v),
            history.ring(1),
            RingSignature(share.challenge, share.responses),
        )
        assert len(history.ring(1)) == NODES
        assert sender not in network.accounts()
        assert transaction.reward_address not in network.accounts()


def shares_of(network: DemoNetwork, history: History) -> list[tuple[str, Share]]:
    """Who sent each data transaction of round 1, and the action."""
    ethereum = network.contracts.ethereum
    blocks = sorted({data.shared.block_number for data in history.round(1).data})
    registry = network.contracts.deployment.address("DataRegistry").lower()
    found = []
    for number in blocks:
        block = ethereum.request("eth_getBlockByNumber", hex(number), True)
        for transaction in block["transactions"]:
            action = None
            if transaction["to"] == registry:
                action = decode_action("DataRegistry", bytes.fromhex(transaction["input"][2:]), 0)
            if isinstance(action, Share):
                found.append((to_checksum_address(transaction["from"]), action))
    return found


def test_seeds_are_those_of_the_recorded_bitcoin_blocks(played):
    network, watcher, _ = played
    domain = network.contracts.deployment.domain()
    for partition in watcher.history().round(1).partitions:
        [raw] = network.source.headers(partition.height, 1)
        bitcoin_hash = short_hash(BlockHeader.parse(raw).hash())
        assert partition.seed == partition_seed(domain, bitcoin_hash)


def test_the_revealed_models_and_no_others_are_in_the_store_in_the_clear(played):
    network, watcher, _ = played
    store = LocalStore(network.plan.folder / "store")
    entry = watcher.history().round(1)
    for reveal in entry.reveals:
        assert store.has(reveal.transaction.model_hash)
    for commitment in entry.commitments.values():
        assert store.has(commitment.sealed_model)


def test_all_rewards_are_paid_to_whom_they_are_due(played):
    network, watcher, _ = played
    parameters = network.contracts.parameters
    pot = block_reward(1, parameters.block_reward, parameters.halving_blocks)
    rewards = watcher.report(1).rewards
    assert rewards.best == pot * parameters.best_basis_points // 10_000
    assert rewards.voices == 0, "until there is a best model, it alone is a voice"
    for paid, basis_points in (
        (rewards.attesters, parameters.attesters_basis_points),
        (rewards.data, parameters.data_basis_points),
    ):
        whole = pot * basis_points // 10_000
        assert whole - 100 <= paid <= whole
    # The nodes work on: rewards of the next blocks may be paid already.
    minted = network.contracts.read("ModelToken", "totalSupply")
    first = rewards.best + rewards.attesters + rewards.data
    assert first <= minted <= first + 3 * pot


def test_a_worker_that_is_told_to_stop_ends_cleanly(played):
    network, _, _ = played
    worker = network.workers[0]
    worker.process.terminate()
    assert worker.process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in worker.log.read_text()
    network.children.stop_one(worker)


def test_a_records_reader_sees_the_same_chain_from_the_start(played):
    network, watcher, _ = played
    deployment = network.contracts.deployment
    again = History(network.contracts.parameters, deployment.domain())
    last = network.contracts.ethereum.block().number
    again.apply_all(network.contracts.records(deployment.block_number, last))
    assert again.block_hashes[:2] == watcher.history().block_hashes[:2]
    assert again.round(1).phase is Phase.FINAL
