"""Own data as a user shares them: workers with --data, and `modelchain share` until all is out."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from offchain.config import RECORDED_HEADERS
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFile
from offchain.node.demo.local_network import DemoNetwork, DemoPlan, running_network
from offchain.node.demo.watching import Watcher
from scripts.support.chains.evm import ROOT
from tests.support.own_data import FLOWERS

NODES, EACH = 3, 2
SECONDS = 900.0


def rows(count: int, seed: int) -> str:
    random = np.random.default_rng(seed)
    lines = ["height,colour,kind"]
    for number in range(count):
        kind = number % 2
        height = 20 + 40 * kind + random.integers(0, 300) / 10
        lines.append(f"{height},{random.choice(['red', 'blue'])},{('rose', 'iris')[kind]}")
    return "\n".join(lines)


@pytest.mark.full
def test_share_ends_once_all_is_shared_and_the_others_go_on(tmp_path: Path, monkeypatch):
    data, task = tmp_path / "data", tmp_path / "task.toml"
    (data / "many").mkdir(parents=True)
    (data / "few").mkdir()
    (data / "many" / "a.csv").write_text(rows(700, 1))
    (data / "few" / "b.csv").write_text(rows(90, 2))
    file = TaskFile("flowers", "table", FLOWERS, EACH, ModelLimits())
    task.write_text(write_task_file(file), encoding="utf-8")
    plan = DemoPlan(
        ROOT,
        tmp_path / "network",
        RECORDED_HEADERS,
        NODES,
        task=str(task),
        data=data / "many",
        patience=60.0,
    )
    start = DemoNetwork.start_worker

    def start_worker(network: DemoNetwork, node: int):
        if node < NODES - 1:
            return start(network, node)
        state = str(plan.folder / "state" / str(node))
        options = ["share", str(data / "few"), "--account", str(node), "--yes", "--state", state]
        return network.children.start("share", "cli", options)

    monkeypatch.setattr(DemoNetwork, "start_worker", start_worker)
    with running_network(plan, lambda _: None) as network:
        share, watcher = network.workers[-1], Watcher(network, time.monotonic)
        until = time.monotonic() + SECONDS
        while share.process.poll() is None:
            assert time.monotonic() < until, share.last_line()
            watcher.refresh()
            time.sleep(0.5)
        text = share.log.read_text(encoding="utf-8")
        assert share.process.returncode == 0, text[-2_000:]
        rounds = watcher.history().rounds
        shared = [number for number, entry in rounds.items() if len(entry.data) == NODES]
        assert shared == [1, 2]
        assert watcher.blocks >= 1
    assert "2 data transactions of 20 parts of 2 samples" in text
    assert "10 samples are left over" in text
