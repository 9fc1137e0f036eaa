"""What holds of disputes whatever anybody sends: checked on what random play leaves behind."""

import pytest

from offchain.protocol.words import records as events
from offchain.protocol.words.dispute_records import (
    CellAsked,
    CellSettled,
    QuestionAsked,
    QuestionSettled,
    StatementFell,
)
from offchain.protocol.words.disputes import FallReason
from offchain.protocol.words.status import ZERO_ADDRESS
from scripts.support.worlds.world import World
from tests.support.worlds.played import SEEDS, made, played


@pytest.fixture(params=range(SEEDS), scope="module")
def world(request: pytest.FixtureRequest) -> World:
    """What a play has left."""
    return played(request.param).world


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_truth_falls_to_nothing_but_silence_and_who_stated_it_keeps_its_stake(
    seed: int,
) -> None:
    play = played(seed)
    world = play.world
    true = {number: play.statement_of(number) for number in play.truths}
    for fell in made(world, StatementFell):
        if fell.statement == true.get(fell.round):
            disputes = world.reference.disputes
            asked = disputes.disputes[fell.round].questions
            assert fell.reason is FallReason.SILENCE
            assert any(question.statement == fell.statement for question in asked)


def test_a_statement_falls_once_and_who_supported_it_loses_all(world: World) -> None:
    fallen = made(world, StatementFell)
    assert len({(fell.round, fell.statement) for fell in fallen}) == len(fallen)
    records = world.reference.environment.records
    for fell in fallen:
        opened = [
            record.account
            for record in made(world, events.AttestationOpened)
            if (record.round, record.statement) == (fell.round, fell.statement)
        ]
        taken = [
            record
            for record in records
            if isinstance(record, events.StakeConfiscated)
            and record.block_number == fell.block_number
            and record.account in opened
        ]
        assert [record.account for record in taken] == opened
        assert sum(record.amount for record in taken) == fell.taken
        assert fell.reward == min(world.parameters.challenge_reward, fell.taken // 2)


def test_disputes_hold_all_bonds_that_are_open_and_pay_nothing_twice(world: World) -> None:
    disputes = world.reference.disputes
    open_bonds = sum(
        asked.bond
        for entry in disputes.disputes.values()
        for asked in (*entry.questions, *entry.cells)
        if not asked.settled
    )
    owed = sum(sum(entry.rewards.values()) for entry in disputes.disputes.values())
    assert disputes.held >= open_bonds + owed
    came = sum(r.bond for kind in (QuestionAsked, CellAsked) for r in made(world, kind))
    rewards = sum(r.reward for r in made(world, StatementFell))
    at_once = sum(r.reward for r in made(world, StatementFell) if r.by != ZERO_ADDRESS)
    paid = sum(r.paid for kind in (QuestionSettled, CellSettled) for r in made(world, kind))
    assert disputes.held == came + rewards - at_once - paid
