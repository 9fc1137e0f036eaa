"""What snapshots take from the records: applicants, the drawn, keepers, claims."""

from __future__ import annotations

import pytest

from offchain.protocol.deciding.facts import (
    MAXIMUM_DATA_CLAIMS,
    REMEMBERED_BLOCKS,
    claims,
    keepers,
    membership_facts,
    round_claim,
)
from offchain.protocol.history.fold import History
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from scripts.support.worlds.steps import SMALL
from scripts.support.worlds.world import World

STRANGER = "0x" + "ee" * 20


def history_of(world: World) -> History:
    history = History(world.parameters, world.domain)
    history.apply_all(world.reference.environment.records)
    return history


def facts_of(world: World, account: str):
    genesis = [node.account for node in world.genesis_nodes]
    return membership_facts(history_of(world), account, genesis, 77)


# ---- members


def test_before_the_start_those_who_applied_ascend_by_key() -> None:
    world = World()
    world.mine(2)
    first, second, third = world.genesis_nodes
    for node in (first, third):
        world.execute(world.application(node), node)
    facts = facts_of(world, second.account)
    assert facts.start_accounts == world.beginning().accounts
    assert (facts.genesis_accounts, facts.earliest_start) == (3, 77)
    assert facts.is_warm
    assert not facts.is_member
    assert not facts_of(world, STRANGER).is_warm
    assert keepers(history_of(world), second.account) == tuple(
        sorted(node.account for node in world.genesis_nodes)
    )


def test_the_drawn_are_known_once_the_draw_has_its_seed() -> None:
    world = World()
    world.start()
    world.apply(world.nodes)
    world.collect()
    assert facts_of(world, STRANGER).drawn == ()
    assert facts_of(world, world.nodes[0].account).is_member
    height = world.draw_height()
    while height is None:
        world.mine(2)
        height = world.draw_height()
    world.execute(actions.SeedDraw(height))
    drawn = facts_of(world, STRANGER).drawn
    assert drawn == world.member_list().accounts
    assert len(drawn) == SMALL.maximum_members
    assert keepers(history_of(world), STRANGER) == tuple(
        sorted([*(node.account for node in world.genesis_nodes), STRANGER])
    )


# ---- claims


@pytest.fixture(scope="module")
def paying() -> World:
    """A world with a block that has a best model, and nothing claimed."""
    world = World()
    world.start()
    world.make_block([80, 60, 40])
    assert not world.rounds.blocks[1].quiet
    return world


def test_what_a_block_pays_is_claimed_by_whom_it_pays_and_data_by_everybody(paying) -> None:
    history = history_of(paying)
    block = history.head
    best = history.round(1).reveals[block.best_reveal].account
    for node in paying.genesis_nodes:
        due = claims(history, node.account)
        own = [claim.action for claim in due if claim.personal]
        model = block.best_reveal if node.account == best else actions.NO_MODEL
        assert own == [actions.ClaimRounds(node.account, (actions.RoundClaim(1, model),))]
        assert [claim.action for claim in due if not claim.personal] == [
            paying.data_claim(1, index) for index in range(3)
        ]
    assert not [claim for claim in claims(history, STRANGER) if claim.personal]


def test_claims_are_accepted_and_made_once(paying) -> None:
    world = paying.fork()
    for node in world.genesis_nodes:
        for claim in claims(history_of(world), node.account):
            world.execute(claim.action, node)
    for node in world.genesis_nodes:
        assert claims(history_of(world), node.account) == ()


def test_other_voices_are_claimed_by_their_number() -> None:
    world = World()
    world.start()
    world.make_block([20])
    for skills in ([60, 80], [95, 90], [99, 97]):
        world.make_block(skills)
        block = world.rounds.blocks[-1]
        others = block.paid_voices & ~(1 << block.best_reveal)
        if not block.quiet and others:
            break
    index = others.bit_length() - 1
    history = history_of(world)
    account = history.round(block.round).reveals[index].account
    due = round_claim(history, history.round(block.round), account)
    assert due == actions.RoundClaim(block.round, index)
    world.execute(actions.ClaimVoice(block.round, index))
    history = history_of(world)
    due = round_claim(history, history.round(block.round), account)
    assert due == actions.RoundClaim(block.round, actions.NO_MODEL)
    world.execute(actions.ClaimAttestation(block.round, account))
    history = history_of(world)
    assert round_claim(history, history.round(block.round), account) is None


def test_many_rounds_are_claimed_in_one_transaction_and_paid_once() -> None:
    world = World()
    world.start()
    for skills in ([20], [60, 80], [95, 90]):
        world.make_block(skills)
    rounds = [block.round for block in world.rounds.blocks[1:]]
    most = []
    for node in world.genesis_nodes:
        [due] = [claim for claim in claims(history_of(world), node.account) if claim.personal]
        most = max(most, [claim.round for claim in due.action.claims], key=len)
        world.execute(due.action, node)
        assert not [claim for claim in claims(history_of(world), node.account) if claim.personal]
        with pytest.raises(Revert, match="NothingToClaim"):
            world.execute(due.action, node)
    assert most == rounds


def test_data_rewards_are_claimed_for_the_last_blocks_and_not_all_at_once(paying) -> None:
    world = paying.fork()
    for _ in range(REMEMBERED_BLOCKS):
        world.make_block()
    due = [claim.action for claim in claims(history_of(world), STRANGER)]
    assert {action.record.round for action in due} == {2, 3, 4, 5}
    assert len(due) <= MAXIMUM_DATA_CLAIMS
