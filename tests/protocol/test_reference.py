"""The reference contracts: what must hold whatever anybody sends."""

from dataclasses import replace

import pytest

from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules import commitments, tally
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import SMALL
from scripts.support.worlds.world import World
from tests.support.worlds.random_play import RandomPlay


def assert_invariants(world: World) -> None:
    chain, parameters = world.chain, world.parameters
    competition, collection = chain.competition, chain.collection
    # One round collects, at most the one before it competes.
    assert collection.round in (0, competition.round + 1)
    assert collection.test_items == parameters.test_basis_points * collection.items // 10_000
    if competition.phase.competes:
        closed = chain.closed_round(competition.round)
        assert closed.items >= parameters.minimum_items
        assert closed.test_items >= 1
        assert competition.commitments <= parameters.maximum_models
        others = commitments.places(parameters, competition, is_attester=False)
        assert competition.newcomers == others.taken <= others.count
    # Tokens: never more than the blocks' rewards.
    minted = sum(chain.tokens.values())
    due = sum(tally.block_reward(parameters, block.number) for block in chain.blocks)
    assert minted <= due <= parameters.token_cap
    # Blocks link, each by a round later than the last.
    for before, block in zip(chain.blocks, chain.blocks[1:], strict=False):
        assert block.previous_hash == before.hash(world.model_chain)
        assert block.round > before.round
    # A key signs once in a scope.
    numbers = [world.history.items[number].item for number in range(len(world.history.items))]
    nullifiers = [(item.scope, item.nullifier_x) for item in numbers]
    assert len(set(nullifiers)) == len(nullifiers)


@pytest.mark.parametrize(("seed", "maximum_models"), [(0, 4), (1, 4), (2, 2), (3, 1)])
def test_invariants_hold_whatever_is_sent(seed: int, maximum_models: int) -> None:
    world = World(replace(SMALL, maximum_models=maximum_models), genesis=4)
    play = RandomPlay(world, seed)
    for _ in range(12):
        play.play(20)
        assert_invariants(world)
    assert len(world.chain.blocks) > 1
    assert len(play.refusals) > 20


def test_a_refused_transaction_leaves_no_trace() -> None:
    world = World(genesis=4)
    play = RandomPlay(world, 5)
    refused = 0
    for _ in range(250):
        before = sum(play.refusals.values())
        records = len(world.reference.environment.records)
        supply, collection = dict(world.chain.tokens), world.chain.collection
        play.step()
        # Steps of several transactions may have changed something before the last was refused.
        made = len(world.reference.environment.records) - records
        if sum(play.refusals.values()) > before and made == 0:
            refused += 1
            assert world.chain.tokens == supply
            assert world.chain.collection == collection
    assert refused > 30


def test_a_round_ends_however_silent_everybody_is() -> None:
    world = World()
    world.start()
    world.collect()
    for node in world.nodes[:2]:
        world.execute(world.commit(node, 5), node)
    world.end_phase()
    world.end_phase()
    world.execute(world.reveal(world.nodes[0]), world.nodes[0])
    for _ in range(4):
        world.end_phase()
    assert world.phase == Phase.VOID


def test_a_silent_majority_loses_its_standing_after_k_rounds() -> None:
    world = World()
    world.start()
    world.make_block([5, 8, 3])
    assert world.chain.standing_in(2) == 3
    for _ in range(3):
        world.renew()
        world.collect()
        world.end_phase()
    assert world.chain.competition.round == 4
    assert world.chain.competition.genesis_acts
    assert world.chain.standing_in(4) == 0


def test_the_same_transactions_give_the_same_chain() -> None:
    runs = []
    for _ in range(2):
        world = World(genesis=4)
        RandomPlay(world, 7).play(150)
        runs.append(world.reference.environment.records)
    assert runs[0] == runs[1]


def test_what_is_no_contract_s_action_is_a_mistake_of_the_program() -> None:
    world = World()
    with pytest.raises(TypeError):
        world.execute(actions.SubmitHeaders(b""))
    with pytest.raises(Revert, match="NotStarted"):
        world.execute(actions.Advance())
