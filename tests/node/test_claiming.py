"""What a node finds due: every reward and bond once, and every claim is accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.node.attesting import RoundData
from offchain.node.claiming import MAXIMUM_DATA_CLAIMS, Claiming
from offchain.protocol.rules.tally import block_reward
from offchain.protocol.words import actions
from scripts.support.worlds.world import World
from tests.support.worlds.world_status import world_status


def data_of(world):
    def data(_, round_number):
        data_set = world.data_set(round_number)
        return RoundData(data_set, data_set.root(world.model_chain))

    return data


def claiming(world, node):
    return Claiming(node.account, data_of(world))


def claims(world, node, found=None):
    found = found or claiming(world, node)
    return found.claims(world_status(world, node), world.history)


@pytest.fixture
def world():
    """A world with one block: node 2 is the best, node 3 a stranger."""
    world = World()
    world.start()
    world.make_block([5, 6, 7])
    return world


def kinds(found):
    return [type(claim.action).__name__ for claim in found if claim.personal]


def test_valid_models_and_attesters_claim_for_themselves(world):
    assert kinds(claims(world, world.nodes[0])) == ["ClaimModel", "ClaimAttestation"]
    assert kinds(claims(world, world.nodes[3])) == []


def test_data_rewards_are_seen_alike_by_all_and_belong_to_nobody(world):
    seen = [
        [claim.action for claim in claims(world, node) if not claim.personal]
        for node in world.nodes
    ]
    assert len(seen[0]) == len(world.data_set(1).items)
    assert all(found == seen[0] for found in seen)


def test_every_claim_is_accepted_and_then_gone(world):
    found = [claiming(world, node) for node in world.nodes]
    for node, own in zip(world.nodes, found, strict=True):
        while due := claims(world, node, own):
            world.execute(due[0].action, node)
    pot = block_reward(world.parameters, 1)
    minted = sum(world.chain.tokens.values())
    assert pot - 100 <= minted <= pot


def test_claims_that_the_contract_denies_are_not_made_again(world):
    found = claiming(world, world.nodes[0])
    first = claims(world, world.nodes[0], found)[0]
    found.refuse(first.duty)
    assert first not in claims(world, world.nodes[0], found)


def test_nothing_is_claimed_for_a_data_set_that_differs_here(world):
    def other(_, round_number):
        return replace(data_of(world)(_, round_number), root=bytes(32))

    found = Claiming(world.nodes[0].account, other)
    status = world_status(world, world.nodes[0])
    assert all(claim.personal for claim in found.claims(status, world.history))


def test_a_data_set_that_is_not_known_yet_is_asked_for_again(world):
    answers = [None, data_of(world)(None, 1)]
    found = Claiming(world.nodes[0].account, lambda *_: answers.pop(0))
    status = world_status(world, world.nodes[0])
    assert all(claim.personal for claim in found.claims(status, world.history))
    assert not all(claim.personal for claim in found.claims(status, world.history))


def test_a_claimed_block_is_not_put_together_again(world):
    claimed = claiming(world, world.nodes[0])
    while due := claims(world, world.nodes[0], claimed):
        world.execute(due[0].action, world.nodes[0])

    def unwanted(*_):
        raise AssertionError("nothing is to be claimed from it")

    status = world_status(world, world.nodes[0])
    Claiming(world.nodes[0].account, unwanted).claims(status, world.history)


def test_a_bond_is_withdrawn_after_its_rounds_and_no_sooner(world):
    node, rounds = world.nodes[0], world.parameters.standing_rounds
    for number in range(2, rounds + 3):
        world.renew(world.nodes[:3])
        assert world.chain.competition.round == number - 1
        assert "WithdrawBond" not in kinds(claims(world, node))
        best = 5 * number
        world.make_block([best, best + 1, best + 2], baseline=best - 4)
    assert world.chain.competition.round == rounds + 2
    due = [c.action for c in claims(world, node) if isinstance(c.action, actions.WithdrawBond)]
    assert due == [actions.WithdrawBond(1, node.account)]
    world.execute(due[0], node)
    assert "WithdrawBond" not in kinds(claims(world, node))


def test_no_more_data_rewards_are_looked_at_than_can_be_sent_soon(world):
    assert len(world.data_set(1).items) <= MAXIMUM_DATA_CLAIMS
    found = claims(world, world.nodes[3])
    assert len(found) <= MAXIMUM_DATA_CLAIMS
