"""What a node decides for its place among the members: the start, applying, draws, its stake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.protocol.deciding.decide import decide
from offchain.protocol.deciding.intents import ApplyForEpoch, Send, turn_of
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Policy, Role
from offchain.protocol.words.actions import RenewDraw, SeedDraw, Start, WithdrawStake, WriteMembers
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import NO_APPLICATION, NO_STAKE, Phase
from tests.support.worlds.snapshots import (
    ACCOUNTS,
    END_HEIGHT,
    EPOCH,
    MEMBERSHIP,
    NOW,
    OWN,
    ROUND,
    snapshot,
)

BEFORE_START = {
    "collection__round": 0,
    "collection__epoch": 0,
    "competition__round": 0,
    "competition__phase": Phase.NONE,
    "open_epoch": 1,
}
FINAL = {"competition__phase": Phase.FINAL}
APPLIES = {**FINAL, "own__application": NO_APPLICATION}
WITHOUT_KEEPER = Policy(roles=DEFAULT_ROLES - {Role.KEEP})
LEAVING = Policy(leave=True)


def intents(**settings):
    return decide(snapshot(**settings)).intents


def actions(**settings):
    return [intent.action for intent in intents(**settings) if isinstance(intent, Send)]


# ---- start


def test_genesis_accounts_apply_before_the_start_and_nobody_else_does():
    fresh = {**BEFORE_START, "own__application": NO_APPLICATION, "own__stake": NO_STAKE}
    nobody = replace(MEMBERSHIP, start_accounts=())
    assert intents(**fresh, membership=nobody) == (ApplyForEpoch(1, DEMO.stake),)
    assert intents(**fresh, membership=nobody, own__is_genesis=False) == ()


def test_started_when_all_genesis_accounts_have_applied():
    assert actions(**BEFORE_START) == [Start(ACCOUNTS)]


@pytest.mark.parametrize(
    ("applied", "earliest", "starts"),
    [(3, NOW + 1, False), (3, NOW, True), (2, NOW, False), (4, NOW + 1, True)],
)
def test_a_genesis_account_that_stays_away_delays_the_start_only_so_long(applied, earliest, starts):
    facts = replace(MEMBERSHIP, start_accounts=ACCOUNTS[:applied], earliest_start=earliest)
    expected = [Start(ACCOUNTS[:applied])] * starts
    assert actions(**BEFORE_START, membership=facts) == expected


def test_only_keepers_start():
    assert intents(**BEFORE_START, policy=WITHOUT_KEEPER) == ()


# ---- applications


@pytest.mark.parametrize(
    ("staked", "lacking"),
    [(0, DEMO.stake), (DEMO.stake * 4 // 5, DEMO.stake // 5), (DEMO.stake, 0)],
)
def test_a_node_applies_for_the_next_epoch_with_what_its_stake_lacks(staked, lacking):
    settings = {**APPLIES, "own__stake": replace(NO_STAKE, amount=staked)}
    assert intents(**settings) == (ApplyForEpoch(EPOCH + 1, lacking),)
    assert intents(**settings, own__balance=lacking) == (ApplyForEpoch(EPOCH + 1, lacking),)
    if lacking:
        decision = decide(snapshot(**settings, own__balance=lacking - 1))
        assert decision.intents == ()
        assert f"{lacking} wei for the stake (balance {lacking - 1})" in decision.waiting


def test_a_node_applies_once():
    assert intents(**FINAL) == ()


@pytest.mark.parametrize(
    ("roles", "applies"),
    [
        (DEFAULT_ROLES - {Role.SHARE}, True),
        (DEFAULT_ROLES - {Role.TRAIN}, True),
        (frozenset({Role.ATTEST, Role.KEEP}), False),
    ],
)
def test_who_neither_shares_nor_trains_needs_no_place(roles, applies):
    assert (intents(**APPLIES, policy=Policy(roles=roles)) != ()) == applies


@pytest.mark.parametrize(
    ("is_warm", "heat", "last_round", "frozen", "applies"),
    [
        (True, 500, ROUND + 9, False, True),
        (False, 0, ROUND + 9, False, True),
        # It may still become warm ...
        (False, 60, ROUND + 3, False, False),
        (False, 60, ROUND + 1, True, False),
        # ... but not once the last round opens, which ends applying.
        (False, 60, ROUND + 2, False, True),
        (False, 60, ROUND + 1, False, True),
    ],
)
def test_an_account_that_may_gain_heat_waits_with_applying(
    is_warm, heat, last_round, frozen, applies
):
    due = intents(
        **APPLIES,
        membership=replace(MEMBERSHIP, is_warm=is_warm),
        own__heat=heat,
        epoch__last_round=last_round,
        next_epoch__frozen_at=NOW - 10 if frozen else 0,
    )
    assert (due != ()) == applies


# ---- the draw

FROZEN = {**FINAL, "next_epoch__frozen_at": NOW - 50}
SEEDED = {**FROZEN, "next_epoch__seed": bytes([1]) * 32}
DRAWN = replace(MEMBERSHIP, drawn=ACCOUNTS[1:])


def test_the_one_height_that_may_seeds_the_draw_in_turns():
    duty = f"seed the draw of epoch {EPOCH + 1}"
    (intent,) = intents(**FROZEN, draw_height=END_HEIGHT - 1)
    assert intent == Send(SeedDraw(END_HEIGHT - 1), duty, turn_of(OWN, ACCOUNTS, duty))
    assert intents(**FROZEN) == ()
    assert intents(**FROZEN, draw_height=END_HEIGHT - 1, policy=WITHOUT_KEEPER) == ()


def test_a_draw_whose_height_the_relay_has_lost_is_renewed():
    assert actions(**FROZEN, draw_lost=True) == [RenewDraw()]


def test_the_list_of_who_is_drawn_is_written_once():
    assert actions(**SEEDED, membership=DRAWN) == [WriteMembers(ACCOUNTS[1:])]
    written = {**SEEDED, "next_epoch__code": ACCOUNTS[0]}
    assert actions(**written, membership=DRAWN) == []
    assert actions(**SEEDED) == []


# ---- leaving


def test_a_node_that_leaves_applies_no_more():
    assert intents(**APPLIES, policy=LEAVING) == ()


@pytest.mark.parametrize(("free_from", "withdraws"), [(ROUND + 1, True), (ROUND + 2, False)])
def test_a_node_that_leaves_takes_its_stake_back_once_it_is_free(free_from, withdraws):
    due = actions(**FINAL, policy=LEAVING, own__stake_free_from=free_from)
    assert due == [WithdrawStake()] * withdraws


def test_a_stake_that_is_back_is_not_withdrawn_again():
    assert intents(**FINAL, policy=LEAVING, own__stake=NO_STAKE, own__stake_free_from=0) == ()


def test_a_node_that_stays_leaves_its_stake_where_it_is():
    assert intents(**FINAL, own__stake_free_from=0) == ()
