"""A history that forgets tells a node the same as one that remembers everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.protocol.deciding import facts
from offchain.protocol.deciding.retention import (
    EARLIER_ROUNDS,
    LEAST_ROUNDS,
    OWING_ROUNDS,
    Retention,
)
from offchain.protocol.history.entries import HistoryError
from offchain.protocol.history.fold import History
from offchain.protocol.words.records import RoundOpened
from scripts.support.worlds.disputing import UnjudgedWorld
from scripts.support.worlds.world import World
from tests.support.worlds.random_play import RandomPlay

STEPS = 320


def told(history: History, account: str, genesis: list[str]) -> tuple[object, ...]:
    """All that `decide` takes from the records of finished rounds, and what it counts by."""
    return (
        facts.claims(history, account),
        facts.keepers(history, account),
        # Who applied before the start nobody asks for after it.
        replace(facts.membership_facts(history, account, genesis, 0), start_accounts=()),
        history.opened,
        history.head,
        history.block_hashes[-1],
        history.heat_of(account),
        history.stakes.get(account, 0),
        history.collecting,
        history.competing,
        history.relay_height,
        history.position,
    )


@pytest.mark.parametrize("seed", range(2))
def test_what_a_node_is_told_is_the_same_after_every_transaction(seed: int) -> None:
    played = UnjudgedWorld(genesis=4)
    play = RandomPlay(played, seed)
    own = played.nodes[0].account
    everything, some = (History(played.parameters, played.domain) for _ in range(2))
    records = played.reference.environment.records
    genesis = [node.account for node in played.nodes]
    known, kept = 0, 0
    for step in range(STEPS):
        play.step()
        for record in records[known:]:
            everything.apply(record)
            some.apply(record)
            if isinstance(record, RoundOpened):
                Retention(own, LEAST_ROUNDS).apply(some)
                kept = max(kept, sum(bool(entry.data) for entry in some.rounds.values()))
        known = len(records)
        if everything.started and step % 3 == 0:
            assert told(some, own, genesis) == told(everything, own, genesis)
    assert everything.opened > LEAST_ROUNDS
    assert kept <= LEAST_ROUNDS + facts.REMEMBERED_BLOCKS


def made(rounds: int) -> tuple[World, History]:
    """A world with so many blocks, whose rewards nobody claimed, and all of its history."""
    world = World()
    world.start()
    for _ in range(rounds):
        world.make_block((90, 60, 30))
    history = History(world.parameters, world.domain)
    history.apply_all(world.reference.environment.records)
    return world, history


def test_a_round_that_owes_nothing_is_forgotten_and_one_that_owes_is_not() -> None:
    world, history = made(EARLIER_ROUNDS + 3)
    Retention(world.nodes[0].account).apply(history)
    assert 1 in history.rounds
    assert not history.rounds[1].data
    Retention("0x" + "77" * 20).apply(history)
    assert history.is_forgotten(1)
    with pytest.raises(HistoryError, match="round 1 is forgotten"):
        history.round(1)


def test_rounds_that_owe_something_are_remembered_in_bounded_number() -> None:
    world, history = made(1)
    history.rounds = dict.fromkeys(range(1, 3 * OWING_ROUNDS), history.rounds[1])
    Retention(world.nodes[0].account).apply(history)
    whole = 2 + EARLIER_ROUNDS + facts.REMEMBERED_BLOCKS
    assert len(history.rounds) <= OWING_ROUNDS + whole


def test_the_data_that_a_model_is_trained_on_are_remembered() -> None:
    _, history = made(EARLIER_ROUNDS + 3)
    competing = history.opened - 1
    training = range(competing - EARLIER_ROUNDS, competing + 1)
    data = [history.round(number).data for number in training]
    assert all(data)
    Retention("0x" + "77" * 20).apply(history)
    assert [history.round(number).data for number in training] == data
    assert history.is_forgotten(training.start - 1)


def test_rewards_of_addresses_are_forgotten_unless_they_are_asked_for() -> None:
    world, history = made(1)
    own = world.nodes[0]
    for claim in facts.claims(history, own.account):
        world.execute(claim.action, own)
    history = History(world.parameters, world.domain)
    history.apply_all(world.reference.environment.records)
    earned = dict(history.rewards)
    assert earned
    Retention(own.account, rewards=True).apply(history)
    assert history.rewards == earned
    Retention(own.account).apply(history)
    assert not history.rewards


def test_a_copy_grows_apart() -> None:
    world, history = made(2)
    copy = history.copy()
    assert vars(copy) == vars(history)
    known = len(world.reference.environment.records)
    world.make_block((90, 60, 30))
    copy.apply_all(world.reference.environment.records[known:])
    assert copy.opened == history.opened + 1
    again = History(world.parameters, world.domain)
    again.apply_all(world.reference.environment.records[:known])
    assert vars(again) == vars(history)
