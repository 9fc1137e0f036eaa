"""A world after its first block, with some of what that pays claimed."""

from __future__ import annotations

from offchain.protocol.words.actions import ClaimAttestation, ClaimBest
from tests.support.chains.deployed_world import DeployedWorld

ROUND = 1
BEST = 0
"""The node whose model is the best; until there is one, no other is a voice."""

SKILLS = (90, 60, 30)


def play(world: DeployedWorld) -> None:
    """Start a world and play its first round to the block; all is claimed but most of the data."""
    world.start()
    world.make_block(SKILLS)
    block = world.rounds.blocks[1]
    assert not block.quiet
    world.execute(ClaimBest(ROUND), world.nodes[1])
    for node in world.genesis_nodes:
        world.execute(ClaimAttestation(ROUND, node.account), world.nodes[1])
    world.execute(world.data_claim(ROUND, 1), world.nodes[1])
