"""Nodes that only do what `decide` says make blocks, however often each of them is killed."""

from __future__ import annotations

import random

import pytest

from offchain.protocol.reference.environment import Revert
from offchain.protocol.words.status import Phase
from scripts.support.worlds.world import World
from tests.support.worlds.deciding_nodes import DecidingNode

BLOCKS = 2
LONGEST = 3_000
LOST_RACES = {"AlreadyStarted", "NothingPending", "HeightNotPartitionable", "PagesComplete"}


def play(seed: int, kill_probability: float) -> tuple[World, int]:
    """Let three nodes act one at a time in a random order; returns the world and the kills."""
    dice = random.Random(seed)
    world = World()
    world.mine(2)
    store: dict = {}
    nodes = [DecidingNode(world, node, store) for node in world.nodes[:3]]
    kills = idle = 0
    for _ in range(LONGEST):
        if len(world.history.blocks) > BLOCKS:
            return world, kills
        actor = dice.choice(nodes)
        if dice.random() < kill_probability:
            actor.kill()
            kills += 1
        actor.think()
        intents = actor.intents()
        if not intents:
            idle += 1
            if idle > 8:
                # Nobody has anything to do: Bitcoin goes on.
                world.wait(world.parameters.minimum_phase_seconds)
                world.mine(1)
                idle = 0
            continue
        idle = 0
        try:
            actor.perform(intents[0])
        except Revert as error:
            if error.name not in LOST_RACES:
                raise
    raise AssertionError(
        f"no {BLOCKS} blocks after {LONGEST} steps: {world.phase.name}, {kills} kills"
    )


@pytest.mark.parametrize("seed", range(3))
def test_nodes_make_blocks_by_deciding_alone(seed):
    world, _ = play(seed, kill_probability=0.0)
    assert_everybody_did_its_part(world)


@pytest.mark.parametrize("seed", range(3))
def test_nodes_that_are_killed_again_and_again_lose_nothing(seed):
    world, kills = play(100 + seed, kill_probability=0.25)
    assert kills > 20
    assert_everybody_did_its_part(world)


def assert_everybody_did_its_part(world: World) -> None:
    for block in world.history.blocks[1:]:
        entry = world.history.round(block.round)
        assert entry.phase is Phase.FINAL
        assert block.valid_models == 3
        assert block.attestations == 3
        assert len(entry.missing_items) == 0
        # Every key came in its time: no item was left out.
        assert block.training_items + block.test_items == len(entry.items)
    assert not world.history.burned_bonds
    assert not [entry for entry in world.history.rounds.values() if entry.void_reason]
