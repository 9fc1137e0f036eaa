"""A chain of two blocks that learned rows of flowers, running and kept."""

from __future__ import annotations

import fcntl
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from offchain.inference.kept_chain import KeptChain, keep_chain
from offchain.learning.formats.samples import TableRows
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFile
from offchain.learning.tasks.known import make_learner
from offchain.ports import DataSource
from tests.support.chains.working_nodes import Part, node_chain, working
from tests.support.own_data import FLOWERS

NODES, EACH = 3, 4
TASK = TaskFile("flowers", "table", FLOWERS, EACH, ModelLimits())


@dataclass(frozen=True)
class Flowers(DataSource):
    """Rows whose kind follows from their height."""

    seed: int

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        random = np.random.default_rng([self.seed, round_number])
        return [find_kind("table").encode_payload(TASK, self._rows(random)) for _ in range(parts)]

    def _rows(self, random: np.random.Generator) -> TableRows:
        kinds = random.integers(0, 2, EACH)
        heights = 200 + 400 * kinds + random.integers(0, 300, EACH)
        columns = np.stack([heights, random.integers(0, 2, EACH)], axis=1)
        return TableRows(columns.astype(np.int32), kinds.astype(np.int32))


@dataclass(frozen=True)
class Place:
    """A chain that was kept, and that runs."""

    rpc: str
    kept: KeptChain

    @property
    def deployment(self) -> Path:
        return self.kept.deployment

    @property
    def store(self) -> Path:
        return self.kept.store

    @property
    def chain(self) -> list[str]:
        return ["--rpc", self.rpc, "--deployment", str(self.deployment)]

    @property
    def options(self) -> list[str]:
        return [*self.chain, "--store", str(self.store)]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Place]:
    """Made once; test processes that run side by side each start it."""
    folder = tmp_path_factory.mktemp("flowers")
    if worker_id != "master":
        folder = tmp_path_factory.getbasetemp().parent / "flowers"
        folder.mkdir(exist_ok=True)
    kept = KeptChain(folder / "kept")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_there:
            _make(folder, kept)
    with kept.running() as rpc:
        yield Place(rpc, kept)


def _make(folder: Path, kept: KeptChain) -> None:
    task = folder / "task.toml"
    task.write_text(write_task_file(TASK))
    changes = {"samples_per_part": EACH, "minimum_ring": NODES, "significance": 100}
    with node_chain(folder, NODES, Flowers, str(task), **changes) as (chain, store):
        parts = {node: Part(make_learner(TASK), Flowers(node)) for node in range(NODES)}
        with working(chain, store, parts) as worked:
            worked.work_through(1)
            worked.work_through(2)
        dumped = chain.contracts.ethereum.request("anvil_dumpState")
        state = gzip.decompress(bytes.fromhex(dumped[2:]))
        keep_chain(kept.folder, state, chain.plan.deployment, store.folder)
