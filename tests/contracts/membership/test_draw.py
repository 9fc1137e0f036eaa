"""The draw: its seed is forced, and exactly the applicants that it gives places are members."""

import random
from collections.abc import Sequence

import pytest

from offchain.protocol.rules.draw import is_drawn, place_key, places
from offchain.protocol.words.transactions import draw_seed
from scripts.support.chains.contracts import RELAY
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.rounds import Rounds
from tests.contracts.membership.support import (
    decision,
    deploy,
    draw_height,
    epoch,
    freeze_next,
    give_heat,
)


@pytest.fixture
def frozen(running: Rounds) -> Rounds:
    """Epoch 2 is frozen, with four warm applicants and six cold ones; nothing is seeded."""
    freeze_next(running, running.accounts[:10])
    return running


def seed_draw(rounds: Rounds, height: int):
    return rounds.chain.send("Membership", "seedDraw", height)


def test_nothing_is_drawn_before_the_freeze(running: Rounds) -> None:
    running.apply_for_next(running.accounts[:4])
    with reverts("NotFrozen", 2):
        seed_draw(running, 20)
    with reverts("NotFrozen", 2):
        running.chain.send("Membership", "renewDraw")
    with reverts("NotSeeded", 2):
        running.chain.send("Membership", "writeMembers", [])


def test_the_first_block_that_decides_after_the_freeze_seeds_the_draw(frozen: Rounds) -> None:
    chain, frozen_at = frozen.chain, epoch(frozen, 2).frozenAt
    right = draw_height(frozen, frozen_at)
    chain.mine(4)
    for wrong in (right - 1, right + 1, chain.bitcoin.best_height - 1):
        with reverts(
            "WrongDrawHeight",
            wrong,
            decision(frozen, wrong - 1),
            decision(frozen, wrong),
            frozen_at,
        ):
            seed_draw(frozen, wrong)
    receipt = seed_draw(frozen, right)
    seed = draw_seed(chain.domain, 2, chain.bitcoin.hash(right)[:24])
    [told] = chain.events(receipt, "Membership", "DrawSeeded")
    assert told == {"epoch": 2, "height": right, "seed": seed}
    assert epoch(frozen, 2).seed == seed
    with reverts("AlreadySeeded", 2):
        seed_draw(frozen, right)
    with reverts("AlreadySeeded", 2):
        chain.send("Membership", "renewDraw")


def test_a_height_must_be_held_confirmed_and_not_ahead(frozen: Rounds) -> None:
    chain = frozen.chain
    tip, lowest = (chain.view("BitcoinRelay", name) for name in ("tip", "lowestHeight"))
    best = chain.bitcoin.best_height
    with reverts("HeightNotConfirmed", tip + 1, tip):
        seed_draw(frozen, tip + 1)
    for forgotten in (0, lowest - 1):
        with reverts("HeightNotHeld", forgotten, lowest, best):
            seed_draw(frozen, forgotten)
    with reverts("HeightNotHeld", lowest - 1, lowest, best):
        seed_draw(frozen, lowest)


def test_a_block_whose_decision_is_still_to_come_has_to_be_waited_for(frozen: Rounds) -> None:
    """Header times may run two hours ahead of the EVM's clock."""
    chain, frozen_at = frozen.chain, epoch(frozen, 2).frozenAt
    start = max(chain.now, chain.bitcoin.headers[-1].time)
    first = chain.bitcoin.best_height + 1
    chain.bitcoin.extend(start + 3_000 + step for step in range(12))
    chain.send("BitcoinRelay", "submit", chain.bitcoin.raw(first))
    heights = range(first, chain.bitcoin.best_height)
    height = next(h for h in heights if decision(frozen, h) > frozen_at)
    due = decision(frozen, height)
    assert chain.now < due - 1
    chain.now = due - 2
    with reverts("DecisionAhead", height, due, due - 1):
        seed_draw(frozen, height)
    seed_draw(frozen, height)


def test_a_draw_whose_block_the_relay_has_forgotten_is_taken_anew(frozen: Rounds) -> None:
    chain, frozen_at = frozen.chain, epoch(frozen, 2).frozenAt
    chain.mine(8)
    lowest = chain.view("BitcoinRelay", "lowestHeight")
    with reverts("DrawNotLost", lowest, decision(frozen, lowest), frozen_at):
        chain.send("Membership", "renewDraw")
    right = draw_height(frozen, frozen_at)
    # As long as the block before is held, it is not lost.
    while chain.view("BitcoinRelay", "lowestHeight") < right - 1:
        missing = right - 1 - chain.view("BitcoinRelay", "lowestHeight")
        chain.mine(min(missing, RELAY.maximum_batch))
    with reverts("DrawNotLost", right - 1, decision(frozen, right - 1), frozen_at):
        chain.send("Membership", "renewDraw")
    chain.mine(1)
    with reverts("HeightNotHeld", right - 1, right, chain.bitcoin.best_height):
        seed_draw(frozen, right)
    receipt = chain.send("Membership", "renewDraw")
    [told] = chain.events(receipt, "Membership", "DrawRenewed")
    assert told == {"epoch": 2, "frozenAt": chain.now}
    assert chain.view("Membership", "openEpoch") == 3
    seed_draw(frozen, draw_height(frozen, chain.now))


def applicants_drawn(rounds: Rounds, number: int, accounts: Sequence[str]) -> set[str]:
    """Who is drawn by the rule in Python."""
    drawn, now = set(), epoch(rounds, number)
    for account in accounts:
        applied = rounds.chain.view("Membership", "applicationOf", number, account)
        key = place_key(rounds.chain.domain, now.seed, is_warm=applied.warm)
        of_kind, given = (now.warm, now.warmPlaces) if applied.warm else (now.cold, now.coldPlaces)
        if applied.number and is_drawn(key, applied.number - 1, of_kind, given):
            drawn.add(account)
    return drawn


@pytest.mark.parametrize("seed", range(6))
def test_members_are_exactly_those_that_the_permutation_gives_a_place(evm: Evm, seed: int) -> None:
    """Any numbers of warm and cold applicants, more or fewer than there are places."""
    chance = random.Random(seed)
    rounds = deploy(evm, maximum_members=chance.choice([5, 8, 20]))
    rounds.start()
    warm = chance.sample(rounds.accounts, chance.randint(1, 9))
    for account in warm:
        give_heat(rounds, account, 10**6)
    applicants = chance.sample(rounds.accounts, chance.randint(5, 12))
    freeze_next(rounds, applicants)
    now = epoch(rounds, 2)
    given = places(now.warm, now.cold, rounds.chain.parameters.maximum_members, 3)
    assert (now.warmPlaces, now.coldPlaces) == (given.warm, given.cold)
    assert not any(rounds.chain.view("Membership", "isDrawn", 2, a) for a in applicants)
    seed_draw(rounds, draw_height(rounds, now.frozenAt))
    drawn = applicants_drawn(rounds, 2, rounds.accounts)
    assert len(drawn) == given.total
    for account in rounds.accounts:
        assert rounds.chain.view("Membership", "isDrawn", 2, account) is (account in drawn)
        assert not rounds.chain.view("Membership", "isMember", 2, account)
    rounds.chain.send("Membership", "writeMembers", rounds.by_key(drawn, 2))
    assert set(rounds.members(2)) == drawn


def test_the_list_has_all_that_are_drawn_and_nobody_else(evm: Evm) -> None:
    rounds = deploy(evm, maximum_members=5)
    rounds.start()
    freeze_next(rounds, rounds.accounts[:9])
    chain, stranger = rounds.chain, rounds.accounts[11]

    def write(accounts: Sequence[str]):
        return chain.send("Membership", "writeMembers", accounts)

    with reverts("NotSeeded", 2):
        write(rounds.accounts[:5])
    seed_draw(rounds, draw_height(rounds, epoch(rounds, 2).frozenAt))
    drawn = applicants_drawn(rounds, 2, rounds.accounts[:9])
    right = rounds.by_key(drawn, 2)
    keys = [rounds.key(account, 2).x for account in right]
    others = [account for account in rounds.accounts[:9] if account not in drawn]
    assert len(right) == 5
    for wrong in (right[:4], [*right, others[0]]):
        with reverts("WrongMemberCount", len(wrong), 5):
            write(wrong)
    for account in (others[0], stranger):
        with reverts("NotDrawn", 2, account):
            write([account, *right[1:]])
    with reverts("NotAscending", 4, keys[3], keys[4]):
        write([*right[:3], right[4], right[3]])
    with reverts("NotAscending", 2, keys[1], keys[1]):
        write([*right[:2], right[1], *right[3:]])
    receipt = write(right)
    [told] = chain.events(receipt, "Membership", "MembersWritten")
    assert (told["epoch"], told["accounts"]) == (2, right)
    assert chain.view("Membership", "ring", 2) == keys
    with reverts("AlreadyWritten", 2):
        write(right)
