"""From a statement to a block in the reference, rule by rule."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from offchain.protocol.words import actions
from offchain.protocol.words.records import ModelBurned, RoundDecided
from offchain.protocol.words.reward_records import StandingGained
from offchain.protocol.words.status import ZERO_HASH, Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row
from scripts.support.worlds.steps import SMALL, refused
from scripts.support.worlds.world import World


def rows_of(world: World, *nets: int, spread: int = 1, repeats: Sequence[int] = ()) -> list[Row]:
    """Made-up rows by their nets, the baseline's first."""
    copied = [*repeats, *(0 for _ in nets)]
    models = [
        Row(b"h" * 32, 100 + net, net, spread, copied[index]) for index, net in enumerate(nets)
    ]
    baseline = EMPTY_ROW if world.rounds.head().number == 0 else Row(b"b" * 32, 100, 0, 0, 0)
    return [baseline, *models]


def decided(world: World) -> RoundDecided:
    """How the last round was decided."""
    records = world.reference.environment.records
    return [record for record in records if isinstance(record, RoundDecided)][-1]


def finalize(world: World, rows: Sequence[Row]) -> None:
    """Attest these rows and append their block."""
    world.attest(rows)
    world.execute(actions.Finalize(tuple(rows)))


def reveal_voting(world: World, *others: int) -> None:
    """Reveal all models; those of these nodes name another data set."""
    for index, node in enumerate(world.genesis_nodes):
        reveal = world.reveal(node)
        if index in others:
            changed = replace(reveal.transaction, data_root=b"other data set".ljust(32))
            reveal = replace(reveal, transaction=changed)
        world.execute(reveal, node)
    world.end_phase()


def second_round(world: World) -> World:
    """Round 2 in Reveal: there is a best model already."""
    world.collect()
    world.train([50, 50, 50])
    return world


def test_only_the_statement_that_stands_makes_a_block(attesting: World) -> None:
    with refused("WrongPhase", Phase.ATTEST, Phase.FINALIZE):
        attesting.execute(actions.Finalize(attesting.rows()))
    rows = attesting.rows()
    attesting.attest(rows)
    other = (rows[0], *rows[:0:-1])
    with refused("NotTheStatement", attesting.statement(other), attesting.statement(rows)):
        attesting.execute(actions.Finalize(other))
    attesting.execute(actions.Finalize(rows))
    assert attesting.phase == Phase.FINAL


def test_models_rank_by_net_then_by_the_earlier_commitment(attesting: World) -> None:
    finalize(attesting, rows_of(attesting, 7, 9, 9))
    assert attesting.rounds.blocks[-1].best_reveal == 1


def test_before_there_is_a_best_model_the_best_ranked_alone_is_a_voice(attesting: World) -> None:
    finalize(attesting, rows_of(attesting, 7, 9, 8))
    assert decided(attesting).valid == 0b111
    assert decided(attesting).ranking == (1,)
    block = attesting.rounds.blocks[-1]
    assert (block.voices, block.paid_voices) == (1, 0b010)


def test_a_model_is_valid_iff_its_advantage_is_more_than_chance(with_block: World) -> None:
    world = second_round(with_block)
    reveal_voting(world)
    # B = 50^2 / 100 = 25: 100 net^2 >= 25 spread.
    rows = rows_of(world, 5, 0, -3, spread=100)
    finalize(world, rows)
    assert decided(world).valid == 0b001
    assert SMALL.significance == 50


def test_the_same_advantage_with_more_differences_is_chance(with_block: World) -> None:
    world = second_round(with_block)
    reveal_voting(world)
    finalize(world, rows_of(world, 5, 5, 5, spread=101))
    assert decided(world).valid == 0
    assert world.rounds.blocks[-1].quiet


def test_a_variant_of_a_better_voice_is_no_voice(with_block: World) -> None:
    world = second_round(with_block)
    reveal_voting(world)
    finalize(world, rows_of(world, 7, 9, 8, repeats=(2, 0, 0)))
    assert decided(world).valid == 0b111
    assert decided(world).ranking == (1, 2)
    assert world.rounds.blocks[-1].paid_voices == 0b110


def test_the_best_voice_that_names_d_and_the_head_wins(with_block: World) -> None:
    world = second_round(with_block)
    reveal_voting(world, 1)
    finalize(world, rows_of(world, 7, 9, 8))
    block = world.rounds.blocks[-1]
    assert (block.voices, block.best_reveal, block.paid_voices) == (3, 2, 0b101)
    assert world.rounds.head().model_hash == world.nodes[2].models[2].model_hash


@pytest.mark.parametrize("nets", [(7, 9, 8), (9, 7, -1)])
def test_voices_that_name_otherwise_make_a_quiet_block(
    with_block: World, nets: tuple[int, int, int]
) -> None:
    world = second_round(with_block)
    head = world.rounds.head()
    # Two of three, or one of two: at least half.
    reveal_voting(world, *([1, 2] if nets[2] > 0 else [0]))
    finalize(world, rows_of(world, *nets))
    block = world.rounds.blocks[-1]
    assert (block.quiet, block.paid_voices, block.best_model) == (True, 0, ZERO_HASH)
    assert world.rounds.head().model_hash == head.model_hash
    records = world.reference.environment.records
    assert {r.round for r in records if isinstance(r, StandingGained)} == {1}


def test_no_valid_model_makes_a_quiet_block_that_keeps_the_best(with_block: World) -> None:
    head = with_block.rounds.head()
    with_block.make_block([0, 1, 2])
    assert with_block.rounds.blocks[-1].quiet
    assert with_block.rounds.head().model_hash == head.model_hash
    assert with_block.rounds.head().number == 2
    # The next models are held against the same baseline, and build on the quiet block.
    with_block.make_block([60, 62, 58])
    assert not with_block.rounds.blocks[-1].quiet


def test_models_far_below_the_baseline_and_missing_ones_burn(with_block: World) -> None:
    world = second_round(with_block)
    reveal_voting(world)
    # Half of the baseline's 100 points is enough, less is not.
    rows = rows_of(world, 7, -50, -51)
    finalize(world, [*rows[:3], rows[3]])
    records = world.reference.environment.records
    burned = [record for record in records if isinstance(record, ModelBurned)]
    assert [(record.account, record.index) for record in burned] == [(world.nodes[2].account, 2)]
    stake = world.reference.membership.stake_of(world.nodes[2].account)
    assert stake.amount == SMALL.stake - SMALL.model_burn


def test_a_malformed_model_is_not_valid_and_burns_even_before_there_is_a_baseline(
    attesting: World,
) -> None:
    rows = rows_of(attesting, 7, 9, 8)
    finalize(attesting, [*rows[:2], EMPTY_ROW, rows[3]])
    assert decided(attesting).valid == 0b101
    assert attesting.rounds.blocks[-1].best_reveal == 2
    records = attesting.reference.environment.records
    assert [r.index for r in records if isinstance(r, ModelBurned)] == [1]
