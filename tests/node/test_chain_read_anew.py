"""A node whose chain was told falsely: it goes on, with what holds now."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.errors import ProtocolError
from offchain.node.assembly import Adapters, assemble_worker
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.history.entries import HistoryError
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.changing_chain import Through
from tests.support.chains.node_chain import NODES, NodeChain
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    """A chain in round 1, with nothing shared."""
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"))
        chain.start()
        yield chain
        chain.contracts.ethereum.close()


@pytest.mark.parametrize("error", [HistoryError("made up"), ProtocolError("made up")])
def test_a_worker_goes_on_after_a_chain_that_made_no_sense(
    chain: NodeChain, tmp_path: Path, error: Exception
):
    spoilt = Through(chain.chains[0])
    quick = LoopSettings(poll=0.01, longest_pause=0.01)
    failures = 0

    def fail() -> None:
        nonlocal failures
        failures += 1
        raise error

    with Journal(tmp_path / "journal") as journal:
        worker = assemble_worker(
            Adapters(spoilt, LocalStore(tmp_path / "store"), chain.learner, None, chain.outlets[0]),
            chain.own(0),
            Policy(roles=frozenset()),
            journal,
            time.monotonic,
            secrets.token_bytes,
            quick,
        )
        stopped = threading.Event()
        thread = threading.Thread(target=worker.run, args=(stopped,))
        thread.start()
        try:
            spoilt.before_records = fail
            chain.clock.mine()
            wait_until(lambda: failures > 12 or not thread.is_alive(), "the chain is not read")
            spoilt.before_records = lambda: None
            latest = chain.chains[0].latest().number
            follower = worker._follower
            wait_until(
                lambda: follower.status.block_number == latest or not thread.is_alive(),
                "the worker does not get over it",
            )
            assert thread.is_alive()
            assert vars(follower.history) == vars(chain.follower().history)
        finally:
            stopped.set()
            thread.join()
