"""Disputes about tables and texts, by real workers on real contracts: one honest node is enough.

The deployment makes the judge of the task's file. As in `test_disputes` the liars' statement adds
up, and they answer whatever is asked of it: only the judge can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from offchain.learning.formats.samples import LabelledTexts, TableRows
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFile
from offchain.learning.tasks.known import make_learner
from offchain.node.demo.lying import LyingLearner
from offchain.ports import DataSource
from offchain.protocol.words.disputes import FallReason
from offchain.verification.run import verify_chain
from tests.support.chains.working_nodes import Part, node_chain, working
from tests.support.small_tasks import FLOWERS, LINES, PRICES, samples_of

Samples = LabelledTexts | TableRows

NODES = 4
HONEST = 0
LIARS = (1, 2, 3)
SAMPLES = 10


@dataclass(frozen=True)
class SmallSource(DataSource):
    """Samples that a small network learns within a second, but not all of them."""

    task: TaskFile
    judged: TaskFile
    node: int

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        kind = find_kind(self.task.kind)
        seeds = (1000 * round_number + 100 * self.node + part for part in range(parts))
        return [kind.encode_payload(self.judged, self._samples(seed)) for seed in seeds]

    def _samples(self, seed: int) -> Samples:
        found = samples_of(self.task, SAMPLES, seed)
        if isinstance(found, LabelledTexts):
            # What earns a point everywhere nobody can lie about.
            found.labels[::5] ^= 1
        return found


@pytest.mark.parametrize(
    ("task", "judge"),
    [
        (PRICES, "TableJudge"),
        pytest.param(FLOWERS, "TableJudge", marks=pytest.mark.full),
        pytest.param(LINES, "TextJudge", marks=pytest.mark.full),
    ],
    ids=lambda one: getattr(one, "name", one),
)
def test_one_honest_node_of_four_overturns_three_liars(tmp_path: Path, task: TaskFile, judge: str):
    judged = replace(task, model=ModelLimits(judge=judge), samples_per_part=SAMPLES)
    file = tmp_path / "task.toml"
    file.write_text(write_task_file(judged), encoding="utf-8")

    def source(node: int) -> SmallSource:
        return SmallSource(task, judged, node)

    def learner():
        return make_learner(judged, {"training_seconds": 2.0})

    full = find_kind(judged.kind).full_points(judged)
    parts = {HONEST: Part(learner(), source(HONEST))}
    for liar in LIARS:
        parts[liar] = Part(LyingLearner(learner(), full), source(liar), challenges=False)
    with node_chain(tmp_path, NODES, source, str(file)) as (chain, store):
        chain.start()
        with working(chain, store, parts) as worked:
            worked.work_through(1)
            entry, accounts = worked.round(), [one.account for one in chain.chains]
            true, false = (entry.stated[accounts[node]] for node in (HONEST, LIARS[0]))
            assert {entry.stated[accounts[liar]] for liar in LIARS} == {false}
            [fell] = entry.fallen.values()
            assert (fell.reason, fell.by) == (FallReason.POINTS, accounts[HONEST])
            assert (entry.block.statement, entry.block.attestations) == (true, 1)
            stakes = worked.chain.view.history.stakes
            assert {stakes[accounts[liar]] for liar in LIARS} == {0}
            report = verify_chain(chain.contracts, lambda: store, lambda: learner())
            assert (report.head, report.rounds) == (1, 1)
