"""When recorded Bitcoin headers are replayed: as soon as the nodes have done their part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.bitcoin.rules import MAINNET
from offchain.config import RECORDED_HEADERS
from offchain.headers.recorded import RecordedHeaders
from offchain.node.feeder.replay import DecisionTimes
from offchain.node.feeder.schedule import ReplaySchedule, decide_feed
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import SMALL
from scripts.support.worlds.world import World
from tests.support.worlds.world_status import world_status

NODES = 3
PATIENCE = 50.0


def feed(world, seconds=0.0, decision_height=lambda _: None):
    replay = ReplaySchedule(
        world.parameters, world.bitcoin.checkpoint.height, NODES, patience=PATIENCE, settle=1.0
    )
    status = world_status(world, world.nodes[0])
    return decide_feed(replay, status, world.history, seconds, decision_height)


@pytest.fixture
def world():
    world = World()
    world.start()
    return world


@pytest.fixture
def competing(world):
    world.collect(12)
    assert world.phase is Phase.COMMIT
    return world


def confirmations(world):
    return world.relay.best_height - world.relay.tip


def phase_end(world):
    return world.chain.competition.end_height + confirmations(world)


def everybody(world):
    return world.nodes[:NODES]


def test_the_tip_is_brought_to_the_checkpoint_for_the_start_and_no_further():
    world = World()
    checkpoint = world.bitcoin.checkpoint.height
    assert world.relay.tip < checkpoint
    assert feed(world).height == checkpoint + confirmations(world)
    world.mine(2)
    assert feed(world).height is None


def test_collection_waits_until_every_key_has_shared(world):
    world.share(11)
    waiting = feed(world, decision_height=lambda _: world.relay.best_height + 6)
    assert waiting.height is None
    assert "11 of 12" in waiting.reason
    world.share(1)
    best = world.relay.best_height
    due = feed(world, decision_height=lambda _: best + 6)
    assert due.height == best + 6 + confirmations(world)


def test_collection_does_not_wait_for_ever(world):
    world.share(8)
    best = world.relay.best_height
    due = feed(world, PATIENCE, lambda _: best + 6)
    assert due.height == best + 6 + confirmations(world)


def test_the_height_is_asked_for_the_last_item(world):
    world.share(12)
    asked = []

    def decision_height(timestamp):
        asked.append(timestamp)
        return world.relay.best_height + 6

    feed(world, decision_height=decision_height)
    assert asked == [world.history.items[-1].shared.arrival]


def test_nothing_is_fed_while_a_partition_is_possible(world):
    world.share(12)
    world.mine(8)
    feeding = feed(world, decision_height=lambda _: world.relay.best_height + 6)
    assert feeding.height is None
    assert "partitions" in feeding.reason


def test_a_round_without_items_is_brought_to_its_end(world):
    opened = world.chain.collection.open_height
    last = opened + world.parameters.maximum_collect_heights
    assert feed(world, PATIENCE).height == last + confirmations(world)


def test_commit_waits_for_every_model(competing):
    for node in everybody(competing):
        assert feed(competing).height is None
        competing.execute(competing.commit(node, 5), node)
    assert feed(competing).height == phase_end(competing)


def test_commit_waits_for_no_more_models_than_there_are_places():
    world = World(replace(SMALL, maximum_models=2))
    world.start()
    world.collect(12)
    for node in world.nodes[:2]:
        assert feed(world).height is None
        world.execute(world.commit(node, 5), node)
    assert feed(world).height == phase_end(world)


def test_commit_goes_on_without_those_who_are_late(competing):
    assert feed(competing, PATIENCE - 1).height is None
    assert feed(competing, PATIENCE).height == phase_end(competing)


def to_phase(world, phase):
    for node in everybody(world):
        world.execute(world.commit(node, 5), node)
    entry = world.history.round(1)
    world.publish([number for number in entry.items if number not in entry.test_items])
    while world.phase < phase:
        if world.phase is Phase.UNSEAL:
            world.publish(sorted(entry.test_items))
        if world.phase is Phase.REVEAL:
            for node in everybody(world):
                world.execute(world.reveal(node), node)
        world.end_phase()
    return world


def test_unseal_waits_for_every_test_key(competing):
    world = to_phase(competing, Phase.UNSEAL)
    assert feed(world).height is None
    world.publish(sorted(world.history.round(1).test_items))
    assert feed(world).height == phase_end(world)


def test_reveal_waits_for_every_committed_model(competing):
    world = to_phase(competing, Phase.REVEAL)
    for node in everybody(world):
        assert feed(world).height is None
        world.execute(world.reveal(node), node)
    assert feed(world).height == phase_end(world)


def test_available_leaves_time_to_fetch_models(competing):
    world = to_phase(competing, Phase.AVAILABLE)
    assert feed(world, 0.9).height is None
    assert feed(world, 1.0).height == phase_end(world)


def test_attest_waits_for_every_attester_and_its_opening(competing):
    world = to_phase(competing, Phase.ATTEST)
    scores = world.scores(0)
    for node in everybody(world):
        assert feed(world).height is None
        world.execute(world.attestation(node, scores), node)
    assert feed(world).height == phase_end(world)
    world.end_phase()
    for node in everybody(world):
        assert feed(world).height is None
        world.execute(world.opening(node, scores), node)
    assert feed(world).height == phase_end(world)


def test_nothing_is_fed_while_a_block_is_to_be_appended(competing):
    world = to_phase(competing, Phase.AVAILABLE)
    world.attest(world.scores(0))
    assert world.phase is Phase.FINALIZE
    assert feed(world).height is None
    assert feed(world, PATIENCE).height == phase_end(world)


def test_only_the_clock_moves_where_headers_are_there_already(competing):
    for node in everybody(competing):
        competing.execute(competing.commit(node, 5), node)
    competing.mine(1, seconds=1)
    feeding = feed(competing)
    assert (feeding.height, feeding.clock) == (None, True)
    competing.wait(competing.parameters.minimum_phase_seconds)
    feeding = feed(competing)
    assert (feeding.height, feeding.clock) == (None, False)
    competing.execute(actions.Advance())


def test_decision_times_of_the_recorded_headers_are_found_by_halves():
    source = RecordedHeaders(RECORDED_HEADERS, MAINNET)
    times = DecisionTimes.of(source, 60)
    assert list(times.times) == sorted(times.times)
    for height in (source.first_height() + 10, source.first_height() + 500, source.best_height()):
        decision = times.times[height - times.first_height]
        found = times.first_after(decision - 1)
        assert found is not None
        assert found <= height
        assert times.times[found - times.first_height] == decision
    assert times.first_after(times.times[-1]) is None
