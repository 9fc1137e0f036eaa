"""Data transactions: what is accepted, what is recorded, what is refused, and payload keys."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from offchain.crypto.ring import RingSignature as Signed
from offchain.crypto.ring import ShareMessage, verify_ring
from offchain.crypto.ring_errors import RingNotClosed
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.status import Phase
from offchain.protocol.transactions import DataTransaction, Item, RingSignature, encode_positions
from tests.support.evm import Evm, events, reverts
from tests.support.registries import (
    Registries,
    item_tuple,
    payload_key,
    restored,
    share_key,
    transaction_tuple,
)

KEYS = 20
RING = [3, 8, 1, 12, 5, 0]
LATER = 100_000  # seconds; further than any grace or clock skew


@pytest.fixture(scope="module")
def deployed(evm_session: Evm) -> Iterator[Registries]:
    """Round 1 collects, with 20 active keys."""
    with restored(evm_session):
        registries = Registries.deploy(evm_session)
        for account in range(2):
            keys = [share_key(number) for number in range(10 * account, 10 * account + 10)]
            registries.register(keys, sender=account)
        registries.open_round(1)
        registries.write_pages(1)
        yield registries


@pytest.fixture
def registries(deployed: Registries, evm: Evm) -> Registries:
    """Round 1 collects, with 20 active keys; nothing was shared yet."""
    return deployed.copy()


def transaction(registries: Registries, signer: int = 0, **changes) -> DataTransaction:
    """A data transaction by the key at a position, in a ring with five others."""
    ring = sorted({*RING[:5], signer})
    return registries.transaction(share_key(signer), ring, **changes)


def counts(registries: Registries) -> tuple[int, int]:
    """Items accepted and entries of the arrival log."""
    return (
        registries.data.functions.totals().call()[0],
        registries.data.functions.arrivals().call()[0],
    )


# ---- acceptance ---------------------------------------------------------------------------------


def test_an_accepted_item_is_numbered_recorded_and_told_whole(evm: Evm, registries: Registries):
    registries.share(transaction(registries, 0))
    shared = transaction(registries, 8)
    receipt = registries.share(shared)
    item, signature = shared.item, shared.signature
    item_id = item.identifier(registries.domain)
    (event,) = events(receipt, registries.data, "DataShared")
    assert event["number"] == 1
    assert event["scope"] == 1
    assert event["itemId"] == item_id
    assert event["arrival"] == evm.timestamp
    assert tuple(event["item"].values()) == item_tuple(item)
    assert event["signature"]["challenge"] == signature.challenge
    assert tuple(event["signature"]["responses"]) == signature.responses
    assert event["signature"]["ring"] == signature.ring

    read = registries.data.functions
    assert read.itemId(item_tuple(item)).call() == item_id
    assert read.record(1, item.nullifier_x).call() == item_id[:24] + (2).to_bytes(8, "big")
    assert read.record(2, item.nullifier_x).call() == bytes(32)
    assert read.totals().call() == [2, 0, 0, 0]


def test_rings_of_every_allowed_size_and_signer_are_accepted(registries: Registries):
    parameters = registries.parameters
    for signer, size in enumerate((parameters.minimum_ring, 8, 11, parameters.maximum_ring)):
        ring = sorted({signer, *range(KEYS - size + 1, KEYS)})
        assert len(ring) == size
        registries.share(registries.transaction(share_key(signer), ring))
    assert counts(registries)[0] == 4


def test_items_of_one_block_share_an_entry_of_the_arrival_log(evm: Evm, registries: Registries):
    times = []
    number = 0
    for in_block in (1, 3, 1, 2, 1, 1):  # entries in two storage slots
        batch = [transaction(registries, number + i) for i in range(in_block)]
        evm.request("evm_setAutomine", False)
        for shared in batch:
            data = registries.data.encode_abi("share", [transaction_tuple(shared)])
            evm.request(
                "eth_sendTransaction",
                {
                    "from": evm.accounts[0],
                    "to": registries.data.address,
                    "data": data,
                    "gas": hex(1_000_000),
                },
            )
        evm.set_next_timestamp(evm.timestamp + 7)
        evm.mine()
        evm.request("evm_setAutomine", True)
        number += in_block
        times.append((evm.timestamp, number))
        assert counts(registries) == (number, len(times))
        read = [registries.data.functions.arrival(p).call() for p in range(len(times))]
        assert read == times
    with reverts("NoSuchArrival", len(times), len(times)):
        registries.data.functions.arrival(len(times)).call()


def test_the_arrival_log_ends_where_bitcoins_clock_ends(evm: Evm, registries: Registries):
    """Its times have 32 bits, as those of headers: in 2106 items are refused, not misdated."""
    evm.set_next_timestamp(2**32)
    registries.share(transaction(registries, 0, timestamp=2**32))
    evm.set_next_timestamp(2**32 + 1)
    with reverts("SafeCastOverflowedUintDowncast", 32, 2**32):
        registries.share(transaction(registries, 1, timestamp=2**32))


# ---- scope and timestamp ------------------------------------------------------------------------


def test_no_scope_is_accepted_before_the_first_round(evm: Evm):
    registries = Registries.deploy(evm)
    item = Item(0, bytes(32), bytes(32), evm.timestamp, evm.accounts[0], 1, 27)
    with reverts("ScopeNotAccepted", 0, 0):
        registries.share(DataTransaction(item, RingSignature(bytes(32), (), b"")))


def test_a_scope_to_come_is_not_accepted(registries: Registries):
    shared = transaction(registries)
    ahead = replace(shared, item=replace(shared.item, scope=2))
    with reverts("ScopeNotAccepted", 2, 1):
        registries.share(ahead)


def test_the_scope_before_is_accepted_to_the_last_second_of_grace(evm: Evm, registries: Registries):
    first, late = transaction(registries, 0), transaction(registries, 1)
    opened = evm.timestamp + 50
    evm.set_next_timestamp(opened)
    registries.open_round(2)
    grace = registries.parameters.grace_seconds
    evm.set_next_timestamp(opened + grace)
    receipt = registries.share(first)
    assert events(receipt, registries.data, "DataShared")[0]["scope"] == 1
    evm.set_next_timestamp(opened + grace + 1)
    with reverts("ScopeNotAccepted", 1, 2):
        registries.share(late)


def test_the_scope_two_rounds_back_is_not_accepted_even_at_once(registries: Registries):
    shared = transaction(registries)
    registries.open_round(2)
    registries.open_round(3)
    with reverts("ScopeNotAccepted", 1, 3):
        registries.share(shared)


def test_an_item_of_grace_is_checked_against_the_keys_of_its_own_scope(
    evm: Evm, registries: Registries
):
    registries.register([share_key(50), share_key(51)], sender=2)
    mine = transaction(registries, 0)
    registries.open_round(2)
    with reverts("KeyIndexOutOfRange", 20, 20):
        newcomer = replace(mine.signature, ring=encode_positions([20, *RING[:5]]))
        registries.share(replace(mine, signature=newcomer))
    registries.share(mine)
    registries.write_pages(2)
    registries.share(registries.transaction(share_key(50), [20, 21, 3, 4]))


def test_one_key_may_sign_once_in_each_scope(registries: Registries):
    first = transaction(registries, 0)
    registries.share(first)
    registries.open_round(2)
    registries.write_pages(2)
    second = transaction(registries, 0)
    assert second.item.nullifier_x != first.item.nullifier_x
    registries.share(second)
    assert counts(registries)[0] == 2


def test_a_timestamp_may_run_ahead_by_the_clock_skew_and_no_more(evm: Evm, registries: Registries):
    now = evm.timestamp + 10
    latest = now + registries.parameters.maximum_clock_skew
    evm.set_next_timestamp(now)
    with reverts("TimestampAhead", latest + 1, latest):
        registries.share(transaction(registries, 0, timestamp=latest + 1))
    now += 10
    evm.set_next_timestamp(now)
    registries.share(transaction(registries, 0, timestamp=latest + 10))


def test_a_timestamp_before_the_last_decision_time_is_refused(evm: Evm, registries: Registries):
    registries.share(transaction(registries, 0))
    registries.add_headers([evm.timestamp + 300 + i for i in range(12)])
    evm.set_next_timestamp(evm.timestamp + 1_000)
    evm.mine()
    height, end = registries.data.functions.nextPartition().call()
    evm.send(registries.chain.functions.take(registries.data.address, height, end))
    decision = registries.data.functions.totals().call()[3]
    with reverts("TimestampBehind", decision - 1, decision):
        registries.share(transaction(registries, 1, timestamp=decision - 1))
    registries.share(transaction(registries, 1, timestamp=decision))


# ---- rings and signatures -----------------------------------------------------------------------


def test_a_ring_over_the_maximum_is_refused_before_its_keys_are_read(registries: Registries):
    maximum = registries.parameters.maximum_ring
    shared = registries.transaction(share_key(0), list(range(maximum + 1)))
    with reverts("RingTooLarge", maximum + 1, maximum):
        registries.share(shared)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_ring_under_the_minimum_is_refused(registries: Registries, size: int):
    shared = registries.transaction(share_key(0), list(range(size)))
    with reverts("RingTooShort", size, registries.parameters.minimum_ring):
        registries.share(shared)


def test_an_empty_ring_is_refused(registries: Registries):
    shared = transaction(registries)
    empty = replace(shared.signature, ring=b"", responses=())
    with reverts("RingTooShort", 0, registries.parameters.minimum_ring):
        registries.share(replace(shared, signature=empty))


def test_half_a_position_is_refused(registries: Registries):
    shared = transaction(registries)
    odd = replace(shared.signature, ring=shared.signature.ring + b"\0")
    with reverts("OddIndices", len(odd.ring)):
        registries.share(replace(shared, signature=odd))


def test_shares_wait_for_the_pages_of_their_scope(registries: Registries):
    registries.open_round(2)
    shared = transaction(registries)
    with reverts("PagesIncomplete", 2, 0, KEYS):
        registries.share(shared)
    registries.write_pages(2)
    registries.share(shared)


def test_each_ring_member_needs_one_response(registries: Registries):
    shared = transaction(registries)
    size = len(shared.signature.responses)
    for responses in (shared.signature.responses[:-1], (*shared.signature.responses, 1)):
        changed = replace(shared.signature, responses=responses)
        with reverts("ResponseCountMismatch", size, len(responses)):
            registries.share(replace(shared, signature=changed))


def test_ring_positions_are_ascending_by_key_not_by_position(registries: Registries):
    shared = transaction(registries)
    positions = list(shared.signature.positions)
    keys = [registries.active(1)[position] for position in positions]
    swapped = [positions[1], positions[0], *positions[2:]]
    signature = replace(shared.signature, ring=encode_positions(swapped))
    with reverts("KeysNotAscending", 1, keys[1], keys[0]):
        registries.share(replace(shared, signature=signature))
    twice = replace(
        shared.signature, ring=encode_positions([positions[0], positions[0], *positions[2:]])
    )
    with reverts("KeysNotAscending", 1, keys[0], keys[0]):
        registries.share(replace(shared, signature=twice))


def test_a_response_that_is_not_reduced_is_refused(registries: Registries):
    shared = transaction(registries)
    long = shared.signature.responses[0] + ORDER
    if long >= 2**256:
        long = ORDER
    responses = (long, *shared.signature.responses[1:])
    with reverts("ResponseOutOfRange", 0, long):
        registries.share(replace(shared, signature=replace(shared.signature, responses=responses)))


def changed_payload(item: Item) -> Item:
    return replace(item, payload_hash=bytes(32))


def changed_commitment(item: Item) -> Item:
    return replace(item, key_commitment=bytes(32))


def changed_timestamp(item: Item) -> Item:
    return replace(item, timestamp=item.timestamp - 1)


def changed_reward_address(item: Item) -> Item:
    return replace(item, reward_address="0x" + "00" * 19 + "01")


def changed_parity(item: Item) -> Item:
    return replace(item, nullifier_v=55 - item.nullifier_v)


def expect_not_closed(registries: Registries, shared: DataTransaction) -> RingNotClosed:
    """The reason that the off-chain verification refuses the transaction for."""
    item, signature = shared.item, shared.signature
    message = ShareMessage(
        item.scope,
        item.timestamp,
        item.payload_hash,
        item.key_commitment,
        item.reward_address,
    )
    active = registries.active(item.scope)
    ring = [active[position] for position in signature.positions]
    signed = Signed(signature.challenge, signature.responses, item.nullifier_x, item.nullifier_v)
    with pytest.raises(RingNotClosed) as refused:
        verify_ring(registries.domain, message, ring, signed, 1)
    return refused.value


@pytest.mark.parametrize(
    "change",
    [
        changed_payload,
        changed_commitment,
        changed_timestamp,
        changed_reward_address,
        changed_parity,
    ],
)
def test_whatever_is_signed_cannot_be_changed(
    registries: Registries, change: Callable[[Item], Item]
):
    shared = transaction(registries)
    changed = replace(shared, item=change(shared.item))
    with reverts("RingNotClosed", *expect_not_closed(registries, changed).arguments):
        registries.share(changed)
    registries.share(shared)


def test_a_signature_for_one_scope_does_not_serve_the_next(registries: Registries):
    shared = transaction(registries)
    registries.open_round(2)
    registries.write_pages(2)
    moved = replace(shared, item=replace(shared.item, scope=2))
    with reverts("RingNotClosed", *expect_not_closed(registries, moved).arguments):
        registries.share(moved)


def test_a_signature_for_another_registry_is_refused(evm: Evm, registries: Registries):
    shared = transaction(registries)
    parameters = evm.deploy("ProtocolParameters", registries.parameters.as_tuple())
    registries.data = evm.deploy(
        "DataRegistry",
        parameters.address,
        registries.relay.address,
        registries.keys.address,
        registries.chain.address,
    )
    registries.open_round(1)
    with reverts("RingNotClosed", *expect_not_closed(registries, shared).arguments):
        registries.share(shared)


def test_a_member_that_is_exchanged_breaks_the_ring(registries: Registries):
    shared = transaction(registries)
    active = registries.active(1)
    others = [p for p in range(KEYS) if p not in shared.signature.positions]
    positions = sorted([*shared.signature.positions[1:], others[0]], key=lambda p: active[p])
    changed = replace(shared, signature=replace(shared.signature, ring=encode_positions(positions)))
    with reverts("RingNotClosed", *expect_not_closed(registries, changed).arguments):
        registries.share(changed)


# ---- nullifiers and batches ---------------------------------------------------------------------


def test_a_used_nullifier_is_refused_for_any_item(registries: Registries):
    registries.share(transaction(registries, 1))
    first = transaction(registries, 0)
    registries.share(first)
    again = transaction(registries, 0, payload=b"another payload")
    assert again.item.nullifier_x == first.item.nullifier_x
    for shared in (first, again):
        with reverts("NullifierUsed", first.item.nullifier_x, 1):
            registries.share(shared)


def test_a_batch_skips_used_nullifiers_and_accepts_the_rest(evm: Evm, registries: Registries):
    first, second, third = (transaction(registries, signer) for signer in range(3))
    again = transaction(registries, 1, payload=b"another payload")
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
    assert counts(registries) == (3, 2)
    assert registries.data.functions.arrival(1).call() == (evm.timestamp, 3)


def test_a_batch_of_nothing_new_changes_nothing(registries: Registries):
    first = transaction(registries)
    registries.share(first)
    before = counts(registries)
    for batch in ([], [first, first]):
        receipt = registries.share_batch(batch)
        assert events(receipt, registries.data, "DataShared") == []
    assert counts(registries) == before


def test_another_fault_in_a_batch_reverts_all_of_it(registries: Registries):
    good, bad = transaction(registries, 0), transaction(registries, 1)
    bad = replace(bad, item=replace(bad.item, scope=7))
    with reverts("ScopeNotAccepted", 7, 1):
        registries.share_batch([good, bad])
    assert counts(registries) == (0, 0)
    assert registries.data.functions.record(1, good.item.nullifier_x).call() == bytes(32)


def test_a_batch_has_at_most_32_transactions(registries: Registries):
    shared = transaction(registries)
    registries.share(shared)
    registries.share_batch([shared] * 32)
    with reverts("BatchTooLarge", 33, 32):
        registries.share_batch([shared] * 33)


# ---- payload keys -------------------------------------------------------------------------------


def publish(registries: Registries, *reveals: tuple[Item, bytes]):
    call = registries.data.functions.publishKeys([(item_tuple(item), key) for item, key in reveals])
    return registries.evm.send(call, sender=3)


def test_published_keys_are_told_with_the_round_and_phase_of_the_competition(
    evm: Evm, registries: Registries
):
    items = [transaction(registries, signer) for signer in range(3)]
    registries.share_batch(items)
    keys = [payload_key(share_key(signer)) for signer in range(3)]
    for number, phase in ((0, Phase.NONE), (1, Phase.COMMIT), (1, Phase.UNSEAL), (7, Phase.VOID)):
        evm.send(registries.chain.functions.setPhase(number, phase))
        receipt = publish(registries, (items[2].item, keys[2]), (items[0].item, keys[0]))
        published = [dict(e) for e in events(receipt, registries.data, "KeyPublished")]
        assert published == [
            {"number": 2, "key": keys[2], "round": number, "phase": phase},
            {"number": 0, "key": keys[0], "round": number, "phase": phase},
        ]


def test_a_key_is_published_only_for_an_item_as_it_was_shared(registries: Registries):
    shared = transaction(registries, 0)
    key = payload_key(share_key(0))
    strangers = [
        changed_payload(shared.item),
        changed_timestamp(shared.item),
        changed_reward_address(shared.item),
        changed_parity(shared.item),
        changed_commitment(shared.item),
        replace(shared.item, scope=2),
        replace(shared.item, nullifier_x=shared.item.nullifier_x ^ 1),
    ]
    with reverts("UnknownItem", shared.item.identifier(registries.domain)):
        publish(registries, (shared.item, key))
    registries.share(shared)
    for stranger in strangers:
        with reverts("UnknownItem", stranger.identifier(registries.domain)):
            publish(registries, (shared.item, key), (stranger, key))
    publish(registries, (shared.item, key))


def test_a_key_must_match_its_commitment(registries: Registries):
    shared = transaction(registries, 0)
    registries.share(shared)
    wrong = payload_key(share_key(1))
    commitment = key_commitment(registries.domain, wrong)
    with reverts("WrongKey", commitment, shared.item.key_commitment):
        publish(registries, (shared.item, wrong))


def test_at_most_64_keys_are_published_at_once(registries: Registries):
    shared = transaction(registries, 0)
    registries.share(shared)
    reveal = shared.item, payload_key(share_key(0))
    receipt = publish(registries, *[reveal] * 64)
    assert len(events(receipt, registries.data, "KeyPublished")) == 64
    with reverts("BatchTooLarge", 65, 64):
        publish(registries, *[reveal] * 65)


# ---- wiring -------------------------------------------------------------------------------------


def test_only_the_model_chain_opens_rounds_and_takes_items(evm: Evm, registries: Registries):
    chain = registries.chain.address
    with reverts("NotModelChain", evm.accounts[0], chain):
        evm.send(registries.data.functions.openRound(2))
    with reverts("NotModelChain", evm.accounts[4], chain):
        evm.send(registries.data.functions.take(11, 1), sender=4)
