"""What a node decides for the start, the round that collects, its keys and its claims."""

from __future__ import annotations

import pytest

from offchain.protocol.deciding.decide import CLAIM_TURNS, decide
from offchain.protocol.deciding.intents import (
    LeaseShareKeys,
    PublishPayloadKeys,
    Send,
    ShareData,
    turn_of,
)
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.deciding.snapshot import Claim, GenesisFacts, OwnItem, SharingFacts
from offchain.protocol.words.actions import (
    Advance,
    ClaimData,
    ClaimModel,
    Partition,
    Start,
    WithdrawBond,
    WritePage,
)
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import ActiveKeys, NextPartition, Phase
from offchain.protocol.words.transactions import Item
from tests.support.worlds.snapshots import ACCOUNTS, END_HEIGHT, OWN, ROUND, snapshot

PATIENCE = Policy().patience
FINAL = {"competition__phase": Phase.FINAL}
BEFORE_START = {"collection__round": 0, "competition__round": 0, "competition__phase": Phase.NONE}
WITHOUT_KEEPER = Policy(roles=frozenset(Role) - {Role.KEEP})
WITHOUT_SHARER = Policy(roles=frozenset(Role) - {Role.SHARE})


def intents(**settings):
    return decide(snapshot(**settings)).intents


def actions(**settings):
    return [intent.action for intent in intents(**settings) if isinstance(intent, Send)]


def test_nothing_is_due_while_nothing_changed():
    assert intents(**FINAL) == ()


# ---- start


def test_keys_are_leased_before_the_start():
    assert intents(
        **BEFORE_START, own__held_keys=0, own__had_valid_model=False, genesis=GenesisFacts(4, 0, 0)
    ) == (LeaseShareKeys(12, 0),)


def test_started_when_all_genesis_accounts_have_keys():
    assert actions(**BEFORE_START, genesis=GenesisFacts(4, 4, 48)) == [Start()]


@pytest.mark.parametrize(
    ("genesis", "seconds", "starts"),
    [
        (GenesisFacts(4, 3, 36), PATIENCE - 1, False),
        (GenesisFacts(4, 3, 36), PATIENCE, True),
        (GenesisFacts(4, 2, 24), PATIENCE, False),
        (GenesisFacts(4, 4, DEMO.minimum_ring - 1), PATIENCE, False),
    ],
)
def test_a_genesis_account_that_stays_away_delays_the_start_only_for_the_patience(
    genesis, seconds, starts
):
    assert actions(**BEFORE_START, genesis=genesis, seconds=seconds) == [Start()] * starts


def test_only_keepers_start():
    assert intents(**BEFORE_START, policy=WITHOUT_KEEPER) == ()


# ---- leases


@pytest.mark.parametrize(
    ("held", "quota", "leased"), [(12, 12, 0), (0, 12, 12), (12, 14, 2), (20, 12, 0), (0, 99, 32)]
)
def test_the_quota_is_used_up_and_never_more(held, quota, leased):
    expected = (LeaseShareKeys(leased, 0),) if leased else ()
    assert intents(**FINAL, own__held_keys=held, own__quota=quota) == expected


@pytest.mark.parametrize(("balance_bonds", "leased"), [(12, 12), (5, 5), (0, 0)])
def test_an_account_without_a_valid_model_leases_what_its_bonds_cover(balance_bonds, leased):
    bond = DEMO.key_bond
    expected = (LeaseShareKeys(leased, leased * bond),) if leased else ()
    assert (
        intents(
            **FINAL,
            own__held_keys=0,
            own__is_genesis=False,
            own__had_valid_model=False,
            own__balance=balance_bonds * bond,
        )
        == expected
    )


def test_nodes_that_do_not_share_lease_nothing():
    assert intents(**FINAL, own__held_keys=0, policy=WITHOUT_SHARER) == ()


# ---- pages and sharing

UNSHARED = SharingFacts(unshared=(3, 4))


def test_keys_are_written_before_anything_is_shared():
    settings = {"keys": ActiveKeys(active=600, written=512), "sharing": UNSHARED, **FINAL}
    assert actions(**settings) == [WritePage(ROUND + 1)]
    assert not [i for i in intents(**settings) if isinstance(i, ShareData)]


def test_every_unused_key_shares_one_item():
    assert intents(**FINAL, sharing=UNSHARED) == (ShareData(ROUND + 1, (3, 4)),)


def test_data_is_shared_while_the_round_before_competes():
    assert ShareData(ROUND + 1, (3, 4)) in intents(sharing=UNSHARED)


def test_nothing_is_shared_under_a_ring_that_hides_nobody():
    assert intents(**FINAL, sharing=UNSHARED, keys=ActiveKeys(3, 3)) == ()


# ---- payload keys

TRAINING = OwnItem(241, ROUND, is_test=False)
TEST = OwnItem(242, ROUND, is_test=True)
NEXT_TRAINING = OwnItem(300, ROUND + 1, is_test=False)
NEXT_TEST = OwnItem(301, ROUND + 1, is_test=True)
ALL_KINDS = SharingFacts(unpublished=(TRAINING, TEST, NEXT_TRAINING, NEXT_TEST))


@pytest.mark.parametrize("phase", list(Phase)[1:])
def test_each_key_is_published_in_its_time_and_no_other(phase):
    published = {
        (number, intent.test)
        for intent in intents(competition__phase=phase, sharing=ALL_KINDS)
        if isinstance(intent, PublishPayloadKeys)
        for number in intent.items
    }
    expected = {(NEXT_TRAINING.number, False)}
    if phase is Phase.COMMIT:
        expected.add((TRAINING.number, False))
    if phase is Phase.UNSEAL:
        expected.add((TEST.number, True))
    assert published == expected


def test_test_keys_wait_for_the_end_of_commit_to_be_confirmed():
    from offchain.protocol.deciding.snapshot import CompetitionFacts

    def published(confirmations):
        return intents(
            competition__phase=Phase.UNSEAL,
            sharing=SharingFacts(unpublished=(TEST,)),
            facts=CompetitionFacts(phase_block=995),
            policy=Policy(confirmations=confirmations),
        )

    assert published(confirmations=5) == (PublishPayloadKeys((TEST.number,), test=True),)
    assert published(confirmations=6) == ()


def test_keys_are_owed_by_nodes_that_share_no_more():
    due = intents(sharing=SharingFacts(unpublished=(TRAINING,)), policy=WITHOUT_SHARER)
    assert due == (PublishPayloadKeys((TRAINING.number,), test=False),)


# ---- partitions and the end of the collection


def test_the_one_possible_partition_is_made():
    assert actions(next_partition=NextPartition(END_HEIGHT, 17)) == [Partition(END_HEIGHT, 17)]
    assert intents(next_partition=NextPartition(END_HEIGHT, 17), policy=WITHOUT_KEEPER) == ()


@pytest.mark.parametrize("phase", [Phase.NONE, Phase.FINAL, Phase.VOID])
def test_the_round_closes_when_its_target_is_reached_and_nothing_competes(phase):
    assert actions(competition__phase=phase, collection__items=48) == [Advance()]
    assert actions(competition__phase=phase, collection__items=47) == []
    # What is due is partitioned first, and that closes the round.
    assert actions(competition__phase=phase, collection__items=48, pending_due=True) == []


def test_the_round_does_not_close_while_another_competes():
    assert actions(competition__phase=Phase.COMMIT, collection__items=48) == []


def test_a_round_short_of_its_target_closes_after_enough_heights_if_nothing_is_due():
    last = END_HEIGHT - 3 + DEMO.maximum_collect_heights
    assert actions(**FINAL, tip=last) == [Advance()]
    assert actions(**FINAL, tip=last - 1) == []
    assert actions(**FINAL, tip=last, pending_due=True) == []


# ---- claims

ITEM = Item(ROUND, bytes(32), bytes(32), 0, ACCOUNTS[1], 1, 27)
DATA = ClaimData(4, ITEM, 0, False, ())


def test_own_rewards_are_claimed_at_once_and_data_rewards_in_turns():
    personal = Claim(WithdrawBond(2, OWN), "bond of round 2", personal=True)
    shared = Claim(DATA, "data 4/0", personal=False)
    first, second = intents(**FINAL, claims=(personal, shared))
    assert first == Send(WithdrawBond(2, OWN), "bond of round 2", 0)
    assert second == Send(DATA, "data 4/0", CLAIM_TURNS * turn_of(OWN, ACCOUNTS, "data 4/0"))


def test_nodes_that_do_not_keep_claim_only_what_is_their_own():
    personal = Claim(ClaimModel(2, OWN), "model of round 2", personal=True)
    shared = Claim(DATA, "data 4/0", personal=False)
    due = intents(**FINAL, claims=(personal, shared), policy=WITHOUT_KEEPER)
    assert due == (Send(ClaimModel(2, OWN), "model of round 2"),)


# ---- turns


def test_every_duty_has_one_first_and_all_have_different_turns():
    for number in range(20):
        duty = f"duty {number}"
        assert sorted(turn_of(account, ACCOUNTS, duty) for account in ACCOUNTS) == [0, 1, 2, 3]


def test_first_turns_are_spread_over_the_keepers():
    firsts = [
        next(a for a in ACCOUNTS if turn_of(a, ACCOUNTS, f"duty {number}") == 0)
        for number in range(400)
    ]
    assert all(60 <= firsts.count(account) <= 140 for account in ACCOUNTS)


def test_who_is_no_keeper_comes_last():
    assert turn_of("0x" + "55" * 20, ACCOUNTS, "duty") == 4


def test_deciding_twice_decides_the_same():
    taken = snapshot(sharing=ALL_KINDS, next_partition=NextPartition(END_HEIGHT, 17))
    assert decide(taken) == decide(taken)
