"""A block made by a regression: the same contracts, headers, nodes and rules as for digits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import ConfigurationError
from offchain.learning.tasks.known import make_learner, make_source, task_named
from offchain.protocol.rules import judging
from offchain.protocol.words.status import Phase
from offchain.verification.run import verify_chain
from scripts.support.chains.evm import ROOT
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, working

NODES = 3
TASK = "diabetes"
FILE = task_named(TASK)
PATIENTS = FILE.samples_per_part


def patients(node: int):
    return make_source(FILE, node, NODES, b"patients of %d" % node)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkedChain]:
    folder = tmp_path_factory.mktemp("regression")
    changes = {"samples_per_part": PATIENTS, "minimum_ring": NODES, "significance": 100}
    with node_chain(folder, NODES, patients, TASK, **changes) as (chain, store):
        parts = {node: Part(make_learner(FILE), patients(node)) for node in range(NODES)}
        with working(chain, store, parts) as worked:
            worked.work_through(1)
            yield worked


def test_the_round_ends_in_a_block_with_everybodys_data(played: WorkedChain):
    assert played.round().phase is Phase.FINAL, played.round().void_reason
    assert played.round().data_set == tuple(range(NODES))


def test_every_node_states_the_same_rows_and_all_models_are_valid(played: WorkedChain):
    entry = played.round()
    assert set(entry.stated.values()) == {entry.standing(has_judge=True)}
    assert len(entry.stated) == NODES
    assert entry.decided.valid == (1 << NODES) - 1
    assert len(entry.decided.ranking) == 1, "until there is a best model, one is a voice"


def test_the_rows_are_the_revealed_models_points_on_the_test_patients(played: WorkedChain):
    entry, payloads = played.round(), played.workers[0]._components.payloads
    learner = make_learner(FILE)
    test = [
        payloads.plaintext(data, part)
        for data in entry.data
        for part in range(played.chain.parameters.parts)
        if data.is_test(part)
    ]
    each = played.chain.parameters.test_parts * PATIENTS
    _, *rows = entry.statements[entry.standing(has_judge=True)]
    for reveal, row in zip(entry.reveals, rows, strict=True):
        model = played.store.get(reveal.transaction.model_hash)
        points = learner.points(model, test)
        sums = points.reshape(-1, each).sum(axis=1, dtype=np.int64).tolist()
        assert row.middle == row.net == judging.middle(sums, entry.counted.trim)
        assert reveal.transaction.evaluation == sum(sums)


def test_the_chain_is_verified_with_its_own_task(played: WorkedChain):
    learner = partial(make_learner, FILE)
    report = verify_chain(played.chain.contracts, lambda: played.store, learner)
    assert (report.head, report.rounds, report.false_evaluations) == (1, 1, 0)
    assert report.rings == report.data >= NODES
    assert report.evaluations == NODES


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--task", "digits", "the deployment's task is diabetes, not digits: leave --task out"),
        ("--data-source", "digits", "the deployment's task is diabetes, other nodes would refuse"),
        ("--training", "small", "the task diabetes takes no option --training, only images does"),
        ("--withhold-labels", "3", "the task diabetes takes no option --withhold-labels"),
    ],
)
def test_a_worker_with_what_the_task_does_not_have_does_not_start(
    played: WorkedChain, tmp_path: Path, option: str, value: str, reason: str
):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "offchain.worker", "--account", "0", option, value),
            *("--rpc", played.chain.contracts.ethereum.url),
            *("--deployment", str(played.chain.plan.deployment)),
            *("--store", str(played.store.folder), "--state", str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ConfigurationError.exit_code, done.stderr
    [line] = done.stderr.splitlines()
    assert reason in line
