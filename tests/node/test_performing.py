"""What a node does on a real chain: its own duties, and those that somebody else did first."""

from __future__ import annotations

import os
import threading
import time

import pytest

from offchain.errors import RelayerError, RevertedError
from offchain.learning.tasks.learner import DigitsLearner
from offchain.node.assembly import Adapters, Choices, assemble_worker
from offchain.node.demo.local_network import free_port
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings
from offchain.node.relayer.client import RelayerClient
from offchain.protocol.deciding.intents import Send, ShareData
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.protocol.words.actions import Advance, ClaimModel, RevealAttestation, Start
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import KEYS, NodeChain, RandomDigits


@pytest.fixture
def chain(tmp_path):
    with Anvil(accounts=10) as anvil:
        chain = NodeChain(anvil.url, tmp_path)
        yield chain
        chain.contracts.ethereum.close()


def node(chain, number, folder, outlet=None):
    """A whole node over the real chain, with a turn that is over at once."""
    store = LocalStore(folder / "store")
    return assemble_worker(
        Adapters(
            chain.chains[number],
            store,
            DigitsLearner(),
            RandomDigits(number),
            outlet or DirectOutlet(chain.chains[number], store),
        ),
        chain.own(number),
        Choices(Policy(), STRATEGIES["windows"], LoopSettings(turn=0.0)),
        Journal(folder / f"journal-{number}.sqlite"),
        time.monotonic,
        os.urandom,
    )


def test_nodes_lease_start_write_and_share_by_themselves(chain, tmp_path):
    nodes = [node(chain, number, tmp_path) for number in range(4)]
    running = threading.Event()
    chain.feeder.step()
    for _ in range(12):
        for worker in nodes:
            worker.step(running)
    chain.refresh()
    history = chain.view.history
    assert chain.view.status.started
    assert len(history.keys) == 4 * KEYS
    assert len(history.items) == 4 * KEYS
    nullifiers = {(shared.item.scope, shared.item.nullifier_x) for shared in history.items}
    assert len(nullifiers) == 4 * KEYS


def test_a_duty_that_somebody_else_did_is_no_error(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    performer, view = worker._performer, chain.view
    for action in (Start(), Advance()):
        assert performer.perform(Send(action, "duty"), view.status, view.history) is False


def test_what_nobody_else_can_have_done_is_an_error(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    send = Send(RevealAttestation(bytes(32), bytes(32)), "duty")
    with pytest.raises(RevertedError) as reverted:
        # Nothing competes: the phase is wrong, and for a duty of its own that is no race.
        worker._performer._send(send.action, "opened")
    assert reverted.value.name == "WrongPhase"


def test_a_claim_that_is_denied_is_not_made_again(chain, tmp_path):
    worker = node(chain, 0, tmp_path)
    chain.start()
    claim = Send(ClaimModel(1, chain.chains[0].account), "model reward")
    assert worker._performer.perform(claim, chain.view.status, chain.view.history) is False
    assert "model reward" in worker._parts.claiming._refused


def test_a_relayer_that_is_down_is_named_and_nothing_is_lost(chain, tmp_path):
    chain.start()
    worker = node(chain, 0, tmp_path, RelayerClient(f"http://127.0.0.1:{free_port()}"))
    share = ShareData(1, (0, 1))
    with pytest.raises(RelayerError, match="does not answer"):
        worker._performer.perform(share, chain.view.status, chain.view.history)
    sharing = worker._parts.sharing
    chain.refresh()
    facts = sharing.facts(chain.view.status, chain.view.history)
    assert 1 in facts.unshared
    assert facts.in_flight == 0
