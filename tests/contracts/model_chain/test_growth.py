"""ModelChain with more nodes: how targets and the set of attesters grow.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

import pytest

from offchain.protocol.words.status import Phase, VoidReason
from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.world import World


@pytest.fixture
def world(evm: Evm) -> World:
    """Eight genesis accounts with keys, twelve accounts in all, nothing collected."""
    world = deploy_world(evm, genesis=8, accounts=12, maximum_models=12)
    for node in world.nodes[3:8]:
        world.execute(world.registration(node, 4), node)
    world.start()
    return world


def test_targets_and_attesters_grow_step_by_step(world: World) -> None:
    assert world.chain.collection.target == 8
    world.collect(16)
    world.compete([5] * 8)
    world.execute(world.finalization(world.scores(0)))
    # Opened before block 1 there was: nothing to grow by.
    assert world.chain.collection.target == world.parameters.minimum_items

    world.renew(world.nodes[:8])
    world.collect(7)
    # Block 1 had 16 items, but a target at most doubles.
    assert world.chain.collection.target == 14

    # A quarter of eight attesters: two newcomers gain standing, the best ones.
    world.compete([11] * 8 + [10, 12, 10, 13], baseline=9)
    world.execute(world.finalization(world.scores(9)))
    gained = [node.index for node in world.nodes if node.account in world.chain.standing]
    assert gained == [*range(8), 9, 11]
    assert all(node.account in world.chain.valid_accounts for node in world.nodes)

    world.renew(world.nodes[:8])
    world.collect(14)
    assert (world.phase, world.chain.competition.attesters) == (Phase.COMMIT, 10)
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


def test_exactly_half_of_the_attesters_are_no_majority(world: World) -> None:
    world.collect(8)
    node = world.nodes[0]
    world.execute(world.commit(node, 5), node)
    world.unseal()
    world.execute(world.reveal(node), node)
    world.attest(world.scores(0), world.nodes[:4])
    assert world.chain.closed_round(1).void_reason == VoidReason.NO_MAJORITY


def test_the_target_leaves_every_account_with_standing_an_item(world: World) -> None:
    world.collect(8)
    entry = world.history.round(1)
    sealed = next(number for number in entry.items if number not in entry.test_items)
    for node in world.nodes[:8]:
        world.execute(world.commit(node, 5), node)
    world.publish([i for i in entry.items if i not in entry.test_items and i != sealed])
    world.end_phase()
    world.publish(sorted(entry.test_items))
    world.end_phase()
    for node in world.nodes[:8]:
        world.execute(world.reveal(node), node)
    scores = world.scores(0)
    world.attest(scores)
    world.execute(world.finalization(scores))
    assert (scores.training_items, scores.test_items) == (6, 1)

    world.renew(world.nodes[:8])
    world.collect(7)
    # Neither the minimum (7) nor the last data set (7), but the eight that gained standing.
    assert world.chain.collection.target == 8
