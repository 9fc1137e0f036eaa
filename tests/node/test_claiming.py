"""What a node finds due: every reward once, and nothing again that the contract denied."""

from __future__ import annotations

import pytest

from offchain.node.claiming import Claiming
from offchain.protocol.history.fold import History
from scripts.support.worlds.world import World

SKILLS = (90, 60, 30)


def history_of(world: World) -> History:
    history = History(world.parameters, world.domain)
    history.apply_all(world.reference.environment.records)
    return history


@pytest.fixture
def world() -> World:
    world = World()
    world.start()
    world.make_block(SKILLS)
    return world


def test_every_claim_is_accepted_and_then_gone(world):
    for node in world.nodes:
        claiming = Claiming(node.account)
        while due := claiming.claims(history_of(world)):
            world.execute(due[0].action, node)
    assert world.claims(1)
    assert not Claiming(world.nodes[0].account).claims(history_of(world))


def test_claims_that_the_contract_denies_are_not_made_again(world):
    claiming, history = Claiming(world.nodes[0].account), history_of(world)
    first, *others = claiming.claims(history)
    claiming.refuse(first.duty)
    assert claiming.claims(history) == tuple(others)


def test_what_was_denied_on_a_chain_that_is_no_more_is_claimed(world):
    claiming, history = Claiming(world.nodes[0].account), history_of(world)
    due = claiming.claims(history)
    claiming.refuse(due[0].duty)
    assert claiming.claims(history_of(world)) == due
