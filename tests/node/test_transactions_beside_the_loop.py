"""A worker's own transactions are mined or not beside its loop, which goes on meanwhile."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offchain.errors import ChainError, NotMinedError, RevertedError
from offchain.node.assembly import Adapters, assemble_worker
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.flights import Flights
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.ports import Receipt
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.words.actions import ApplyFor
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import NODES, NodeChain
from tests.support.waiting import wait_until

NEVER = threading.Event()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"))
        yield chain
        chain.contracts.ethereum.close()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


def node(chain: NodeChain, number: int, folder: Path, now: list[float]) -> Worker:
    """A worker that applies, and does nothing else that this chain asks for."""
    store = LocalStore(folder / "store")
    return assemble_worker(
        Adapters(
            chain.chains[number],
            store,
            chain.learner,
            None,
            DirectOutlet(chain.chains[number], store),
        ),
        chain.own(number),
        Policy(frozenset({Role.TRAIN}), phase_seconds=60),
        Journal(folder / f"journal-{number}.sqlite"),
        lambda: now[0],
        os.urandom,
        LoopSettings(turn=0.0),
        flights=Flights(8),
    )


def pool(chain: NodeChain) -> int:
    return int(chain.contracts.ethereum.request("txpool_status")["pending"], 16)


def applied(chain: NodeChain, number: int) -> bool:
    chain.refresh()
    return str(chain.chains[number].account) in chain.view.history.epoch(1).applications


def test_a_transaction_that_waits_holds_nothing_up_and_is_sent_once(chain, tmp_path, now):
    ethereum = chain.contracts.ethereum
    worker = node(chain, 0, tmp_path, now)
    ethereum.request("evm_setAutomine", False)
    try:
        assert worker.step(NEVER)
        wait_until(lambda: pool(chain) == 1, "the application in the pool")
        for _ in range(5):
            now[0] += 100.0
            assert not worker.step(NEVER)
        assert pool(chain) == 1
        ethereum.request("evm_mine")
        wait_until(lambda: worker.step(NEVER), "the end of the application")
    finally:
        ethereum.request("evm_setAutomine", True)
    assert applied(chain, 0)
    for _ in range(3):
        assert not worker.step(NEVER)


def failing(chain: NodeChain, number: int, error: ChainError) -> Callable[[object], Receipt]:
    execute, told = chain.chains[number].execute, []

    def fail_once(action: object) -> Receipt:
        if isinstance(action, ApplyFor) and not told:
            told.append(action)
            raise error
        return execute(action)

    return fail_once


@pytest.mark.parametrize(
    ("number", "error"),
    [(1, NotMinedError(bytes(32), 180.0)), (2, RevertedError("WrongBond"))],
    ids=["not mined", "reverted"],
)
def test_one_that_failed_rests_and_is_tried_again(chain, tmp_path, now, monkeypatch, number, error):
    monkeypatch.setattr(chain.chains[number], "execute", failing(chain, number, error))
    worker = node(chain, number, tmp_path, now)
    assert worker.step(NEVER)
    wait_until(lambda: bool(worker._performer.flights._landed), "its failure")
    # It is taken, and rests.
    assert not worker.step(NEVER)
    assert not worker.step(NEVER)
    assert not applied(chain, number)
    now[0] += 10.0
    assert worker.step(NEVER)
    wait_until(lambda: applied(chain, number), "the application")


def test_what_the_chain_does_not_show_yet_is_not_sent_again(chain, tmp_path, now, monkeypatch):
    """A node behind a balancer may be late: the receipt says more than the views."""
    worker = node(chain, 3, tmp_path, now)
    with monkeypatch.context() as patched:
        assert worker.step(NEVER)
        wait_until(lambda: bool(worker._performer.flights._landed), "its end")
        patched.setattr(worker._follower, "refresh", list)
        worker.step(NEVER)
        for _ in range(3):
            now[0] += 100.0
            assert not worker.step(NEVER)
            assert not worker._performer.flights._sending
    worker.step(NEVER)
    assert applied(chain, 3)
