"""When recorded Bitcoin headers are replayed: as soon as the nodes have done their part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from offchain.bitcoin.rules import MAINNET
from offchain.config import RECORDED_HEADERS
from offchain.headers.recorded import RecordedHeaders
from offchain.node.feeder.replay import DecisionTimes
from offchain.node.feeder.schedule import DecisionHeight, Feed, ReplaySchedule, decide_feed
from offchain.protocol.history.fold import History
from offchain.protocol.words import actions
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import ZERO_HASH, Phase
from scripts.support.worlds.dispute_story import disputed, judged_round
from scripts.support.worlds.world import World
from tests.support.worlds.world_status import world_status

PATIENCE = 50.0


def feed(
    world: World,
    seconds: float = 0.0,
    decision_height: DecisionHeight = lambda _: None,
    nodes: int | None = None,
) -> Feed:
    history = History(world.parameters, world.domain)
    history.apply_all(world.reference.environment.records)
    replay = ReplaySchedule(world.parameters, nodes, PATIENCE)
    status = world_status(world, world.nodes[0])
    return decide_feed(replay, status, history, seconds, decision_height)


@pytest.fixture
def world() -> World:
    world = World()
    world.start()
    return world


@pytest.fixture
def competing(world: World) -> World:
    world.collect()
    assert world.phase is Phase.OPEN
    return world


def confirmations(world: World) -> int:
    return world.relay.best_height - world.relay.tip


def phase_end(world: World) -> int:
    return world.rounds.competition.end_height + confirmations(world)


# ---- collection ----------------------------------------------------------------------------------


def test_nothing_is_fed_before_the_start():
    assert feed(World(), PATIENCE).height is None


def test_collection_waits_until_every_member_has_shared(world):
    world.share(world.nodes[:2])
    height = world.relay.best_height + 6
    waiting = feed(world, decision_height=lambda _: height)
    assert waiting.height is None
    assert "2 of 3" in waiting.reason
    world.share()
    assert feed(world, decision_height=lambda _: height).height == height + confirmations(world)


def test_collection_does_not_wait_for_ever(world):
    world.share(world.nodes[:2])
    height = world.relay.best_height + 6
    due = feed(world, PATIENCE, lambda _: height)
    assert due.height == height + confirmations(world)


def test_the_height_is_asked_for_the_last_data_transaction(world):
    world.share()
    asked = []

    def decision_height(timestamp: int) -> int:
        asked.append(timestamp)
        return world.relay.best_height + 6

    feed(world, decision_height=decision_height)
    assert asked == [world.now]


def test_nothing_is_fed_while_a_partition_is_possible(world):
    world.share()
    world.mine(8)
    feeding = feed(world, decision_height=lambda _: world.relay.best_height + 6)
    assert feeding.height is None
    assert "partitions" in feeding.reason


def test_a_round_without_data_is_brought_to_its_end(world):
    last = world.rounds.collection.open_height + world.parameters.collect_heights
    assert feed(world, PATIENCE).height == last + confirmations(world)


def test_headers_are_fed_until_the_next_epochs_draw_has_its_seed(world):
    """Its last round does not close before the next members are known."""
    world.collect()
    world.end_phases(Phase.VOID)
    assert world.collecting == world.parameters.epoch_rounds
    frozen_at = world.next_epoch.frozen_at
    assert frozen_at
    # Nobody shares, and what was mined since the freeze does not reach it yet.
    assert world.draw_height() is None
    height = world.relay.best_height + 6
    asked = []

    def decision_height(timestamp: int) -> int:
        asked.append(timestamp)
        return height

    due = feed(world, PATIENCE, decision_height)
    assert (due.height, asked) == (height + confirmations(world), [frozen_at])
    world.seed()
    feeding = feed(world, PATIENCE)
    assert (feeding.height, feeding.clock) == (None, False)
    assert "draw of epoch 2" in feeding.reason
    world.draw()
    last = world.rounds.collection.open_height + world.parameters.collect_heights
    assert feed(world, PATIENCE).height == last + confirmations(world)


# ---- competition ---------------------------------------------------------------------------------


def data_of(world: World) -> range:
    return range(world.rounds.closed_round(world.competing).data)


def waits_for_each(world: World, steps: list[Callable[[], object]]) -> None:
    """Headers are fed after the last of some steps, and not before."""
    for step in steps:
        assert feed(world).height is None
        step()
    assert feed(world).height == phase_end(world)


def by_each(world: World, action: Callable) -> list[Callable[[], object]]:
    return [
        lambda node=node: world.execute(action(node), node)  # type: ignore[misc]
        for node in world.attesters()
    ]


def test_every_phase_waits_for_what_it_is_for(competing):
    world, number = competing, competing.competing

    def publish(keys: Callable) -> list[Callable[[], object]]:
        return [
            lambda index=index: world.execute(keys(number, index))  # type: ignore[misc]
            for index in data_of(world)
        ]

    waits_for_each(world, publish(world.training_keys))
    world.end_phase()
    waits_for_each(world, by_each(world, lambda node: world.commit(node, 60)))
    world.end_phase()
    waits_for_each(world, publish(world.test_keys))
    world.end_phase()
    waits_for_each(world, by_each(world, lambda _: actions.ReportData(0)))
    world.end_phase()
    waits_for_each(world, by_each(world, world.reveal))
    world.end_phase()
    waits_for_each(world, by_each(world, lambda _: actions.ReportModels(0b1)))
    world.end_phase()
    assert world.phase is Phase.BRING
    waits_for_each(world, [lambda: world.execute(world.bringing(0))])
    world.end_phase()
    rows = world.rows()
    waits_for_each(world, by_each(world, lambda node: world.attestation(node, rows)))
    world.end_phase()
    waits_for_each(world, by_each(world, lambda node: world.opening(node, rows)))
    world.end_phase()
    # All agree: there is nothing to dispute.
    assert world.phase is Phase.CHALLENGE
    assert feed(world).height == phase_end(world)
    world.end_phase()
    assert world.phase is Phase.FINALIZE
    assert feed(world).height is None
    assert feed(world, PATIENCE).height == phase_end(world)


def proved(*, liar_asks: bool) -> World:
    """The lie has fallen in Prove; a liar has asked about the truth, which was answered."""
    world = judged_round()
    dispute = disputed(world, "better_points")
    dispute.state()
    row = next(number for number, known in enumerate(dispute.truth.rows) if known.hash != ZERO_HASH)
    asker = dispute.liars[0] if liar_asks else dispute.honest
    world.execute(world.asking(asker, dispute.truth, QuestionKind.ROW, row), asker)
    dispute.until(Phase.PROVE)
    assert feed(world).height is None
    dispute.play.dispute(dispute.honest, liars_answer=True)
    assert dispute.has_fallen == {"truth": False, "lie": True}
    return world


def test_nobody_waits_for_the_proof_of_those_whose_own_statement_has_fallen():
    world = proved(liar_asks=True)
    assert feed(world).height == phase_end(world)


def test_the_proof_of_others_may_still_come():
    world = proved(liar_asks=False)
    assert feed(world).height is None
    assert feed(world, PATIENCE).height == phase_end(world)


def test_nobody_waits_for_cells_of_what_has_fallen_by_silence():
    world = judged_round()
    dispute = disputed(world, "better_points")
    dispute.state()
    shown = [number for number, known in enumerate(dispute.lie.rows) if known.hash != ZERO_HASH]
    for row in shown[:2]:
        asking = world.asking(dispute.honest, dispute.lie, QuestionKind.ROW, row)
        world.execute(asking, dispute.honest)
    world.end_phase()
    world.execute(world.answering(1, dispute.lie), dispute.liars[0])
    world.end_phase()
    assert world.phase is Phase.SECOND_CHALLENGE
    assert dispute.has_fallen == {"truth": False, "lie": True}
    assert feed(world).height == phase_end(world)


def test_commit_waits_for_no_more_models_than_it_is_told(competing):
    competing.open()
    node = competing.nodes[0]
    assert feed(competing, nodes=1).height is None
    competing.execute(competing.commit(node, 60), node)
    assert feed(competing, nodes=1).height == phase_end(competing)
    assert feed(competing).height is None


def test_unseal_waits_for_no_test_keys_of_data_that_are_out_already(competing):
    competing.open([0, 1])
    competing.end_phase()
    assert competing.phase is Phase.UNSEAL
    for index in (0, 1):
        assert feed(competing).height is None
        competing.execute(competing.test_keys(competing.competing, index))
    assert feed(competing).height == phase_end(competing)


def test_a_phase_goes_on_without_those_who_are_late(competing):
    assert feed(competing, PATIENCE - 1).height is None
    assert feed(competing, PATIENCE).height == phase_end(competing)


def test_only_the_clock_moves_where_headers_are_there_already(competing):
    for index in data_of(competing):
        competing.execute(competing.training_keys(competing.competing, index))
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
