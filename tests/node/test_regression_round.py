"""A block made by a regression: the same contracts, headers, nodes and rules as for digits.

Three nodes share their patients, train, attest and claim, and `modelchain verify` computes all of
it again, with the task that the deployment names.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from offchain.chain.reading.contracts import DeployedContracts
from offchain.commands.verify.run import verify_fully
from offchain.errors import ConfigurationError
from offchain.learning.regression.diabetes import DIABETES
from offchain.learning.regression.regression_network import credit, parse_model
from offchain.learning.regression.samples import concatenate, decode_payload
from offchain.learning.tasks.known import choose_task, make_learner, make_source
from offchain.ports import DataSource
from offchain.protocol.rules.tally import required_score
from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import ROOT
from tests.support.chains.node_chain import KEYS, NodeChain
from tests.support.chains.working_nodes import Part, WorkedRound, share, started_chain, worked_round

NODES = 3
ITEMS = NODES * KEYS
PATIENTS_AN_ITEM = 3
TASK = "diabetes"


def part_of(chain: NodeChain, node: int) -> Part:
    task = chain.contracts.deployment.task
    return Part(
        make_learner(choose_task(task), chain.parameters.maximum_samples),
        make_source(task, node, NODES, chain.secrets(node).seed),
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkedRound]:
    def patients(node: int) -> DataSource:
        return make_source(TASK, node, NODES, b"patients of %d" % node)

    folder = tmp_path_factory.mktemp("regression")
    with started_chain(folder, NODES, patients, TASK) as (chain, store):
        for node in range(NODES):
            share(chain, store, chain.draw(node))
        parts = {node: part_of(chain, node) for node in range(NODES)}
        with worked_round(chain, store, parts) as worked:
            yield worked


def test_the_round_ends_in_a_block(played: WorkedRound):
    assert played.round.phase is Phase.FINAL, played.round.void_reason
    assert played.chain.view.history.head.number == 1


def test_every_patient_that_was_shared_is_in_the_data_set(played: WorkedRound):
    scores = played.round.scores
    assert scores.training_items + scores.test_items == ITEMS
    assert scores.test_samples == PATIENTS_AN_ITEM * scores.test_items
    assert scores.test_items >= ITEMS * 15 // 100


def test_every_node_states_the_same_scores_and_all_models_are_valid(played: WorkedRound):
    assert set(played.round.statements.values()) == {played.round.majority}
    assert len(played.round.statements) == NODES
    assert played.round.block.valid_models == NODES
    scores = played.round.scores
    needed = required_score(played.chain.parameters, scores.baseline, scores.test_samples, 0)
    assert all(needed <= score <= scores.test_samples for score in scores.scores)


def test_the_scores_are_those_of_the_revealed_models_on_the_test_patients(played: WorkedRound):
    attesting = played.workers[0]._parts.attesting
    found = attesting.data_of(played.workers[0]._follower.history, 1)
    assert found is not None
    plaintexts = [attesting._payloads.plaintext(item) for item in found.data_set.test]
    test = concatenate(DIABETES, [decode_payload(DIABETES, one, 4096) for one in plaintexts])
    assert len(test) == played.round.scores.test_samples
    for reveal, score in zip(played.round.reveals, played.round.scores.scores, strict=True):
        network = parse_model(DIABETES, played.store.get(reveal.transaction.model_hash))
        assert credit(DIABETES, network, test) // DIABETES.tolerance == score


def test_anybody_verifies_the_block_with_the_deployments_task(played: WorkedRound):
    contracts, store = played.chain.contracts, str(played.store.folder)
    report = verify_fully(Console(quiet=True), contracts, store)
    assert report.head == 1
    assert report.evaluations == NODES


def test_a_verifier_that_does_not_know_the_task_says_so(played: WorkedRound):
    contracts = played.chain.contracts
    unknown = DeployedContracts(contracts.ethereum, replace(contracts.deployment, task="chess"))
    with pytest.raises(ConfigurationError, match="task is 'chess'"):
        verify_fully(Console(quiet=True), unknown, str(played.store.folder))


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--task", "digits", "the deployment's task is diabetes, not digits: leave --task out"),
        ("--data-source", "digits", "the deployment's task is diabetes, other nodes would refuse"),
        ("--training", "small", "the task diabetes takes no option --training, only digits does"),
        ("--withhold-labels", "3", "the task diabetes takes no option --withhold-labels"),
    ],
)
def test_a_worker_with_what_the_task_does_not_have_does_not_start(
    played: WorkedRound, option: str, value: str, reason: str
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
