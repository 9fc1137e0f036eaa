"""A block made by a regression: the same contracts, headers, nodes and rules as for digits.

Three nodes share their patients, train, attest and claim, and `modelchain verify` computes all of
it again, with the task that the deployment names.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import structlog
from rich.console import Console

from offchain.chain.anvil import Anvil
from offchain.chain.deployed import DeployedContracts
from offchain.commands.verify import verify_fully
from offchain.errors import ConfigurationError
from offchain.learning.preparation import use_threads
from offchain.learning.regression.diabetes import DIABETES
from offchain.learning.regression.integer_network import credit, parse_model
from offchain.learning.regression.samples import concatenate, decode_payload
from offchain.learning.tasks import choose_task, make_learner, make_source
from offchain.node.assembly import Adapters, Choices, Identity, assemble_worker
from offchain.node.feeder import Feeder
from offchain.node.feeding import Replay
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.relayer_client import DirectOutlet
from offchain.protocol.actions import Share
from offchain.protocol.history_entries import RoundHistory
from offchain.protocol.ring_selection import STRATEGIES
from offchain.protocol.snapshot import ALL_ROLES, Policy
from offchain.protocol.status import Phase
from offchain.protocol.tally import required_score
from offchain.storage.local import LocalStore
from tests.support.evm import ROOT
from tests.support.node_chain import KEYS, NodeChain

NODES = 3
ITEMS = NODES * KEYS
PATIENTS_AN_ITEM = 3
PATIENCE = 8
TURNS = 400
TASK = "diabetes"


@dataclass
class Played:
    """A round that was played."""

    chain: NodeChain
    workers: list[Worker]
    store: LocalStore

    @property
    def round(self) -> RoundHistory:
        return self.chain.view.history.round(1)


def make_worker(chain: NodeChain, node: int, store: LocalStore, journal: Journal, clock) -> Worker:
    found = chain.contracts.deployment
    return assemble_worker(
        Adapters(
            chain.chains[node],
            store,
            make_learner(choose_task(found.task), chain.parameters.maximum_samples),
            make_source(found.task, node, NODES, chain.secrets(node).seed),
            DirectOutlet(chain.chains[node], store),
        ),
        Identity(chain.secrets(node), chain.domains, found.genesis_accounts, found.block_number),
        Choices(
            Policy(ALL_ROLES, 0, PATIENCE), STRATEGIES["windows"], LoopSettings(poll=0.0, turn=0.0)
        ),
        journal,
        clock,
        secrets.token_bytes,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder: Path = tmp_path_factory.mktemp("regression")
    use_threads(1)
    now = [0.0]
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(
            anvil.url,
            folder,
            NODES,
            lambda node: make_source(TASK, node, NODES, b"patients of %d" % node),
            task=TASK,
        )
        store = LocalStore(folder / "store")
        chain.start()
        for node in range(NODES):
            drawn = chain.draw(node)
            for _, payload in drawn:
                store.put(payload)
            chain.chains[0].execute(Share(tuple(transaction for transaction, _ in drawn)))
        feeder = Feeder(
            chain.chains[NODES + 1],
            chain.follower(),
            chain.source,
            chain.clock,
            chain.contracts.deployment.relay,
            Replay(chain.parameters, chain.contracts.deployment.checkpoint.height, NODES, 20.0),
            lambda: now[0],
        )
        journals = [Journal(folder / f"{node}.sqlite") for node in range(NODES)]
        workers = [
            make_worker(chain, node, store, journal, lambda: now[0])
            for node, journal in enumerate(journals)
        ]
        for _ in range(TURNS):
            chain.refresh()
            if 1 in chain.view.history.rounds and chain.view.history.round(1).is_over:
                break
            for worker in workers:
                worker.step(threading.Event())
                worker._background.wait(60)
            feeder.step()
            now[0] += 0.5
        yield Played(chain, workers, store)
        for journal in journals:
            journal.close()
        chain.contracts.ethereum.close()
    structlog.reset_defaults()


def test_the_round_ends_in_a_block(played: Played):
    assert played.round.phase is Phase.FINAL, played.round.void_reason
    assert played.chain.view.history.head.number == 1


def test_every_patient_that_was_shared_is_in_the_data_set(played: Played):
    scores = played.round.scores
    assert scores.training_items + scores.test_items == ITEMS
    assert scores.test_samples == PATIENTS_AN_ITEM * scores.test_items
    assert scores.test_items >= ITEMS * 15 // 100


def test_every_node_states_the_same_scores_and_all_models_are_valid(played: Played):
    assert set(played.round.statements.values()) == {played.round.majority}
    assert len(played.round.statements) == NODES
    assert played.round.block.valid_models == NODES
    scores = played.round.scores
    needed = required_score(played.chain.parameters, scores.baseline, scores.test_samples, 0)
    assert all(needed <= score <= scores.test_samples for score in scores.scores)


def test_the_scores_are_those_of_the_revealed_models_on_the_test_patients(played: Played):
    attesting = played.workers[0]._parts.attesting
    found = attesting.data_of(played.workers[0]._follower.history, 1)
    assert found is not None
    plaintexts = [attesting._payloads.plaintext(item) for item in found.data_set.test]
    test = concatenate(DIABETES, [decode_payload(DIABETES, one, 4096) for one in plaintexts])
    assert len(test) == played.round.scores.test_samples
    for reveal, score in zip(played.round.reveals, played.round.scores.scores, strict=True):
        network = parse_model(DIABETES, played.store.get(reveal.transaction.model_hash))
        assert credit(DIABETES, network, test) // DIABETES.tolerance == score


def test_anybody_verifies_the_block_with_the_deployments_task(played: Played):
    contracts, store = played.chain.contracts, str(played.store.folder)
    report = verify_fully(Console(quiet=True), contracts, store)
    assert report.head == 1
    assert report.evaluations == NODES


def test_a_verifier_that_does_not_know_the_task_says_so(played: Played):
    contracts = played.chain.contracts
    unknown = DeployedContracts(contracts.ethereum, replace(contracts.deployment, task="chess"))
    with pytest.raises(ConfigurationError, match="task is 'chess'"):
        verify_fully(Console(quiet=True), unknown, str(played.store.folder))


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--task", "digits", "the deployment's task is diabetes, not digits: leave --task out"),
        ("--data-source", "digits", "the deployment's task is diabetes, other nodes would refuse"),
        ("--withhold-labels", "3", "diabetes is shared as it is"),
    ],
)
def test_a_worker_with_what_the_task_does_not_have_does_not_start(
    played: Played, option: str, value: str, reason: str
):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "offchain.worker", "--account", "0", option, value),
            *("--rpc", played.chain.contracts.ethereum.url),
            *("--deployment", str(played.chain.plan.deployment)),
            *("--store", str(played.store.folder)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ConfigurationError.exit_code, done.stderr
    [line] = done.stderr.splitlines()
    assert reason in line
