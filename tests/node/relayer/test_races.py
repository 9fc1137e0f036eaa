"""What another brings, or time overtakes, leaves a relayer's queue and costs nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.refusals import RefusalCode
from tests.support.servers.served_relayer import RELAYER, refusal, served_relayer


def test_what_another_relayer_brought_leaves_the_queue_unsent_and_is_no_error(place, relayer):
    drawn = place.draw(0)
    relayer.post_all(drawn)
    place.share_directly(drawn)
    relayer.work()
    assert (relayer.sent(), len(relayer.queue.shares), relayer.held()) == (0, 0, [])
    assert relayer.queue.database.dropped() == {}


def test_other_bytes_that_came_on_chain_meanwhile_are_a_lost_race_too(place, relayer):
    relayer.post_all(place.draw(0))
    place.share_directly(place.draw(0, variant=1))
    relayer.work()
    assert (relayer.sent(), len(relayer.queue.shares)) == (0, 0)
    assert relayer.queue.database.dropped() == {}


def test_what_two_relayers_have_is_on_chain_once(place, relayer, tmp_path):
    drawn = place.draw(0)
    with served_relayer(place.place.contracts, RELAYER + 1, tmp_path / "second") as second:
        for one in (relayer, second):
            one.post_all(drawn)
            one.work()
            assert (len(one.queue.shares), one.queue.database.dropped()) == (0, {})
    assert len(place.order()) == 1


def test_who_is_first_at_the_last_moment_wins_and_that_is_no_error(place, relayer, monkeypatch):
    drawn = place.draw(0)
    relayer.post_all(drawn)
    chain = relayer.service._chain
    execute = chain.execute

    def too_late(action):
        place.share_directly(drawn)
        return execute(action)

    monkeypatch.setattr(chain, "execute", too_late)
    relayer.work()
    assert (relayer.sent(), len(relayer.queue.shares)) == (0, 0)
    assert relayer.queue.database.dropped() == {}


def test_what_no_check_would_let_in_is_dropped_when_the_contract_refuses_it(place, relayer):
    """The queue is filled from inside."""
    bad, good = place.draw(0), place.draw(1)
    relayer.queue.shares.put(replace(bad.share, challenge=bytes(32)))
    for file in bad.files:
        relayer.post_file(file)
    relayer.post_all(good)
    relayer.work()
    assert place.order() == [good.share.transaction.nullifier_x]
    assert len(relayer.queue.shares) == 0
    assert relayer.queue.database.dropped() == {"transactions": {"KeyNotRecoverable": 1}}


def test_what_its_round_left_behind_is_dropped_with_the_reason_and_its_files(place, relayer):
    late = place.draw_before(0)
    assert relayer.post(late.share).status_code == 202
    for file in late.files[1:]:
        relayer.post_file(file)
    for number in (1, 2):
        place.share_directly(place.draw(number))
    place.partition()
    relayer.work()
    assert relayer.queue.database.dropped() == {"transactions": {RefusalCode.TIMESTAMP: 1}}
    assert (len(relayer.queue.shares), relayer.held(), relayer.sent()) == (0, [], 0)
    assert refusal(relayer.post_file(late.files[0])) == (404, RefusalCode.UNKNOWN_FILE)


# ---- blocks that are taken back ------------------------------------------------------------------

DEPTH = 3


@pytest.fixture
def patient(place, tmp_path):
    """A relayer that forgets what it brought after some blocks."""
    contracts = place.place.contracts
    with served_relayer(contracts, RELAYER, tmp_path / "patient", confirmations=DEPTH) as served:
        yield served


def test_what_was_brought_is_forgotten_once_blocks_follow_it_and_sent_once(place, patient):
    ethereum = place.place.contracts.ethereum
    patient.post_all(place.draw(0))
    for _ in range(DEPTH):
        assert len(patient.queue.shares) == 1
        patient.work()
        ethereum.request("evm_mine")
    assert (patient.sent(), len(patient.queue.shares)) == (1, 1)
    patient.work()
    assert (patient.sent(), len(patient.queue.shares), patient.held()) == (1, 0, [])


def test_what_was_brought_in_a_block_that_is_taken_back_is_sent_again(place, patient):
    ethereum, drawn = place.place.contracts.ethereum, place.draw(0)
    snapshot = ethereum.request("evm_snapshot")
    patient.post_all(drawn)
    patient.work()
    assert place.order() == [drawn.share.transaction.nullifier_x]
    assert ethereum.request("evm_revert", snapshot)
    ethereum.request("evm_mine")
    assert place.order() == []
    patient.work()
    assert place.order() == [drawn.share.transaction.nullifier_x]


def test_what_seems_late_on_a_block_that_is_taken_back_is_not_dropped(place, patient):
    ethereum, drawn = place.place.contracts.ethereum, place.draw_before(0)
    patient.post(drawn.share)
    snapshot = ethereum.request("evm_snapshot")
    for number in (1, 2):
        place.share_directly(place.draw(number))
    place.partition()
    patient.work()
    assert ethereum.request("evm_revert", snapshot)
    ethereum.request("evm_mine")
    for file in drawn.files:
        patient.post_file(file)
    patient.work()
    assert place.order() == [drawn.share.transaction.nullifier_x]
    assert patient.queue.database.dropped() == {}
