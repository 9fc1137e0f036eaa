"""A worker whose relayer is down goes on, and loses nothing: all is shared once one is up."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator

import pytest
import structlog

from offchain.learning.tasks.learner import DigitsLearner
from offchain.node.assembly import Adapters, Choices, assemble_worker
from offchain.node.demo.local_network import free_port
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings
from offchain.node.relayer.client import RelayerClient
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import KEYS, NodeChain, RandomDigits
from tests.support.servers.chain_relayer import running_relayer


@pytest.fixture
def said() -> Iterator[list]:
    """What the worker logs."""
    with structlog.testing.capture_logs() as entries:
        yield entries


def test_what_could_not_be_handed_over_is_shared_later(tmp_path, said):
    now = [0.0]
    url = f"http://127.0.0.1:{free_port()}"
    with (
        Anvil(accounts=10) as anvil,
        Journal(tmp_path / "journal.sqlite") as journal,
    ):
        chain = NodeChain(anvil.url, tmp_path)
        chain.start()
        worker = assemble_worker(
            Adapters(
                chain.chains[0],
                LocalStore(tmp_path / "own"),
                DigitsLearner(),
                RandomDigits(0),
                RelayerClient(url),
            ),
            chain.own(0),
            Choices(
                Policy(frozenset({Role.SHARE})),
                STRATEGIES["windows"],
                LoopSettings(poll=0.0, turn=0.0),
            ),
            journal,
            lambda: now[0],
            secrets.token_bytes,
        )

        def work(seconds: int) -> None:
            for _ in range(seconds):
                worker.step(threading.Event())
                now[0] += 1.0

        work(20)
        refusals = [entry for entry in said if entry["log_level"] == "warning"]
        assert refusals
        assert {entry["event"] for entry in refusals} == {"could not be done, trying again"}
        assert all(f"the relayer at {url} does not answer" in e["reason"] for e in refusals)
        # Ever more rarely: a relayer that is down for long must not fill the log.
        assert len(refusals) < 8
        chain.refresh()
        assert chain.view.history.items == []

        with running_relayer(chain, tmp_path / "relayer", queue_size=64, url=url) as relayer:
            work(40)
            relayer.work()
        assert len(chain.view.history.items) == KEYS
        worker.step(threading.Event())
        assert {item.item.scope for item in chain.view.history.items} == {1}
        chain.contracts.ethereum.close()
