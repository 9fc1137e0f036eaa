"""Data transactions: what is accepted and recorded, in which round, with which timestamp."""

from collections.abc import Callable
from dataclasses import astuple, replace

import pytest

from offchain.crypto.ring import Nullifier, RingSignature, verify_ring
from offchain.crypto.ring_errors import RingNotClosed
from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.words.transactions import DataTransaction
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.made_up import label
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage

OTHER = label("other")


@pytest.fixture
def round_1(started: Stage) -> Rounds:
    """Round 1 collects, with four members; nothing was shared yet."""
    return started.enter()


def view(rounds: Rounds, name: str, *arguments: object):
    return rounds.chain.view("DataRegistry", name, *arguments)


def test_a_data_transaction_is_numbered_recorded_and_told(round_1: Rounds) -> None:
    chain, accounts = round_1.chain, round_1.accounts
    round_1.share(accounts[0])
    receipt = round_1.share(accounts[3])
    transaction = round_1.shared[1][1].transaction
    record, data_id = transaction.record, transaction.identifier(chain.domain)
    [told] = chain.events(receipt, "DataRegistry", "DataShared")
    assert (told["round"], told["index"], told["id"], told["arrival"]) == (1, 1, data_id, chain.now)
    assert tuple(told["record"].values()) == astuple(record)
    assert tuple(told["payloadHashes"]) == transaction.payload_hashes

    assert view(round_1, "identify", record) == data_id
    assert view(round_1, "idOf", 1, 1) == data_id
    assert view(round_1, "arrivalOf", 1) == chain.now
    assert view(round_1, "nullifierUse", 1, record.nullifier_x) == 2
    assert view(round_1, "nullifierUse", 2, record.nullifier_x) == 0
    assert tuple(view(round_1, "collected", 1)) == (2, 0, 0, 0)
    for index in (0, 1, 2, 257, 2**32 - 1):
        assert view(round_1, "isRecorded", record, index) is (index == 1)
    assert not view(round_1, "isRecorded", replace(record, samples_root=OTHER), 1)
    assert not view(round_1, "isRecorded", replace(record, round=2), 1)


def test_every_member_shares_once_a_round(round_1: Rounds) -> None:
    for index, account in enumerate(round_1.accounts[:4]):
        round_1.share(account)
        [own] = [round_1.shared[1][index].transaction]
        with reverts("NullifierUsed", own.nullifier_x, index):
            round_1.share(account)
        with reverts("NullifierUsed", own.nullifier_x, index):
            round_1.share(account, samples_root=OTHER)
    assert view(round_1, "collected", 1).shared == 4


def test_who_is_no_member_cannot_share(round_1: Rounds) -> None:
    """Another key than the ring's: the signature is then over another ring."""
    member, signature = round_1.signed(round_1.accounts[0])
    transaction = member.transaction
    for x in (0, ORDER):
        with reverts("NullifierOutOfRange", x):
            round_1.bring(replace(transaction, nullifier_x=x), signature)
    with reverts("NullifierParity", 26):
        round_1.bring(replace(transaction, nullifier_v=26), signature)


def changed(transaction: DataTransaction) -> list[DataTransaction]:
    """The transaction with each of its fields changed."""
    hashes, commitments = transaction.payload_hashes, transaction.key_commitments
    return [
        replace(transaction, payload_hashes=(OTHER, *hashes[1:])),
        replace(transaction, payload_hashes=(hashes[1], hashes[0], *hashes[2:])),
        replace(transaction, key_commitments=(*commitments[:-1], OTHER)),
        replace(transaction, samples_root=OTHER),
        replace(transaction, timestamp=transaction.timestamp - 600),
        replace(transaction, reward_address="0x" + "11" * 20),
        replace(transaction, nullifier_v=55 - transaction.nullifier_v),
    ]


def test_whatever_is_signed_cannot_be_changed(round_1: Rounds) -> None:
    shared, signature = round_1.signed(round_1.accounts[1])
    ring = view_ring(round_1)
    for other in changed(shared.transaction):
        with reverts("RingNotClosed", *not_closed(round_1, other, ring, signature).arguments):
            round_1.bring(other, signature)
    round_1.bring(shared.transaction, signature)


def view_ring(rounds: Rounds) -> list[int]:
    return list(rounds.chain.view("Membership", "ring", 1))


def not_closed(
    rounds: Rounds, transaction: DataTransaction, ring: list[int], signature: RingSignature
) -> RingNotClosed:
    """The reason that the off-chain verification refuses the transaction for."""
    own = Nullifier(transaction.nullifier_x, transaction.nullifier_v)
    domain = rounds.chain.domain
    message = transaction.identifier(domain)
    with pytest.raises(RingNotClosed) as refused:
        verify_ring(domain, transaction.round, message, own, ring, signature)
    return refused.value


@pytest.mark.parametrize(
    "change", [lambda responses: responses[:-1], lambda responses: (*responses, 1)]
)
def test_the_ring_is_all_members(
    round_1: Rounds, change: Callable[[tuple[int, ...]], tuple[int, ...]]
) -> None:
    shared, signature = round_1.signed(round_1.accounts[0])
    responses = change(signature.responses)
    with reverts("ResponseCountMismatch", 4, len(responses)):
        round_1.bring(shared.transaction, replace(signature, responses=responses))
    unreduced = (ORDER, *signature.responses[1:])
    with reverts("ResponseOutOfRange", 0, ORDER):
        round_1.bring(shared.transaction, replace(signature, responses=unreduced))


def test_every_transaction_has_as_many_parts(round_1: Rounds) -> None:
    account, parts = round_1.accounts[0], round_1.chain.parameters.parts
    shared, _ = round_1.signed(account)
    hashes, commitments = shared.transaction.payload_hashes, shared.transaction.key_commitments
    for payloads, keys in (
        (hashes[1:], commitments[1:]),
        (hashes[1:], commitments),
        (hashes, (*commitments, OTHER)),
        ((), ()),
    ):
        with reverts("WrongPartCount", len(payloads), len(keys), parts):
            round_1.share(account, payload_hashes=payloads, key_commitments=keys)
    round_1.share(account)


# ---- round and timestamp -------------------------------------------------------------------------


def test_nothing_is_accepted_before_the_start(evm: Evm) -> None:
    rounds = Rounds.deploy(evm)
    parts = (bytes(32),) * 4
    for number in (0, 1):
        transaction = DataTransaction(number, parts, parts, bytes(32), 600, evm.accounts[0], 1, 27)
        with reverts("WrongRound", number, 0):
            rounds.bring(transaction, RingSignature(bytes(32), ()))


def test_a_data_transaction_is_for_the_round_that_collects_and_no_other(
    round_1: Rounds,
) -> None:
    account = round_1.accounts[0]
    late, signature = round_1.signed(account)
    for number in (0, 2, 2**32 - 1):
        with reverts("WrongRound", number, 1):
            round_1.share(account, round=number)
    round_1.close()
    with reverts("WrongRound", 1, 2):
        round_1.bring(late.transaction, signature)
    round_1.share(account)
    assert view(round_1, "collected", 2).shared == 1


def test_a_signature_for_one_round_does_not_serve_the_next(round_1: Rounds) -> None:
    shared, signature = round_1.signed(round_1.accounts[0])
    round_1.close()
    step = round_1.chain.parameters.timestamp_step
    moved = replace(shared.transaction, round=2, timestamp=(round_1.chain.now // step + 1) * step)
    reason = not_closed(round_1, moved, view_ring(round_1), signature)
    with reverts("RingNotClosed", *reason.arguments):
        round_1.bring(moved, signature)


def test_a_timestamp_is_a_step_and_at_most_the_skew_ahead(round_1: Rounds) -> None:
    chain, account = round_1.chain, round_1.accounts[0]
    step, skew = chain.parameters.timestamp_step, chain.parameters.maximum_clock_skew
    due = (chain.now // step + 4) * step
    for timestamp in (due + 1, due - 1):
        with reverts("TimestampNotAStep", timestamp, step):
            round_1.share(account, timestamp=timestamp)
    chain.now = due - skew - 2  # the next block is a second later
    with reverts("TimestampAhead", due, due - 1):
        round_1.share(account, timestamp=due)
    round_1.share(account, timestamp=due)


def test_a_timestamp_is_not_before_the_last_decision_of_any_round(round_1: Rounds) -> None:
    chain, step = round_1.chain, round_1.chain.parameters.timestamp_step
    round_1.share(round_1.accounts[0])
    round_1.partition()
    decision = view(round_1, "lastPartition")[1]
    assert decision == view(round_1, "collected", 1).decisionTime
    before = decision // step * step
    assert before < decision
    for _ in range(2):
        with reverts("TimestampBehind", before, decision):
            round_1.share(round_1.accounts[1], timestamp=before)
        round_1.close()
    assert view(round_1, "collected", 3).decisionTime == decision
    round_1.share(round_1.accounts[1], timestamp=before + step)
    assert chain.now > before + step, "an old one is no fault"


# ---- what is left of a round ---------------------------------------------------------------------


def test_two_rounds_on_only_the_record_of_a_data_transaction_is_left(round_1: Rounds) -> None:
    accounts = round_1.accounts[:4]
    for account in accounts[:3]:
        round_1.share(account)
    round_1.partition_all()
    round_1.close()
    while round_1.chain.phase.competes:
        round_1.chain.advance()
    first = round_1.shared[1]
    ids = [entry.transaction.identifier(round_1.chain.domain) for entry in first]
    assert [view(round_1, "idOf", 1, index) for index in range(3)] == ids
    view(round_1, "partitionAt", 1, 0)
    round_1.share(accounts[3])
    with reverts("NothingThere", 2, 1, 1):
        view(round_1, "idOf", 2, 1)
    with reverts("NothingThere", 2, 1, 1):
        view(round_1, "arrivalOf", 1)
    round_1.partition_all()
    round_1.close()
    assert round_1.collecting == 3
    for name, arguments in (
        ("idOf", (1, 0)),
        ("partitionAt", (1, 0)),
        ("testParts", (1, 0)),
        ("dataRoot", (1, 1)),
    ):
        with reverts("NothingThere", 1, 0, 0):
            view(round_1, name, *arguments)
    for entry in first:
        assert view(round_1, "isRecorded", entry.transaction.record, entry.index)
    with reverts("NothingThere", 3, 0, 0):
        view(round_1, "idOf", 3, 0)
