"""A node's view of the chain: views and events of one and the same block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.chain.agreement import agrees
from offchain.chain.follower import ATTEMPTS, ChainFollower, InconsistentReadingError
from offchain.ports import BlockPoint, Chain, Receipt
from offchain.protocol.history.fold import History
from offchain.protocol.words.actions import Action
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record
from scripts.support.worlds.disputing import UnjudgedWorld
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.worlds.random_play import RandomPlay
from tests.support.worlds.world_status import world_status


class AheadOfItsBlock(Chain):
    """A real chain through a node whose views are ``blocks`` newer than the block they are asked
    for, ``readings`` times: anvil answers so when it mines between two of its locks.
    """

    def __init__(self, chain: Chain, blocks: int, readings: int) -> None:
        self._chain = chain
        self._blocks = blocks
        self.readings = readings

    @property
    def account(self) -> str:
        return self._chain.account

    @property
    def parameters(self) -> Parameters:
        return self._chain.parameters

    def latest(self) -> BlockPoint:
        return self._chain.latest()

    def status(self) -> ChainStatus:
        status = self._chain.status()
        if self.readings == 0:
            return status
        self.readings -= 1
        return replace(status, block_number=status.block_number - self._blocks)

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        return self._chain.records(from_block, to_block)

    def execute(self, action: Action) -> Receipt:
        return self._chain.execute(action)


@pytest.fixture(scope="module")
def started() -> Iterator[DeployedWorld]:
    with world() as made:
        made.start()
        yield made


def follow(started: DeployedWorld, chain: Chain) -> ChainFollower:
    return ChainFollower(chain, started.domain, started.deployment.block_number)


def test_views_and_events_of_one_block_agree(started: DeployedWorld) -> None:
    follower = follow(started, started.clients[0])
    assert follower.status.collection.round == 1
    assert agrees(follower.status, follower.history)


def test_views_ahead_of_their_block_are_read_again(started: DeployedWorld) -> None:
    chain = AheadOfItsBlock(started.clients[0], blocks=3, readings=ATTEMPTS - 1)
    follower = follow(started, chain)
    expected = follow(started, started.clients[0])
    assert chain.readings == 0
    assert agrees(follower.status, follower.history)
    assert follower.history.position == expected.history.position


def test_a_node_that_never_agrees_with_itself_is_an_error_of_the_chain(
    started: DeployedWorld,
) -> None:
    chain = AheadOfItsBlock(started.clients[0], blocks=3, readings=ATTEMPTS)
    with pytest.raises(InconsistentReadingError, match=f"after {ATTEMPTS} readings"):
        follow(started, chain)


def test_after_such_an_error_everything_is_read_again(started: DeployedWorld) -> None:
    chain = AheadOfItsBlock(started.clients[0], blocks=3, readings=0)
    follower = follow(started, chain)
    before = follower.history.position
    started.clock.mine()
    chain.readings = ATTEMPTS
    with pytest.raises(InconsistentReadingError):
        follower.refresh()
    follower.refresh()
    assert agrees(follower.status, follower.history)
    assert follower.history.position == before


@pytest.mark.parametrize("seed", range(3))
def test_views_and_events_agree_after_every_transaction_of_many_rounds(seed: int) -> None:
    """Each comparison is of two countings of one thing: by the contracts' rules, and of events."""
    played = UnjudgedWorld(genesis=4)
    play = RandomPlay(played, seed)
    history, records = (
        History(played.parameters, played.domain),
        played.reference.environment.records,
    )
    told = 0
    for _ in range(320):
        play.step()
        history.apply_all(records[told:])
        told = len(records)
        for node in played.nodes:
            assert agrees(world_status(played, node), history)
    assert len(history.blocks) > 1
