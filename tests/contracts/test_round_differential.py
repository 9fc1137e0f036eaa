"""The contracts and the reference do the same, whatever is sent: state, events and errors."""

import pytest

from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from tests.support.worlds.random_play import RandomPlay

STEPS = 130

QUICK = [0, 1]
FULL = range(2, 12)


@pytest.mark.parametrize(
    "seed", [*QUICK, *(pytest.param(seed, marks=pytest.mark.full) for seed in FULL)]
)
def test_random_transactions_have_the_same_effects_on_the_contracts_as_on_the_reference(
    evm: Evm, seed: int
) -> None:
    world = deploy_world(evm, genesis=4, accounts=8, maximum_members=5)
    assert isinstance(world.twin, DeployedChain)
    play = RandomPlay(world, seed)
    for _ in range(STEPS):
        play.step()
        world.twin.assert_same_state(world)
    world.twin.assert_same_everything(world)
    # The run went somewhere: rounds closed, and many kinds of mistakes were made on the way.
    assert world.collecting >= 3
    assert len(play.refusals) > 15


def test_honest_rounds_have_the_same_effects_and_every_claim_is_paid(evm: Evm) -> None:
    world = deploy_world(evm)
    twin = world.twin
    assert isinstance(twin, DeployedChain)
    world.start()
    for skills in ([20, 40, 30], [60, 62, 58], [10, 5, 8]):
        world.make_block(skills)
        twin.assert_same_everything(world)
        world.claim_all(world.rounds.blocks[-1].round)
    twin.assert_same_everything(world)
    assert [block.quiet for block in world.rounds.blocks[1:]] == [False, False, True]
