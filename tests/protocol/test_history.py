"""History: the fold over all events tells what the contracts hold, and notices misfits."""

from dataclasses import replace
from typing import TypeVar

import pytest

from offchain.protocol.history.entries import HistoryError
from offchain.protocol.history.fold import History
from offchain.protocol.words import actions
from offchain.protocol.words import records as events
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Phase, VoidReason
from scripts.support.worlds.world import World
from tests.support.worlds.random_play import RandomPlay

RecordType = TypeVar("RecordType", bound=Record)


@pytest.fixture(scope="module")
def played() -> World:
    """A chain with blocks and void rounds, made by random transactions."""
    world = World(genesis=4)
    RandomPlay(world, 1).play(350)
    assert len(world.chain.blocks) > 3
    assert any(closed.void_reason for closed in world.chain.closed.values())
    return world


def fresh(world: World) -> History:
    return History(world.parameters, world.model_chain, world.data_registry)


def first(world: World, kind: type[RecordType]) -> tuple[int, RecordType]:
    """The first record of a kind with its index."""
    return next(
        (i, record)
        for i, record in enumerate(world.reference.environment.records)
        if isinstance(record, kind)
    )


def assert_refused(world: World, index: int, forged: Record, reason: str) -> None:
    """Check that a forged record is refused in place of the genuine one at an index."""
    history = fresh(world)
    records = world.reference.environment.records
    history.apply_all(records[:index])
    with pytest.raises(HistoryError, match=reason):
        history.apply(forged)


# ---- it tells what the contracts hold ------------------------------------------------------------


def test_blocks_are_those_of_the_contracts(played: World) -> None:
    assert played.history.blocks == played.chain.blocks
    assert played.history.block_hashes == played.chain.block_hashes


def test_standing_validity_and_heat_are_those_of_the_contracts(played: World) -> None:
    history, chain = played.history, played.chain
    assert history.standing_until == chain.standing
    assert history.had_valid_model == chain.valid_accounts
    assert history.heat == played.reference.heat.holdings


def test_rounds_are_those_of_the_contracts(played: World) -> None:
    history, chain = played.history, played.chain
    assert set(history.rounds) == {*chain.closed, chain.collection.round}
    for number, closed in chain.closed.items():
        entry = history.round(number)
        assert (len(entry.items), len(entry.test_items)) == (closed.items, closed.test_items)
        assert (entry.void_reason or VoidReason.NONE) == closed.void_reason
        assert (entry.block.number if entry.block else 0) == closed.block_number
        assert history.circle_seed(number + 1) == closed.seed
    competing = history.competing
    assert competing is not None
    assert (competing.number, competing.phase) == (
        chain.competition.round,
        chain.competition.phase,
    )
    assert competing.attesters == chain.competition.attesters
    assert len(competing.reveals) == chain.competition.reveals
    assert len(competing.commitments) == chain.competition.commitments


def test_void_rounds_in_a_row_are_those_of_the_contracts() -> None:
    world = World()
    world.start()
    for expected in range(3):
        world.renew()
        world.collect()
        assert world.history.round(expected + 1).voids_in_a_row == expected
        assert world.chain.competition.voids_in_a_row == expected
        world.end_phase()


def test_active_keys_are_those_of_the_contracts(played: World) -> None:
    for scope in range(1, played.collecting + 1):
        keys = played.history.active_keys(scope)
        assert [key.position for key in keys] == list(range(len(keys)))
        assert len(keys) == played.reference.key_registry.active_keys(scope)
    keys = played.history.active_keys(played.collecting)
    ring = b"".join(key.position.to_bytes(2, "big") for key in keys)
    registry = played.reference.key_registry
    if registry.written_keys(played.collecting) == len(keys):
        assert [key.x for key in keys] == registry.ring_keys(played.collecting, ring)


def test_items_are_found_by_nullifier_with_their_round_and_kind(played: World) -> None:
    history = played.history
    for shared in history.items:
        item = shared.item
        assert history.item_of(item.scope, item.nullifier_x) == shared
        if shared.round is not None:
            entry = history.round(shared.round)
            assert shared.shared.number in entry.items
            assert shared.is_test == (shared.shared.number in entry.test_items)
    assert history.item_of(99, 1) is None


def test_candidates_are_the_items_of_every_block_s_data_set(played: World) -> None:
    for block in played.chain.blocks[1:]:
        data = played.data_set(block.round)
        assert data.root(played.model_chain) == block.data_root
        assert (data.training_items, data.test_items) == (block.training_items, block.test_items)


def test_rewards_are_the_tokens_of_the_contracts(played: World) -> None:
    assert played.history.rewards == played.chain.tokens


def test_used_positions_are_all_that_rings_of_the_scope_named(played: World) -> None:
    expected = {
        position
        for shared in played.history.items
        if shared.item.scope == 1
        for position in shared.shared.signature.positions
    }
    assert played.history.used_positions(1) == expected


def test_only_the_first_publication_of_a_key_counts() -> None:
    world = World()
    world.start()
    world.collect()
    training = [
        i for i in world.history.round(1).items if i not in world.history.round(1).test_items
    ]
    world.execute(world.commit(world.nodes[0], 5), world.nodes[0])
    world.publish(training[:1])
    world.end_phase()
    world.publish(training[:2])
    publications = [world.history.items[i].publication for i in training[:2]]
    assert [p.phase for p in publications if p] == [Phase.COMMIT, Phase.UNSEAL]
    assert [item.number for item in world.history.candidates(1)] == training[:1]


def test_models_and_items_are_missing_when_more_than_half_report_them() -> None:
    world = World()
    world.start()
    world.collect()
    world.execute(world.commit(world.nodes[0], 5), world.nodes[0])
    world.end_phase()
    for node in world.nodes[:2]:
        world.execute(actions.ReportMissingItems((0, 1)), node)
    world.execute(actions.ReportMissingItems((2,)), world.nodes[0])
    # Who reports twice still counts once.
    world.execute(actions.ReportMissingItems((2,)), world.nodes[0])
    assert world.history.round(1).missing_items == {0, 1}
    world.end_phase()
    world.execute(world.reveal(world.nodes[0]), world.nodes[0])
    world.end_phase()
    world.execute(actions.ReportMissingModels((0,)), world.nodes[1])
    assert world.history.round(1).missing_models == frozenset()
    world.execute(actions.ReportMissingModels((0,)), world.nodes[2])
    assert world.history.round(1).missing_models == {0}


def test_reading_in_two_parts_is_reading_at_once(played: World) -> None:
    records = played.reference.environment.records
    history = fresh(played)
    history.apply_all(records[:200])
    history.apply_all(records[200:])
    assert history.items == played.history.items
    assert history.rounds == played.history.rounds


# ---- it notices what does not fit ----------------------------------------------------------------


def test_a_record_twice_is_refused(played: World) -> None:
    records = played.reference.environment.records
    history = fresh(played)
    history.apply_all(records[:20])
    with pytest.raises(HistoryError, match="comes after"):
        history.apply(records[19])


def test_an_unknown_record_is_refused(played: World) -> None:
    record = Record(block_number=1, log_index=0, timestamp=0)
    with pytest.raises(HistoryError, match="no known record"):
        fresh(played).apply(record)


def test_a_missing_item_is_noticed(played: World) -> None:
    index, shared = first(played, events.DataShared)
    assert_refused(played, index, replace(shared, number=1), "item 1, expected 0")


def test_an_item_that_is_not_what_its_identifier_says_is_noticed(played: World) -> None:
    index, shared = first(played, events.DataShared)
    item = replace(shared.item, payload_hash=bytes(32))
    assert_refused(played, index, replace(shared, item=item), "is not the item's")


def test_missing_keys_are_noticed(played: World) -> None:
    index, registered = first(played, events.KeysRegistered)
    assert_refused(played, index, replace(registered, first_key=1), "first key 1, 0 are known")


def test_a_publication_of_an_unknown_item_is_noticed(played: World) -> None:
    index, published = first(played, events.KeyPublished)
    assert_refused(played, index, replace(published, number=10**6), "item 1000000")


def test_another_genesis_is_noticed(played: World) -> None:
    index, started = first(played, events.Started)
    assert_refused(played, index, replace(started, genesis_hash=bytes(32)), "genesis hash")


def test_a_partition_that_leaves_items_out_is_noticed(played: World) -> None:
    index, partition = first(played, events.Partitioned)
    forged = replace(partition, first_item=1)
    assert_refused(played, index, forged, "takes items 1")
    assert_refused(played, index, replace(partition, end_item=10**6), "to 1000000")
    assert_refused(played, index, replace(partition, round=2), "round 2 has not opened")


def test_a_round_that_closes_with_other_counts_is_noticed(played: World) -> None:
    index, closed = first(played, events.RoundClosed)
    assert_refused(played, index, replace(closed, items=closed.items + 1), "items with")


def test_a_block_that_does_not_follow_from_its_votes_is_noticed(played: World) -> None:
    index, appended = first(played, events.BlockAppended)
    assert_refused(played, index, replace(appended, number=2), "block 2, expected 1")
    assert_refused(played, index, replace(appended, ranking=(9,)), "ranks unknown reveals")
    scores = replace(appended.scores, data_root=bytes(32))
    assert_refused(played, index, replace(appended, scores=scores), "block hash")


def test_a_missing_reveal_is_noticed(played: World) -> None:
    index, revealed = first(played, events.ModelRevealed)
    assert_refused(played, index, replace(revealed, index=1), "reveal 1, expected 0")
