"""Data transactions, partitions and keys in the reference, rule by rule."""

from dataclasses import replace

import pytest

from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import SMALL, refused
from scripts.support.worlds.world import World


def shared(world: World, action: actions.Share, **changes: object) -> actions.Share:
    """A share with changed fields of the transaction."""
    return replace(action, transaction=replace(action.transaction, **changes))


# ---- sharing -------------------------------------------------------------------------------------


def test_a_data_transaction_belongs_to_the_round_that_it_names_and_no_other(
    competing: World,
) -> None:
    share = competing.sharing(competing.nodes[0])
    for number in (0, 1, 3):
        with refused("WrongRound", number, 2):
            competing.execute(shared(competing, share, round=number))
    competing.execute(share)


def test_every_data_transaction_has_the_same_number_of_parts(started: World) -> None:
    share = started.sharing(started.nodes[0])
    parts = share.transaction.payload_hashes
    with refused("WrongPartCount", 2, 3, 3):
        started.execute(shared(started, share, payload_hashes=parts[:2]))
    with refused("WrongPartCount", 3, 4, 3):
        commitments = (*share.transaction.key_commitments, bytes(32))
        started.execute(shared(started, share, key_commitments=commitments))


def test_a_timestamp_is_a_step_that_is_neither_ahead_nor_before_the_last_decision(
    started: World,
) -> None:
    node, step = started.nodes[0], SMALL.timestamp_step
    claimed = started.sharing(node).transaction.timestamp
    with refused("TimestampNotAStep", claimed + 1, step):
        started.execute(started.sharing(node, claimed + 1))
    latest = started.now + 1 + SMALL.maximum_clock_skew
    with refused("TimestampAhead", claimed + 2 * step, latest):
        started.execute(started.sharing(node, claimed + 2 * step))
    started.execute(started.sharing(node), node)
    started.partition_all()
    decision = started.reference.data_registry.last_decision
    other = started.nodes[1]
    with refused("TimestampBehind", decision // step * step, decision):
        started.execute(started.sharing(other, decision // step * step))
    started.execute(started.sharing(other))


def test_a_member_shares_once_a_round(started: World) -> None:
    share = started.sharing(started.nodes[0])
    started.execute(share)
    with refused("NullifierUsed", share.transaction.nullifier_x, 0):
        started.execute(started.sharing(started.nodes[0], share.transaction.timestamp - 600))


def test_what_is_signed_cannot_be_changed_and_only_members_sign(started: World) -> None:
    share = started.sharing(started.nodes[0])
    changes: list[dict[str, object]] = [
        {"samples_root": bytes(32)},
        {"reward_address": started.nodes[5].account},
        {"timestamp": share.transaction.timestamp - 600},
        {"payload_hashes": share.transaction.payload_hashes[::-1]},
        {"key_commitments": share.transaction.key_commitments[::-1]},
        {"nullifier_v": 55 - share.transaction.nullifier_v},
    ]
    for change in changes:
        with pytest.raises(Revert, match="RingNotClosed"):
            started.execute(shared(started, share, **change))
    for responses, error in (
        (share.responses[1:], "ResponseCountMismatch"),
        ((ORDER, *share.responses[1:]), "ResponseOutOfRange"),
        (share.responses[::-1], "RingNotClosed"),
    ):
        with pytest.raises(Revert, match=error):
            started.execute(replace(share, responses=responses))
    started.execute(share)


# ---- partitions ----------------------------------------------------------------------------------


def test_exactly_one_partition_is_possible_at_a_time(started: World) -> None:
    registry = started.reference.data_registry
    with refused("NothingPending"):
        started.execute(actions.Partition(started.relay.tip, 1))
    started.share(started.nodes[:1])
    started.wait(3_600)
    started.share(started.nodes[1:2])
    first, second = registry.data[1].arrivals
    tip = started.relay.tip
    decision = started.relay.decision_time
    with refused("DecisionTooEarly", tip, decision(tip), first):
        started.execute(actions.Partition(tip, 1))
    with refused("HeightNotPartitionable", tip + 1, 0, tip):
        started.execute(actions.Partition(tip + 1, 1))
    while not registry.next_partition().possible:
        started.mine()
        registry.environment.now = started.now
    due = registry.next_partition()
    assert due.end == sum(arrival < decision(due.height) for arrival in (first, second))
    started.mine()
    with refused("NotLowestHeight", due.height + 1, decision(due.height), first):
        started.execute(actions.Partition(due.height + 1, due.end))
    for end in {0, 1, 2, 3} - {due.end}:
        with refused("WrongEnd", end, decision(due.height)):
            started.execute(actions.Partition(due.height, end))
    started.execute(actions.Partition(due.height, due.end))
    assert registry.collected(1).partitioned == due.end


def test_what_no_partition_took_when_its_round_closes_is_out_for_good(started: World) -> None:
    started.apply()
    started.share(started.nodes[:2])
    started.partition_all()
    started.mine(SMALL.collect_heights)
    # It arrives within the round, but before its decision time the round closes.
    started.share(started.nodes[2:3])
    assert not started.reference.data_registry.pending_due()
    started.execute(actions.Advance())
    registry = started.reference.data_registry
    assert started.rounds.closed_round(1).data == 2
    assert registry.collected(1).shared == 3
    assert registry.collected(2).pending == 0
    with refused("NothingPending"):
        started.execute(actions.Partition(started.relay.tip, 1))
    # It is not taken over: its sharer shares anew.
    started.execute(started.sharing(started.nodes[2]))


def test_every_data_transaction_tests_with_as_many_of_its_parts(competing: World) -> None:
    registry = competing.reference.data_registry
    bitmaps = [registry.test_parts(1, index) for index in range(3)]
    assert [bitmap.bit_count() for bitmap in bitmaps] == [SMALL.test_parts] * 3
    with refused("NothingThere", 1, 3, 3):
        registry.test_parts(1, 3)


# ---- keys ----------------------------------------------------------------------------------------


def test_keys_are_published_in_their_phase_alone_all_of_a_transaction_s_together(
    competing: World,
) -> None:
    registry = competing.reference.data_registry
    training, test = competing.training_keys(1, 0), competing.test_keys(1, 0)
    with refused("WrongPhase", 1, 1, Phase.OPEN, Phase.UNSEAL):
        competing.execute(test)
    for words in (training.words[1:], competing.training_keys(1, 1).words):
        with pytest.raises(Revert, match="WrongKeys"):
            competing.execute(replace(training, words=words))
    competing.execute(training)
    with refused("AlreadyPublished", 1, 0):
        competing.execute(training)
    competing.end_phases(Phase.UNSEAL)
    with refused("WrongPhase", 1, 1, Phase.UNSEAL, Phase.OPEN):
        competing.execute(competing.training_keys(1, 1))
    for keys in ((), (*test.keys, bytes(32)), competing.test_keys(1, 1).keys):
        with pytest.raises(Revert, match="WrongKeys"):
            competing.execute(replace(test, keys=keys))
    assert registry.published(1) == 0
    competing.execute(test)
    with refused("AlreadyPublished", 1, 0):
        competing.execute(test)
    assert registry.published(1) == 0b001


def test_test_keys_are_not_published_without_training_keys(competing: World) -> None:
    competing.open([0])
    competing.end_phase()
    for index in (1, 2):
        with pytest.raises(Revert, match="WrongKeys"):
            competing.execute(competing.test_keys(1, index))


def test_what_the_keys_of_another_round_left_opens_nothing(competing: World) -> None:
    competing.open()
    competing.end_phases(Phase.VOID)
    competing.collect()
    assert competing.competing == 2
    competing.end_phases(Phase.UNSEAL)
    left = competing.test_keys(1, 0)
    with pytest.raises(Revert, match="WrongKeys"):
        competing.execute(replace(left, round=2))


def test_training_keys_are_published_of_what_a_partition_took_by_its_number(
    competing: World,
) -> None:
    training = competing.training_keys(1, 0)
    changed = replace(training.record, timestamp=600)
    unknown = changed.identifier(competing.domain)
    with refused("UnknownData", 1, 0, unknown):
        competing.execute(replace(training, record=changed))
    with refused("UnknownData", 1, 1, training.record.identifier(competing.domain)):
        competing.execute(replace(training, index=1))
    with refused("WrongPartition", 0, 1):
        competing.execute(replace(training, partition_number=1))
