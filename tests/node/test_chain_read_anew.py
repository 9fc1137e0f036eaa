"""A node whose chain took blocks back, or was told falsely: it goes on, with what holds now."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from offchain.errors import ProtocolError
from offchain.learning.tasks.learner import DigitsLearner
from offchain.node.assembly import Adapters, Choices, assemble_worker
from offchain.node.attesting import Attesting
from offchain.node.background import Background
from offchain.node.claiming import Claiming
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings
from offchain.node.payloads import Payloads
from offchain.protocol.deciding.snapshot import Policy
from offchain.protocol.history.entries import HistoryError
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.protocol.words.actions import Share
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from scripts.support.worlds.world import World
from tests.node.test_claiming import data_of
from tests.support.chains.changing_chain import Through
from tests.support.chains.node_chain import KEYS, NODES, NodeChain
from tests.support.waiting import wait_until
from tests.support.worlds.world_status import world_status


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    """A chain in round 1, with nothing shared."""
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"))
        chain.start()
        yield chain
        chain.contracts.ethereum.close()


def share(chain: NodeChain, node: int) -> None:
    chain.chains[node].execute(Share(tuple(entry for entry, _ in chain.draw(node))))


def test_own_items_are_found_again_under_other_numbers_and_shared_again_if_they_are_gone(
    chain: NodeChain,
):
    ethereum, own = chain.contracts.ethereum, chain.sharing[0]

    def looks() -> tuple[set[int], set[int]]:
        """Numbers of own items on chain, and indices of own keys that have not shared."""
        chain.refresh()
        facts = own.facts(chain.view.status, chain.view.history)
        return set(own._own_items), set(facts.unshared)

    assert looks() == (set(), set(range(KEYS)))
    snapshot = ethereum.request("evm_snapshot")
    share(chain, 0)
    assert looks() == (set(range(KEYS)), set())
    ethereum.request("evm_revert", snapshot)
    assert looks() == (set(), set(range(KEYS)))
    snapshot = ethereum.request("evm_snapshot")
    share(chain, 1)
    share(chain, 0)
    assert looks() == (set(range(KEYS, 2 * KEYS)), set())
    ethereum.request("evm_revert", snapshot)


class Opened(Payloads):
    """Payloads that are all open."""

    def open_some(self, items: Sequence[DataItem], limit: int) -> int:
        del items, limit
        return 0

    def samples(self, item: DataItem) -> int | None:
        return 10 if item.key is not None else None


def test_a_rounds_data_are_those_of_the_history_that_holds(tmp_path: Path):
    world = World()
    world.start()
    world.collect()
    entry = world.history.round(1)
    training = [number for number in entry.items if number not in entry.test_items]
    world.execute(world.commit(world.nodes[0], 5), world.nodes[0])
    other = world.fork()
    world.unseal()
    other.publish(training[1:])
    other.end_phase()
    other.publish(sorted(entry.test_items))
    other.end_phase()
    store, learner = LocalStore(tmp_path / "store"), DigitsLearner(10)
    with Journal(tmp_path / "journal") as journal:
        payloads = Opened(store, learner, None, journal, 10, time.monotonic)  # type: ignore[arg-type]

        def attesting() -> Attesting:
            return Attesting(payloads, store, learner, journal, Background(), time.monotonic)

        node = attesting()
        first = node.data_of(world.history, 1)
        assert first is not None
        assert node.data_of(world.history, 1) is first
        assert node.data_of(other.history, 1) == attesting().data_of(other.history, 1) != first
        assert node.data_of(world.history, 1) == first


def test_claims_are_those_of_the_history_that_holds():
    world = World()
    world.start()
    other = world.fork()
    world.collect(8)
    other.collect(9)
    world.make_block([5, 6, 7])
    other.make_block([7, 6, 5])
    asked = {id(world.history): data_of(world), id(other.history): data_of(other)}
    node = world.nodes[0]
    claiming = Claiming(node.account, lambda history, number: asked[id(history)](history, number))

    def due(of: World) -> tuple:
        return claiming.claims(world_status(of, node), of.history)

    first = due(world)
    claiming.refuse(first[0].duty)
    assert first[0] not in due(world)
    fresh = Claiming(node.account, data_of(other)).claims(world_status(other, node), other.history)
    assert due(other) == fresh != first
    # What the contract denied was of a chain that is no more.
    assert due(world) == first


@pytest.mark.parametrize("error", [HistoryError("made up"), ProtocolError("made up")])
def test_a_worker_goes_on_after_a_chain_that_made_no_sense(
    chain: NodeChain, tmp_path: Path, error: Exception
):
    spoilt = Through(chain.chains[0])
    store, learner = LocalStore(tmp_path / "store"), DigitsLearner(10)
    quick = LoopSettings(poll=0.01, longest_pause=0.01)
    failures = 0

    def fail() -> None:
        nonlocal failures
        failures += 1
        raise error

    with Journal(tmp_path / "journal") as journal:
        worker = assemble_worker(
            Adapters(spoilt, store, learner, None, chain.outlets[0]),
            chain.own(0),
            Choices(Policy(roles=frozenset()), STRATEGIES["windows"], quick),
            journal,
            time.monotonic,
            secrets.token_bytes,
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
