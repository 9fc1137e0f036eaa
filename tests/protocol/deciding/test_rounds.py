"""Nodes that only do what `decide` says make blocks, however often each of them is killed."""

from __future__ import annotations

import random

import pytest

from offchain.protocol.deciding.policy import Policy
from offchain.protocol.words.status import Phase
from scripts.support.worlds.world import World
from tests.support.worlds.deciding_nodes import DecidingNode

BLOCKS = 4
"""Enough for a draw: an epoch has two rounds."""

LONGEST = 6_000


class Play:
    """Nodes that act one at a time in a random order."""

    def __init__(self, seed: int, kill_probability: float = 0.0, nodes: int = 3) -> None:
        self.dice = random.Random(seed)
        self.kill_probability = kill_probability
        self.kills = 0
        self.world = World(genesis=nodes)
        self.world.mine(2)
        store: dict = {}
        self.nodes = [DecidingNode(self.world, node, store) for node in self.world.genesis_nodes]

    def until_blocks(self, blocks: int) -> None:
        """Play until there are so many blocks."""
        for _ in range(LONGEST):
            if len(self.world.rounds.blocks) > blocks:
                return
            self.step()
        raise AssertionError(
            f"no {blocks} blocks after {LONGEST} steps: {self.world.phase.name}, {self.kills} kills"
        )

    def step(self) -> None:
        """One node does the first thing that is due; with nothing due for anybody, time goes on."""
        actor = self.dice.choice(self.nodes)
        if self.dice.random() < self.kill_probability:
            actor.kill()
            self.kills += 1
        actor.think()
        intents = actor.intents()
        if intents:
            actor.perform(intents[0])
        elif self.nobody_has_anything_to_do():
            self.world.wait(self.world.parameters.minimum_phase_seconds)
            self.world.mine(1)

    def nobody_has_anything_to_do(self) -> bool:
        for node in self.nodes:
            node.think()
            if node.intents():
                return False
        return True


@pytest.mark.parametrize("seed", range(2))
def test_nodes_make_blocks_by_deciding_alone(seed):
    play = Play(seed)
    play.until_blocks(BLOCKS)
    assert_everybody_did_its_part(play)


@pytest.mark.parametrize("seed", range(2))
def test_nodes_that_are_killed_again_and_again_lose_nothing(seed):
    play = Play(100 + seed, kill_probability=0.25)
    play.until_blocks(BLOCKS)
    assert play.kills > 20
    assert_everybody_did_its_part(play)


def test_a_node_that_leaves_has_its_stake_back():
    play = Play(7, nodes=4)
    play.until_blocks(1)
    leaving = play.nodes[0]
    leaving.policy = Policy(leave=True)
    membership = play.world.reference.membership
    for _ in range(LONGEST // 4):
        if membership.stake_of(leaving.node.account).amount == 0:
            break
        play.step()
    else:
        raise AssertionError(f"no stake back in round {play.world.collecting}")
    assert membership.stake_free_from(leaving.node.account) <= play.world.collecting


def assert_everybody_did_its_part(play: Play) -> None:
    play.nodes[0].think()
    world, history = play.world, play.nodes[0].history
    assert world.reference.membership.current_epoch > 1
    for block in history.blocks[1:]:
        entry = history.round(block.round)
        assert entry.phase is Phase.FINAL
        assert block.attestations == entry.attesters >= 2
        assert len(entry.commitments) == len(entry.reveals) == 3
        # Every key came in its time, and nothing was reported: D is all that was shared.
        assert entry.data_set == (0, 1, 2)
        assert not entry.burned
        if block.number < BLOCKS - 1:
            assert {(entry.number, node.node.account) for node in play.nodes} <= (
                history.attestations_claimed
            )
            assert {(entry.number, index) for index in range(3)} <= history.data_claimed
    assert [entry.void_reason for entry in history.rounds.values()] == [None] * len(history.rounds)
