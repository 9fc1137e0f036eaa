"""A follower of a chain that takes blocks back, through nodes that are behind: its history is what
a new reader finds, or an error is raised that the next refresh gets over."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from offchain.chain import follower as follower_module
from offchain.chain.agreement import agrees
from offchain.chain.follower import OVERLAP, ChainFollower, InconsistentReadingError
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.errors import ChainError
from offchain.ports import Chain
from offchain.protocol.history.fold import History
from offchain.protocol.words.actions import CommitModel, SubmitHeaders
from offchain.protocol.words.records import ModelCommitted, Record
from offchain.protocol.words.status import Phase
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.chains.changing_chain import Through
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.servers.lagging_node import lagging_node


@pytest.fixture(scope="module")
def commit_phase() -> Iterator[DeployedWorld]:
    """A world whose round 1 takes commitments to models."""
    with world() as started:
        started.start()
        started.collect()
        started.open()
        assert started.phase == Phase.COMMIT
        yield started


@pytest.fixture
def committing(commit_phase: DeployedWorld) -> Iterator[DeployedWorld]:
    """The world, put back afterwards."""
    with commit_phase.undone():
        yield commit_phase


def follow(world: DeployedWorld, chain: Chain | None = None) -> ChainFollower:
    found = world.deployment
    return ChainFollower(chain or world.clients[0], found.domain(), found.block_number)


def commit(world: DeployedWorld, *accounts: int, salt: int = 0) -> None:
    """Commitments to models, each in a block of its own."""
    for number in accounts:
        commitment = CommitModel(bytes([number + 1, salt]) * 16, bytes([number]) * 32)
        world.clients[number].execute(commitment)


def next_header(world: DeployedWorld) -> SubmitHeaders:
    """One more Bitcoin header."""
    world.bitcoin.grow(1)
    return SubmitHeaders(world.bitcoin.raw(world.bitcoin.best_height))


def committed(history: History) -> list[tuple[str, int]]:
    """Who committed in which block."""
    assert history.competing is not None
    entries = history.competing.commitments.values()
    return sorted((entry.account, entry.block_number) for entry in entries)


def assert_equals_a_new_reader(follower: ChainFollower, world: DeployedWorld) -> None:
    """Status and history are what a follower finds that has just begun."""
    fresh = follow(world)
    assert vars(follower.history) == vars(fresh.history)
    assert follower.status == fresh.status
    assert list(follower.records) == list(fresh.records)
    assert agrees(follower.status, follower.history)


# ---- blocks that are taken back ------------------------------------------------------------------


@pytest.mark.parametrize("then", [(2, 1, 0), (0, 1), (0, 2, 1), (1, 0, 2, 1), ()])
def test_blocks_that_others_take_the_place_of(committing: DeployedWorld, then):
    follower = follow(committing)
    with committing.undone():
        commit(committing, 0, 1, 2)
        follower.refresh()
        assert_equals_a_new_reader(follower, committing)
        before = committed(follower.history)
    commit(committing, *then, salt=1)
    news = follower.refresh()
    assert_equals_a_new_reader(follower, committing)
    assert committed(follower.history) != before
    assert len([record for record in news if isinstance(record, ModelCommitted)]) == len(then)


def test_a_reorganisation_is_seen_while_no_block_is_added(committing: DeployedWorld):
    follower = follow(committing)
    with committing.undone():
        commit(committing, 0, 1, 2)
        follower.refresh()
    commit(committing, 2, 1, 0)
    # The number of the latest block is the same as before.
    assert committing.clients[0].latest().number == follower.status.block_number
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)
    assert follower.refresh() == []


def test_a_reorganisation_below_empty_blocks_is_seen(committing: DeployedWorld):
    follower = follow(committing)
    with committing.undone():
        commit(committing, 0)
        for _ in range(2 * OVERLAP):
            committing.clock.mine()
        follower.refresh()
    commit(committing, 1)
    for _ in range(2 * OVERLAP):
        committing.clock.mine()
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)


@pytest.mark.parametrize("remembered", [1, 2, 64])
def test_only_what_does_not_stand_is_read_again(committing: DeployedWorld, monkeypatch, remembered):
    monkeypatch.setattr(follower_module, "_POINTS", remembered)
    chain = Through(committing.clients[0])
    follower = follow(committing, chain)
    start = committing.deployment.block_number
    for _ in range(OVERLAP + 2):
        committing.clock.mine()
    follower.refresh()
    stands = follower.status.block_number
    with committing.undone():
        commit(committing, 0, 1)
        follower.refresh()
    commit(committing, 1, 0)
    chain.readings.clear()
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)
    first = min(first for first, _ in chain.readings)
    # With one block remembered nothing older is known to stand.
    assert first == (start if remembered == 1 else stands + 1 - OVERLAP)


def test_what_is_remembered_by_number_can_be_told_from_what_holds(committing: DeployedWorld):
    follower = follow(committing)
    history = follower.history
    commit(committing, 2)
    follower.refresh()
    assert follower.history is history
    with committing.undone():
        commit(committing, 0)
        follower.refresh()
        assert follower.history is history
    commit(committing, 1)
    follower.refresh()
    assert follower.history is not history


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_blocks_that_are_taken_back_while_they_are_read(committing: DeployedWorld, depth):
    chain = Through(committing.clients[0])
    follower = follow(committing, chain)
    commit(committing, 0)
    follower.refresh()
    snapshot = committing.ethereum.request("evm_snapshot")
    commit(committing, *range(depth))

    def take_back() -> None:
        chain.before_records = lambda: None
        committing.ethereum.request("evm_revert", snapshot)
        commit(committing, *reversed(range(3)), salt=1)

    chain.before_records = take_back
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)


def test_an_adapter_that_knows_no_hashes_notices_what_it_reads_again(committing: DeployedWorld):
    chain = Through(committing.clients[0])
    chain.knows_hashes = False
    follower = follow(committing, chain)
    with committing.undone():
        commit(committing, 0, 1, 2)
        follower.refresh()
    commit(committing, 2, 1, 0)
    committing.clock.mine()
    follower.refresh()
    assert committed(follower.history) == committed(follow(committing).history)


# ---- nodes that are behind -----------------------------------------------------------------------


@pytest.mark.parametrize("knows_hashes", [True, False])
@pytest.mark.parametrize("blocks", [1, 2, OVERLAP])
def test_events_from_a_node_that_is_behind_come_later(
    committing: DeployedWorld, blocks, knows_hashes
):
    chain = Through(committing.clients[0])
    chain.knows_hashes = knows_hashes
    follower = follow(committing, chain)
    commit(committing, 0, 1)
    late = iter([blocks])
    chain.behind = lambda: next(late, 0)
    follower.refresh()
    assert len(follower.history.competing.commitments) == 2
    assert committed(follower.history) == committed(follow(committing).history)


def test_events_that_no_view_tells_of_come_with_the_next_block(committing: DeployedWorld):
    """A relayed header: no count of the contracts' says that its event is missing."""
    chain = Through(committing.clients[0])
    follower = follow(committing, chain)
    late = iter([1])
    chain.behind = lambda: next(late, 0)
    committing.clients[0].execute(next_header(committing))
    follower.refresh()
    assert vars(follower.history) != vars(follow(committing).history)
    committing.clock.mine()
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_applications_that_come_late_break_nothing(order):
    with world() as begun:
        chain = Through(begun.clients[2])
        follower = follow(begun, chain)
        late = iter([1])
        chain.behind = lambda: next(late, 0)
        for number in order:
            begun.apply([begun.nodes[number]])
            follower.refresh()
        begun.apply([begun.nodes[2]])
        follower.refresh()
        found, expected = follower.history.epoch(1), follow(begun).history.epoch(1)
        assert list(found.applications) == [begun.nodes[number].account for number in (*order, 2)]
        assert found == expected


def test_an_application_that_is_missing_is_noticed_whoever_applied_and_read_from_the_start():
    with world() as begun:
        chain = Through(begun.clients[2])
        follower = follow(begun, chain)
        begun.apply(begun.nodes[:1])
        for _ in range(OVERLAP):
            begun.clock.mine()
        late = iter([OVERLAP + 1])
        chain.behind = lambda: next(late, 0)
        follower.refresh()
        assert list(follower.history.epoch(1).applications) == [begun.nodes[0].account]
        assert chain.readings[-1][0] == begun.deployment.block_number


def test_a_node_that_always_lacks_events_is_an_error_that_is_got_over(committing: DeployedWorld):
    chain = Through(committing.clients[0])
    follower = follow(committing, chain)
    commit(committing, 0)
    chain.behind = lambda: 1
    for _ in range(2):
        with pytest.raises(InconsistentReadingError, match="the views tell of other things"):
            follower.refresh()
    chain.behind = lambda: 0
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)


def test_records_that_do_not_fit_together_are_an_error_that_is_got_over(committing: DeployedWorld):
    chain = Through(committing.clients[0])
    follower = follow(committing, chain)
    honest = chain.chain.records

    def spoilt(first: int, last: int) -> Iterator[Record]:
        found = list(honest(committing.deployment.block_number, last))
        return iter([*found, found[-1]])

    chain.chain = Spoilt(chain.chain, spoilt)
    commit(committing, 0)
    for _ in range(2):
        with pytest.raises(InconsistentReadingError, match="comes after"):
            follower.refresh()
    chain.chain = committing.clients[0]
    follower.refresh()
    assert_equals_a_new_reader(follower, committing)


class Spoilt(Through):
    """A chain whose events somebody makes up."""

    def __init__(self, chain: Chain, made_up: Callable[[int, int], Iterator[Record]]) -> None:
        super().__init__(chain)
        self._made_up = made_up

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        return self._made_up(from_block, to_block)


def client_at(world: DeployedWorld, url: str) -> Web3Chain:
    contracts = DeployedContracts(Ethereum.connect(url), world.deployment)
    return Web3Chain(contracts, account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0))


def test_a_node_that_falls_behind_is_no_reorganisation(committing: DeployedWorld):
    lag = 0
    with lagging_node(committing.anvil.url, lambda _: lag) as node:
        chain = Through(client_at(committing, node.url))
        follower = follow(committing, chain)
        commit(committing, 0)
        follower.refresh()
        commit(committing, 1)
        follower.refresh()
        lag = 1
        chain.readings.clear()
        follower.refresh()
        # It is followed there, and back; nothing is read from the start.
        assert len(committed(follower.history)) == 1
        lag = 0
        follower.refresh()
        assert_equals_a_new_reader(follower, committing)
        assert min(first for first, _ in chain.readings) > committing.deployment.block_number


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 6))]
)
def test_nodes_of_all_ages_behind_one_address(committing: DeployedWorld, seed):
    """Whatever is answered by which node, what is told is true of some block, or an error."""
    chance = random.Random(seed)
    ages: Sequence[int] = [0, 0, 0, 1, 2]

    def lag(_: Any) -> int:
        return chance.choice(ages)

    accounts = [chance.randrange(3) for _ in range(8)]
    with lagging_node(committing.anvil.url, lag) as node:
        ages = [0]
        follower = follow(committing, client_at(committing, node.url))
        ages = [0, 0, 0, 1, 2]
        told = 0
        for salt, account in enumerate(accounts):
            if salt == 4:
                snapshot = committing.ethereum.request("evm_snapshot")
            if salt == 6:
                committing.ethereum.request("evm_revert", snapshot)
            commit(committing, account, salt=salt)
            for _ in range(2):
                try:
                    follower.refresh()
                except ChainError:
                    continue
                told += 1
                assert agrees(follower.status, follower.history)
        ages = [0]
        committing.clock.mine()
        follower.refresh()
    assert told > 0
    assert_equals_a_new_reader(follower, committing)
