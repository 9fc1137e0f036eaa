"""A node whose own store does not answer reports nobody's files as missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.node.attesting import Attesting
from offchain.node.background import Background
from offchain.node.claiming import Claiming
from offchain.node.payloads import DataState
from offchain.node.performing import OwnStoreSilent, Performer
from offchain.node.snapshots import Components
from offchain.protocol.deciding.intents import Send
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.actions import ReportData, ReportModels
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.records import ModelRevealed, RoundOpened
from offchain.protocol.words.transactions import ModelTransaction
from offchain.storage.ipfs import IpfsLimits, IpfsStore
from tests.support.data_bench import ADDRESS, PARTS, ROUND, DataBench
from tests.support.servers.http_server import serve
from tests.support.servers.ipfs_server import IpfsServer

PLACE = {"block_number": 1, "log_index": 0, "timestamp": 1}
QUICK = IpfsLimits(connect_seconds=1.0, search_seconds=1.0, reply_seconds=1.0)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DataBench]:
    bench = DataBench(tmp_path)
    yield bench
    bench.close()


def use_daemon(bench: DataBench, port: int) -> None:
    bench.store = IpfsStore(f"/ip4/127.0.0.1/tcp/{port}", QUICK)
    bench.restart()


def attesting_of(bench: DataBench) -> Attesting:
    return Attesting(
        DEMO,
        bench.payloads,
        bench.store,
        bench.learner,
        bench.journal,
        Background(),
        bench.clock,
    )


class Sent(Exception):
    """A transaction would have been sent."""


class SendingChain:
    """A chain that says that something was to be sent."""

    def execute(self, action: object) -> None:
        raise Sent(action)


def report(bench: DataBench, attesting: Attesting, action: ReportData | ReportModels) -> None:
    components = Components(None, bench.payloads, None, attesting, None, None, Claiming(ADDRESS))  # type: ignore[arg-type]
    performer = Performer(SendingChain(), bench.store, None, components, None)  # type: ignore[arg-type]
    performer.perform(Send(action, "report"), None, None)  # type: ignore[arg-type]


def test_parts_are_reported_only_if_the_daemon_says_that_it_lacks_them(bench: DataBench) -> None:
    daemon = IpfsServer()
    with serve(daemon) as server:
        use_daemon(bench, server.port)
        data = bench.data()
        daemon.blocks.clear()
    attesting = attesting_of(bench)
    # The daemon is down now.
    bench.payloads.open_some([data], PARTS)
    assert bench.payloads.state(data) is DataState.WAITING
    with pytest.raises(OwnStoreSilent):
        report(bench, attesting, ReportData(0b1))
    # What can be used can be said in any case.
    with pytest.raises(Sent):
        report(bench, attesting, ReportData(0))
    # It is up and does not have the files.
    with serve(daemon) as server:
        use_daemon(bench, server.port)
        bench.payloads.open_some([data], PARTS)
        with pytest.raises(Sent):
            report(bench, attesting_of(bench), ReportData(0b1))
        bench.data()
        bench.clock.now += 1.0
        bench.payloads.open_some([data], PARTS)
        assert bench.payloads.state(data) is DataState.OPEN


def revealed(index: int, model: bytes) -> ModelRevealed:
    transaction = ModelTransaction(ADDRESS, model, bytes(32), 5, bytes(32), bytes(32))
    return ModelRevealed(ROUND, ADDRESS, index, index, transaction, **PLACE)


def test_models_are_reported_only_if_the_daemon_says_that_it_lacks_them(bench: DataBench) -> None:
    daemon = IpfsServer()
    entry = RoundHistory(ROUND, RoundOpened(ROUND, 1, 4, 100, **PLACE))
    with serve(daemon) as server:
        use_daemon(bench, server.port)
        kept = bench.store.put(b"a model")
        lost = hashlib.sha256(b"another").digest()
        entry.reveals += [revealed(0, kept), revealed(1, lost)]
        attesting = attesting_of(bench)
        assert attesting.unfetched_models(entry) == 0b10
        with pytest.raises(Sent):
            report(bench, attesting, ReportModels(0b10))
    bench.clock.now += 10.0
    assert attesting.unfetched_models(entry) == 0b10
    with pytest.raises(OwnStoreSilent):
        report(bench, attesting, ReportModels(0b10))
