"""What a node does on a real chain: its own duties, and those that somebody else did first."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from offchain.errors import RelayerError, RevertedError
from offchain.node.assembly import Adapters, assemble_worker
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.ports import Outlet
from offchain.protocol.deciding.intents import Send, ShareData
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import Delivery
from offchain.protocol.words.actions import Advance, ClaimBest, OpenAttestation, Start
from offchain.protocol.words.dispute_actions import ProveForm
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import NODES, NodeChain, RandomDigits


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[NodeChain]:
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path)
        yield chain
        chain.contracts.ethereum.close()


def node(chain: NodeChain, number: int, folder: Path, outlet: Outlet | None = None) -> Worker:
    """A whole node over the real chain, with a turn that is over at once."""
    store = LocalStore(folder / "store")
    return assemble_worker(
        Adapters(
            chain.chains[number],
            store,
            chain.learner,
            RandomDigits(number),
            outlet or DirectOutlet(chain.chains[number], store),
        ),
        chain.own(number),
        Policy(phase_seconds=60),
        Journal(folder / f"journal-{number}.sqlite"),
        time.monotonic,
        os.urandom,
        LoopSettings(turn=0.0),
    )


def test_nodes_apply_start_and_share_by_themselves(chain, tmp_path):
    nodes = [node(chain, number, tmp_path) for number in range(NODES)]
    running = threading.Event()
    for _ in range(8):
        for worker in nodes:
            worker.step(running)
    chain.refresh()
    history = chain.view.history
    assert chain.view.status.started
    assert len(history.epoch(1).members) == NODES
    assert len(history.round(1).nullifiers) == NODES
    assert set(history.epoch(2).applications) == set(history.epoch(1).members)


def perform(worker: Worker, chain: NodeChain, intent) -> bool:
    chain.refresh()
    return worker._performer.perform(intent, chain.view.status, chain.view.history)


def test_a_duty_that_somebody_else_did_is_no_error(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    for action in (Start(()), Advance()):
        assert perform(worker, chain, Send(action, "duty")) is False


def test_what_nobody_else_can_have_done_is_an_error(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    with pytest.raises(RevertedError) as reverted:
        # Nothing competes: the phase is wrong, and for a duty of its own that is no race.
        worker._performer._send("open", OpenAttestation(bytes(32), bytes(32)), "opened")
    assert reverted.value.name == "WrongPhase"


def test_a_claim_that_is_denied_is_not_made_again(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    assert perform(worker, chain, Send(ClaimBest(1), "best model")) is False
    assert "best model" in worker._components.claiming._refused


class Agreeing:
    """A chain whose judge agrees with whatever a proof is against."""

    def execute(self, action) -> None:
        del action
        raise RevertedError("NotRefuted", [1])


def test_a_proof_that_the_judge_refuses_is_not_handed_in_again(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    proving = ProveForm(1, b"s" * 32, b"a file")
    performer = replace(worker._performer, chain=Agreeing())
    chain.refresh()
    view = chain.view
    with capture_logs() as logs:
        assert performer.perform(Send(proving, "proof"), view.status, view.history) is False
    assert worker._components.disputing.refused == {proving.salt}
    assert [line["duty"] for line in logs if line["log_level"] == "error"] == ["proof"]


class Down(DirectOutlet):
    """An outlet behind which nobody answers."""

    def submit(self, share, payloads) -> None:
        del share, payloads
        raise RelayerError("nobody answers")


def test_a_relayer_that_is_down_loses_nothing(chain, tmp_path):
    chain.start()
    store = LocalStore(tmp_path / "store")
    worker = node(chain, 0, tmp_path, Down(chain.chains[0], store))
    with pytest.raises(RelayerError, match="nobody answers"):
        perform(worker, chain, ShareData(1, anew=True))
    sharing, view = worker._components.sharing, chain.view
    kept = sharing.kept(view.history, 1)
    assert kept is not None
    again = node(chain, 0, tmp_path)
    facts = again._components.sharing.facts(view.status, view.history)
    assert (facts.data, facts.kept_timestamp) == (
        Delivery.HERE,
        kept.share.transaction.timestamp,
    )
    perform(again, chain, ShareData(1, anew=False))
    chain.refresh()
    [data] = view.history.round(1).data
    assert data.id == kept.share.transaction.identifier(chain.domain)
