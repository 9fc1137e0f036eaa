"""What a node decides for its data, its keys, partitions, the end of a collection and claims."""

from __future__ import annotations

import pytest

from offchain.protocol.deciding.decide import CLAIM_TURNS, decide
from offchain.protocol.deciding.intents import PublishKeys, Send, ShareData, turn_of
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Confirmations, Policy, Role
from offchain.protocol.deciding.snapshot import (
    Claim,
    CompetitionFacts,
    Delivery,
    MembershipFacts,
    SharingFacts,
)
from offchain.protocol.words.actions import Advance, ClaimBest, ClaimData, Partition
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import NextPartition, Phase
from offchain.protocol.words.transactions import DataRecord
from tests.support.worlds.snapshots import ACCOUNTS, END_HEIGHT, NOW, OWN, ROUND, snapshot

FINAL = {"competition__phase": Phase.FINAL}
OPENED_AT = END_HEIGHT - 3
WITHOUT_KEEPER = Policy(roles=DEFAULT_ROLES - {Role.KEEP})
WITHOUT_SHARER = Policy(roles=DEFAULT_ROLES - {Role.SHARE})


def intents(**settings):
    return decide(snapshot(**settings)).intents


def actions(**settings):
    return [intent.action for intent in intents(**settings) if isinstance(intent, Send)]


def test_nothing_is_due_while_nothing_changed():
    assert intents(**FINAL) == ()


# ---- sharing

HERE = {"data": Delivery.HERE, "first_seen_height": OPENED_AT}


def shares(**facts):
    return intents(**FINAL, sharing=SharingFacts(**{**HERE, **facts}))


def test_a_member_shares_once_in_every_round():
    assert shares() == (ShareData(ROUND + 1, anew=True),)
    assert shares(data=Delivery.ON_CHAIN) == ()


def test_data_are_shared_while_the_round_before_competes():
    assert ShareData(ROUND + 1, anew=True) in intents(sharing=SharingFacts(**HERE))


def test_what_is_on_its_way_is_not_handed_over_again():
    assert shares(data=Delivery.ON_ITS_WAY) == ()


@pytest.mark.parametrize(
    ("timestamp", "anew"),
    [
        (NOW - 4_000 - (NOW - 4_000) % 600, True),  # before the last decision time
        (NOW - 4_000 + 600 - (NOW - 4_000) % 600, False),
        (NOW + 600 - NOW % 600, False),
        (NOW - NOW % 600 + 1_200, True),  # the EVM's clock has gone back
    ],
)
def test_the_same_bytes_are_handed_over_again_while_their_timestamp_is_accepted(timestamp, anew):
    assert shares(kept_timestamp=timestamp) == (ShareData(ROUND + 1, anew=anew),)


@pytest.mark.parametrize(("waited", "late"), [(5, False), (6, True)])
def test_who_was_down_when_the_others_shared_skips_the_round(waited, late):
    due = shares(first_seen_height=OPENED_AT + waited)
    assert due == (() if late else (ShareData(ROUND + 1, anew=True),))
    # What it had signed before is no sign of being late.
    assert shares(first_seen_height=OPENED_AT + waited, kept_timestamp=NOW - NOW % 600)


def test_only_members_that_share_share():
    stranger = MembershipFacts(genesis_accounts=4, is_member=False)
    assert intents(**FINAL, sharing=SharingFacts(**HERE), membership=stranger) == ()
    assert intents(**FINAL, sharing=SharingFacts(**HERE), policy=WITHOUT_SHARER) == ()


# ---- keys


@pytest.mark.parametrize("phase", list(Phase)[1:])
def test_each_kind_of_keys_is_published_in_its_phase_and_in_no_other(phase):
    due = [
        [
            intent.test
            for intent in intents(
                competition__phase=phase,
                sharing=SharingFacts(training_keys=training, test_keys=Delivery.HERE),
            )
            if isinstance(intent, PublishKeys)
        ]
        for training in (Delivery.HERE, Delivery.ON_CHAIN)
    ]
    expected = {Phase.OPEN: [[False], []], Phase.UNSEAL: [[], [True]]}
    assert due == expected.get(phase, [[], []])


def test_test_keys_stay_here_where_the_data_are_out():
    for training in (Delivery.NOTHING, Delivery.HERE, Delivery.ON_ITS_WAY):
        sharing = SharingFacts(training_keys=training, test_keys=Delivery.HERE)
        assert intents(competition__phase=Phase.UNSEAL, sharing=sharing) == ()


@pytest.mark.parametrize("phase", [Phase.OPEN, Phase.UNSEAL])
def test_keys_wait_for_the_phase_to_be_confirmed(phase):
    training = Delivery.HERE if phase is Phase.OPEN else Delivery.ON_CHAIN

    def published(confirmations):
        return intents(
            competition__phase=phase,
            sharing=SharingFacts(training_keys=training, test_keys=Delivery.HERE),
            facts=CompetitionFacts(phase_block=995),
            policy=Policy(confirmations=Confirmations(keys=confirmations)),
        )

    assert published(confirmations=5) == (PublishKeys(ROUND, test=phase is Phase.UNSEAL),)
    assert published(confirmations=6) == ()


def test_keys_are_owed_by_nodes_that_share_no_more():
    sharing = SharingFacts(training_keys=Delivery.HERE)
    due = intents(competition__phase=Phase.OPEN, sharing=sharing, policy=WITHOUT_SHARER)
    assert due == (PublishKeys(ROUND, test=False),)


# ---- partitions and the end of the collection


def test_the_one_possible_partition_is_made():
    assert actions(next_partition=NextPartition(END_HEIGHT, 4)) == [Partition(END_HEIGHT, 4)]
    assert intents(next_partition=NextPartition(END_HEIGHT, 4), policy=WITHOUT_KEEPER) == ()


@pytest.mark.parametrize("phase", [Phase.NONE, Phase.FINAL, Phase.VOID])
def test_the_round_closes_when_everybody_s_data_are_partitioned_and_nothing_competes(phase):
    assert actions(competition__phase=phase, collected__partitioned=4) == [Advance()]
    assert actions(competition__phase=phase, collected__partitioned=3) == []


def test_the_round_does_not_close_while_another_competes():
    assert actions(competition__phase=Phase.COMMIT, collected__partitioned=4) == []


def test_a_round_that_somebody_is_missing_in_closes_after_enough_heights_if_nothing_is_due():
    last = OPENED_AT + DEMO.collect_heights
    assert actions(**FINAL, tip=last) == [Advance()]
    assert actions(**FINAL, tip=last - 1) == []
    assert actions(**FINAL, tip=last, pending_due=True) == []


def test_the_last_round_of_an_epoch_waits_for_the_next_members():
    full = {**FINAL, "collected__partitioned": 4, "epoch__last_round": ROUND + 1}
    frozen = {"next_epoch__frozen_at": NOW - 50, "next_epoch__seed": bytes([1]) * 32}
    assert actions(**full, **frozen) == []
    assert actions(**full, **frozen, next_epoch__code=ACCOUNTS[0]) == [Advance()]


# ---- claims

RECORD = DataRecord(ROUND, bytes(32), bytes(32), bytes(32), 0, ACCOUNTS[1], 1, 27)
DATA = ClaimData(RECORD, 0)
PERSONAL = Claim(ClaimBest(2), "best model of round 2", personal=True)
SHARED = Claim(DATA, "data transaction 0 of round 5", personal=False)


def test_own_rewards_are_claimed_at_once_and_data_rewards_in_turns():
    first, second = intents(**FINAL, claims=(PERSONAL, SHARED))
    assert first == Send(ClaimBest(2), PERSONAL.duty, 0)
    assert second == Send(DATA, SHARED.duty, CLAIM_TURNS * turn_of(OWN, ACCOUNTS, SHARED.duty))


def test_nodes_that_do_not_keep_claim_only_what_is_their_own():
    due = intents(**FINAL, claims=(PERSONAL, SHARED), policy=WITHOUT_KEEPER)
    assert due == (Send(ClaimBest(2), PERSONAL.duty),)


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
