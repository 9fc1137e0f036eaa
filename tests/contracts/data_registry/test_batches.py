"""Nullifiers and batches: one item for each key and scope, several in a call."""

from dataclasses import replace

from scripts.support.chains.evm import Evm, events, reverts
from scripts.support.chains.registries import (
    Registries,
    transaction_tuple,
)


def test_a_used_nullifier_is_refused_for_any_item(registries: Registries):
    registries.share(registries.signed_by(1))
    first = registries.signed_by(0)
    registries.share(first)
    again = registries.signed_by(0, payload=b"another payload")
    assert again.item.nullifier_x == first.item.nullifier_x
    for shared in (first, again):
        with reverts("NullifierUsed", first.item.nullifier_x, 1):
            registries.share(shared)


def test_a_batch_skips_used_nullifiers_and_accepts_the_rest(evm: Evm, registries: Registries):
    first, second, third = (registries.signed_by(signer) for signer in range(3))
    again = registries.signed_by(1, payload=b"another payload")
    registries.share(first)
    batch = [first, second, again, third, second]
    call = registries.data.functions.shareBatch([transaction_tuple(t) for t in batch])
    assert call.call() == 2
    evm.set_next_timestamp(evm.timestamp + 7)
    receipt = evm.send(call)
    shared = events(receipt, registries.data, "DataShared")
    assert [event["number"] for event in shared] == [1, 2]
    assert [event["itemId"] for event in shared] == [
        t.item.identifier(registries.domain) for t in (second, third)
    ]
    assert registries.counts() == (3, 2)
    assert registries.data.functions.arrival(1).call() == (evm.timestamp, 3)


def test_a_batch_of_nothing_new_changes_nothing(registries: Registries):
    first = registries.signed_by(0)
    registries.share(first)
    before = registries.counts()
    for batch in ([], [first, first]):
        receipt = registries.share_batch(batch)
        assert events(receipt, registries.data, "DataShared") == []
    assert registries.counts() == before


def test_another_fault_in_a_batch_reverts_all_of_it(registries: Registries):
    good, bad = registries.signed_by(0), registries.signed_by(1)
    bad = replace(bad, item=replace(bad.item, scope=7))
    with reverts("ScopeNotAccepted", 7, 1):
        registries.share_batch([good, bad])
    assert registries.counts() == (0, 0)
    assert registries.data.functions.record(1, good.item.nullifier_x).call() == bytes(32)


def test_a_batch_has_at_most_32_transactions(registries: Registries):
    shared = registries.signed_by(0)
    registries.share(shared)
    registries.share_batch([shared] * 32)
    with reverts("BatchTooLarge", 33, 32):
        registries.share_batch([shared] * 33)
