"""The contracts and the reference do the same, whatever is sent: state, events and errors."""

import random

import pytest

from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from tests.support.worlds.random_play import RandomPlay

STEPS = 130

QUICK = [0, 1]
FULL = range(2, 12)


def varied(seed: int) -> dict[str, int]:
    """Parameters of a run: the first runs have the small ones, the others any."""
    if seed in QUICK:
        return {}
    choice = random.Random(seed).choice
    return {
        "parts": choice([2, 3, 5]),
        "epoch_rounds": choice([2, 3]),
        "minimum_ring": choice([2, 3, 4]),
        "warm_heat": choice([20, 60, 200]),
        "significance": choice([0, 50, 200]),
        "hostile_allowance": choice([0, 35]),
        "tries_allowance": choice([0, 139]),
        "voice_basis_points": choice([1, 4_000, 10_000]),
        "burn_basis_points": choice([0, 5_000, 9_900]),
        "model_burn": choice([0, 10**17, 10**18]),
        "minimum_standing": choice([1, 2, 3, 4]),
        "standing_rounds": choice([1, 2, 4]),
        "heat_fade_basis_points": choice([500, 10_000]),
        "halving_blocks": choice([1, 2, 10]),
    }


@pytest.mark.parametrize(
    "seed", [*QUICK, *(pytest.param(seed, marks=pytest.mark.full) for seed in FULL)]
)
def test_random_transactions_have_the_same_effects_on_the_contracts_as_on_the_reference(
    evm: Evm, seed: int
) -> None:
    world = deploy_world(
        evm,
        genesis=4,
        accounts=8,
        is_judged=seed % 4 != 1,
        **{"maximum_members": 5, "question_bond": 10**15} | varied(seed),
    )
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
