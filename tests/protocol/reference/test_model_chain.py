"""Rounds and their phases in the reference, rule by rule."""

from dataclasses import replace

import pytest

from offchain.protocol.words import actions
from offchain.protocol.words.records import (
    DataSetFixed,
    KeysCounted,
    PhaseStarted,
    RoundClosed,
    RoundOpened,
)
from offchain.protocol.words.status import Phase, VoidReason
from scripts.support.worlds.steps import SMALL, refused
from scripts.support.worlds.world import World

NOT_SKIPPED = [*range(Phase.OPEN, Phase.BRING), *range(Phase.ATTEST, Phase.VOID)]


def phases(world: World) -> list[int]:
    """All phases that round 1 has entered."""
    return [
        record.phase
        for record in world.reference.environment.records
        if isinstance(record, PhaseStarted) and record.round == 1
    ]


# ---- collection ----------------------------------------------------------------------------------


def test_nothing_advances_before_the_start() -> None:
    with refused("NotStarted"):
        World().execute(actions.Advance())


def test_a_round_closes_when_every_member_s_data_are_partitioned(started: World) -> None:
    started.share(started.nodes[:2])
    started.partition_all()
    with refused("NothingToAdvance"):
        started.execute(actions.Advance())
    started.share()
    with refused("NothingToAdvance"):
        started.execute(actions.Advance())
    started.partition_all()
    started.execute(actions.Advance())
    assert started.phase == Phase.OPEN


def test_a_round_closes_after_so_many_heights_but_not_while_something_is_due(
    started: World,
) -> None:
    started.share(started.nodes[:2])
    open_height = started.rounds.collection.open_height
    started.mine(open_height + SMALL.collect_heights - started.relay.tip - 1)
    started.share(started.nodes[2:3])
    started.mine(1)
    assert started.relay.tip == open_height + SMALL.collect_heights
    with refused("NothingToAdvance"):
        started.execute(actions.Advance())
    due = started.reference.data_registry.next_partition()
    started.execute(actions.Partition(due.height, due.end))
    started.execute(actions.Advance())
    assert started.rounds.closed_round(1).data == 2


def test_the_next_round_opens_as_one_closes_and_one_competes_at_a_time(competing: World) -> None:
    records = competing.reference.environment.records
    [closed] = [record for record in records if isinstance(record, RoundClosed)]
    opened = [record for record in records if isinstance(record, RoundOpened)]
    assert [record.round for record in opened] == [1, 2]
    assert opened[1].block_number == closed.block_number
    competing.share()
    competing.partition_all()
    # Round 2 is complete, but round 1 competes: advancing ends its phase.
    competing.execute(actions.Advance())
    assert competing.phase == Phase.COMMIT
    assert competing.collecting == 2


def test_a_round_with_too_little_data_is_void_at_once(started: World) -> None:
    started.share(started.nodes[:1])
    started.partition_all()
    started.close()
    assert started.phase == Phase.VOID
    assert started.rounds.closed_round(1).void_reason == VoidReason.TOO_FEW_DATA
    assert started.collecting == 2


# ---- phases --------------------------------------------------------------------------------------


def test_phases_follow_one_another_up_to_the_block(competing: World) -> None:
    competing.make_block([20, 40, 30])
    disputing = range(Phase.ANSWER, Phase.FINALIZE)
    expected = [phase for phase in NOT_SKIPPED if phase <= Phase.FINAL and phase not in disputing]
    assert phases(competing) == expected


def test_a_phase_ends_neither_before_its_height_nor_before_its_seconds(competing: World) -> None:
    current = competing.rounds.competition
    earliest = current.phase_start + SMALL.minimum_phase_seconds
    competing.now = earliest - 2
    compared = current.end_height, current.end_height - 1, earliest
    with refused("PhaseNotOver", *compared, earliest - 1):
        competing.execute(actions.Advance())
    fork = competing.fork()
    fork.mine(1, seconds=1)
    fork.now = earliest
    fork.execute(actions.Advance())
    competing.now = earliest
    with refused("PhaseNotOver", *compared, earliest + 1):
        competing.execute(actions.Advance())


def test_without_models_reveal_to_bring_are_skipped_and_the_block_is_quiet(
    competing: World,
) -> None:
    competing.make_block()
    skipped = {Phase.REVEAL, Phase.AVAILABLE, Phase.BRING}
    assert not skipped & set(phases(competing))
    assert competing.rounds.blocks[-1].quiet


def test_without_reveals_the_round_goes_on_to_a_quiet_block(revealing: World) -> None:
    revealing.end_phase()
    revealing.attest()
    revealing.execute(actions.Finalize(revealing.rows()))
    assert revealing.rounds.blocks[-1].quiet


def test_n1_counts_what_was_published_in_time_and_k_is_a_third_of_it(competing: World) -> None:
    competing.open([0, 1])
    competing.end_phase()
    competing.unseal()
    [counted] = [
        record
        for record in competing.reference.environment.records
        if isinstance(record, KeysCounted)
    ]
    assert (counted.published, counted.trim) == (2, 0)
    competing.report()
    closed = competing.rounds.closed_round(1)
    assert (closed.published, closed.trim, closed.data_set) == (2, 0, 0b11)


def test_too_few_published_keys_make_the_round_void(competing: World) -> None:
    competing.open([0, 1])
    competing.end_phase()
    competing.unseal([1])
    assert competing.phase == Phase.VOID
    closed = competing.rounds.closed_round(1)
    assert (closed.published, closed.void_reason) == (1, VoidReason.TOO_FEW_DATA)


def test_reports_change_d_but_not_k_and_too_many_make_the_round_void(competing: World) -> None:
    competing.open()
    competing.end_phase()
    competing.unseal()
    some, many = competing.fork(), competing.fork()
    some.report(0b000)
    assert some.rounds.closed_round(1).data_set == 0b111
    # n1 = 3, k = 1: with two left, fewer than 2 k + 1, nothing can be judged.
    many.report(0b010)
    assert many.phase == Phase.VOID
    closed = many.rounds.closed_round(1)
    assert (closed.trim, closed.void_reason) == (1, VoidReason.TOO_FEW_DATA)
    assert not [r for r in many.reference.environment.records if isinstance(r, DataSetFixed)]


def test_d_is_a_root_over_the_data_in_order_of_arrival(revealing: World) -> None:
    registry, closed = revealing.reference.data_registry, revealing.rounds.closed_round(1)
    assert closed.data_root == registry.data_root(1, 0b111)
    assert closed.data_root != registry.data_root(1, 0b011)


@pytest.mark.parametrize(
    ("last", "reason"),
    [(Phase.ATTEST_REVEAL, VoidReason.NO_STATEMENT), (Phase.FINALIZE, VoidReason.NOT_FINALIZED)],
)
def test_a_round_ends_however_silent_everybody_is(
    attesting: World, last: Phase, reason: VoidReason
) -> None:
    if last == Phase.FINALIZE:
        attesting.attest()
    attesting.end_phases(Phase.VOID)
    assert attesting.rounds.closed_round(1).void_reason == reason
    assert phases(attesting)[-2:] == [last, Phase.VOID]


def test_a_block_links_to_the_one_before_and_has_its_round_s_decision_time(
    with_block: World,
) -> None:
    with_block.make_block([60, 61, 62])
    _, first, second = with_block.rounds.blocks
    assert second.previous_hash == first.hash(with_block.domain)
    assert (first.number, first.round, second.number, second.round) == (1, 1, 2, 2)
    for block in (first, second):
        assert block.timestamp == with_block.rounds.closed_round(block.round).decision_time
        assert with_block.rounds.closed_round(block.round).block_number == block.number
    assert replace(first, timestamp=0).hash(with_block.domain) != second.previous_hash
