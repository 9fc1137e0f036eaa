"""A world after its first blocks, with all that they pay claimed."""

from __future__ import annotations

from tests.support.chains.deployed_world import DeployedWorld

SKILLS = ((20, 45, 40), (20, 75, 72), (20, 100, 99))
"""How good the nodes' models are, round by round; in round 2 two of them are voices."""


def play(world: DeployedWorld, rounds: int = 1) -> None:
    """Start a world and play its first rounds, each to a block that is not quiet and its claims."""
    world.start()
    for number, skills in enumerate(SKILLS[:rounds], start=1):
        world.make_block(skills)
        assert not world.rounds.blocks[number].quiet
        world.claim_all(number)
