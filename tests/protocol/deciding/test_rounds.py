"""Nodes that only do what `decide` says make blocks, however often each of them is killed."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from offchain.protocol.reference.environment import Revert
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import SMALL
from scripts.support.worlds.world import World
from tests.support.worlds.deciding_nodes import DecidingNode

BLOCKS = 2
LONGEST = 3_000
LOST_RACES = {"AlreadyStarted", "NothingPending", "HeightNotPartitionable", "PagesComplete"}


def play(
    seed: int, kill_probability: float, maximum_models: int = SMALL.maximum_models
) -> tuple[World, int]:
    """Let three nodes act one at a time in a random order; returns the world and the kills."""
    dice = random.Random(seed)
    world = World(replace(SMALL, maximum_models=maximum_models))
    world.mine(2)
    store: dict = {}
    nodes = [DecidingNode(world, node, store) for node in world.nodes[:3]]
    kills = 0
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
            if nobody_has_anything_to_do(nodes):
                # Bitcoin goes on.
                world.wait(world.parameters.minimum_phase_seconds)
                world.mine(1)
            continue
        try:
            actor.perform(intents[0])
        except Revert as error:
            if error.name not in LOST_RACES:
                raise
    raise AssertionError(
        f"no {BLOCKS} blocks after {LONGEST} steps: {world.phase.name}, {kills} kills"
    )


def nobody_has_anything_to_do(nodes: list[DecidingNode]) -> bool:
    for node in nodes:
        node.think()
        if node.intents():
            return False
    return True


@pytest.mark.parametrize("seed", range(3))
def test_nodes_make_blocks_by_deciding_alone(seed):
    world, _ = play(seed, kill_probability=0.0)
    assert_everybody_did_its_part(world)


@pytest.mark.parametrize("seed", range(3))
def test_nodes_that_are_killed_again_and_again_lose_nothing(seed):
    world, kills = play(100 + seed, kill_probability=0.25)
    assert kills > 20
    assert_everybody_did_its_part(world)


@pytest.mark.parametrize("maximum_models", [1, 2])
@pytest.mark.parametrize("kill_probability", [0.0, 0.25])
def test_nodes_share_fewer_places_for_models_than_there_are_attesters(
    maximum_models, kill_probability
):
    # No node is refused a commitment: whoever finds no place attests only.
    world, _ = play(200 + maximum_models, kill_probability, maximum_models)
    assert_everybody_did_its_part(world)


def assert_everybody_did_its_part(world: World) -> None:
    for block in world.history.blocks[1:]:
        entry = world.history.round(block.round)
        assert entry.phase is Phase.FINAL
        assert block.valid_models == min(3, world.parameters.maximum_models)
        assert block.attestations == entry.attesters
        assert len(entry.missing_items) == 0
        # Every key came in its time: no item was left out.
        assert block.training_items + block.test_items == len(entry.items)
    assert not world.history.burned_bonds
    assert not [entry for entry in world.history.rounds.values() if entry.void_reason]
