"""A node whose own store does not answer reports nobody's files as missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.learning.tasks.learner import DigitsLearner
from offchain.node.attesting import Attesting
from offchain.node.background import Background
from offchain.node.payloads import PayloadState
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.records import ModelRevealed
from offchain.protocol.words.transactions import ModelTransaction
from offchain.storage.ipfs import IpfsLimits, IpfsStore
from tests.node.test_payloads import ADDRESS, Bench, samples
from tests.support.servers.http_server import serve
from tests.support.servers.ipfs_server import IpfsServer

PLACE = {"block_number": 1, "log_index": 0, "timestamp": 1}
QUICK = IpfsLimits(connect_seconds=1.0, search_seconds=1.0, reply_seconds=1.0)


@pytest.fixture
def bench(tmp_path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


def use_daemon(bench: Bench, port: int) -> None:
    bench.store = IpfsStore(f"/ip4/127.0.0.1/tcp/{port}", QUICK)
    bench.restart()


def test_payloads_are_missing_only_if_the_daemon_says_so(bench: Bench) -> None:
    daemon = IpfsServer()
    with serve(daemon) as server:
        use_daemon(bench, server.port)
        item, content = bench.sealed(samples(3))
        daemon.blocks.clear()
    sealed = replace(item, number=1, item_id=b"\x01" * 32, key=None)
    # The daemon is down now.
    bench.payloads.open_some([item], 5)
    bench.payloads.look_for([sealed], 5)
    assert bench.payloads.state(item) is PayloadState.SEALED
    assert bench.payloads.missing([item, sealed]) == ()
    # It is up and does not have the file.
    with serve(daemon) as server:
        use_daemon(bench, server.port)
        bench.payloads.open_some([item], 5)
        assert bench.payloads.missing([item]) == (0,)
        bench.store.put(content)
        bench.clock.now += 1.0
        bench.payloads.open_some([item], 5)
        assert bench.payloads.state(item) is PayloadState.OPEN


def revealed(index: int, model: bytes) -> ModelRevealed:
    transaction = ModelTransaction(ADDRESS, model, bytes(32), 5, bytes(32), bytes(32))
    return ModelRevealed(1, ADDRESS, index, index, transaction, **PLACE)


def test_models_are_missing_only_if_the_daemon_says_so(bench: Bench) -> None:
    daemon = IpfsServer()
    entry = RoundHistory(1)
    with serve(daemon) as server:
        use_daemon(bench, server.port)
        kept = bench.store.put(b"a model")
        lost = hashlib.sha256(b"another").digest()
        entry.reveals += [revealed(0, kept), revealed(1, lost)]
        attesting = Attesting(
            bench.payloads,
            bench.store,
            DigitsLearner(10),
            bench.journal,
            Background(),
            bench.clock,
        )
        assert attesting.missing_models(entry) == (1,)
    bench.clock.now += 10.0
    assert attesting.missing_models(entry) == ()
