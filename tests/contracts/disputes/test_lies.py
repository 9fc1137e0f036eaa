"""Every kind of lie of all other attesters falls on the real contracts as in the reference."""

import random

import pytest

from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.status import Phase
from scripts.support.chains.deployed_chain import DeployedChain
from scripts.support.worlds.dispute_story import disputed
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.lies import Liar

KINDS = [kind.__name__ for kind in Liar(None, None, random.Random()).kinds]


@pytest.mark.parametrize("kind", KINDS)
def test_one_honest_attester_overturns_every_kind_of_lie(
    world: DisputingWorld, twin: DeployedChain, kind: str
) -> None:
    dispute = disputed(world, kind)
    dispute.state()
    dispute.until(Phase.FINALIZE)
    assert dispute.has_fallen == {"truth": False, "lie": True}
    world.execute(actions.Finalize(dispute.truth.rows))
    counts = world.reference.disputes.counts(world.competing)
    for number in range(1, counts.questions + 1):
        world.execute(dispute_actions.Settle(world.competing, number))
    for number in range(1, counts.cells + 1):
        world.execute(dispute_actions.SettleCell(world.competing, number))
    twin.assert_same_everything(world)
