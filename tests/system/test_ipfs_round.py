"""A round whose payloads and models are kept in a real IPFS daemon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from offchain.config import RECORDED_HEADERS
from offchain.node.demo.local_network import DemoPlan, running_network
from offchain.node.demo.watching import Watcher
from offchain.storage.ipfs import IpfsStore
from tests.support.chains.node_chain import ROOT
from tests.support.servers.ipfs_daemon import running_ipfs_daemon
from tests.system.test_full_round import Deadline

pytestmark = pytest.mark.full

NODES = 4


def test_a_block_is_made_with_its_content_in_ipfs(tmp_path: Path) -> None:
    with running_ipfs_daemon(tmp_path) as daemon:
        location = f"ipfs:{daemon.address}"
        plan = DemoPlan(
            ROOT, tmp_path, RECORDED_HEADERS, NODES, training_seconds=8.0, store=location
        )
        with running_network(plan, lambda _: None) as network:
            watcher = Watcher(network, time.monotonic)
            Deadline(network, watcher).wait("block", lambda: watcher.blocks >= 1)
            history = watcher.history()
        assert not (tmp_path / "store").exists()
        pinned = set(IpfsStore(daemon.address).digests())
        entry = history.round(1)
        assert len(entry.data) == NODES
        assert {digest for data in entry.data for digest in data.shared.payload_hashes} <= pinned
        assert {reveal.transaction.model_hash for reveal in entry.reveals} <= pinned
        assert {made.sealed_model for made in entry.commitments.values()} <= pinned
        assert len(entry.reveals) == NODES
        assert set(entry.data_reports.values()) == {0}
        assert set(entry.model_reports.values()) == {0}
