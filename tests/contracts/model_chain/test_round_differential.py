"""The contracts and the reference do the same, whatever is sent: state, events and errors."""

import pytest

from offchain.protocol.words import actions
from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from tests.support.worlds.random_play import RandomPlay

STEPS = 130


# Seeds with places for so many models: as many as attesters, or fewer.
QUICK = [(0, 4), (1, 2)]
FULL = [(seed, (4, 1, 2)[seed % 3]) for seed in range(2, 12)]


@pytest.mark.parametrize(
    ("seed", "maximum_models"),
    [*QUICK, *(pytest.param(*case, marks=pytest.mark.full) for case in FULL)],
)
def test_random_transactions_have_the_same_effects_on_the_contracts_as_on_the_reference(
    evm: Evm, seed: int, maximum_models: int
) -> None:
    world = deploy_world(evm, genesis=4, maximum_models=maximum_models)
    assert isinstance(world.twin, DeployedChain)
    play = RandomPlay(world, seed)
    for _ in range(STEPS):
        play.step()
        world.twin.assert_same_state(world)
    world.twin.assert_same_everything(world)
    # The run went somewhere: rounds closed, and many kinds of mistakes were made on the way.
    assert world.collecting >= 2
    assert len(play.refusals) > 15


def test_two_honest_rounds_have_the_same_effects_and_every_claim_is_paid(evm: Evm) -> None:
    world = deploy_world(evm)
    twin = world.twin
    assert isinstance(twin, DeployedChain)
    world.start()
    for scores, baseline in (([5, 8, 3], 0), ([9, 10, 9], 8)):
        world.make_block(scores, baseline)
        twin.assert_same_everything(world)
        world.renew()
    for number in (1, 2):
        round_number = world.chain.blocks[number].round
        for node in world.nodes[:3]:
            world.execute(actions.ClaimAttestation(round_number, node.account))
            if world.chain.commitment_of(round_number, node.account).valid:
                world.execute(actions.ClaimModel(round_number, node.account))
        data = world.data_set(round_number)
        for index, item in enumerate(data.items):
            proof = data.proof(world.model_chain, item.number)
            claim = actions.ClaimData(number, item.item, index, item.is_test, proof)
            world.execute(claim, world.nodes[5])
    twin.assert_same_everything(world)
    minted = sum(world.chain.tokens.values())
    assert 2 * world.parameters.block_reward - 100 < minted <= 2 * world.parameters.block_reward
