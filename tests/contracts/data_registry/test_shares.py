"""Data transactions: what is accepted and recorded, in which scope, with which timestamp."""

from dataclasses import replace

from offchain.protocol.words.transactions import (
    ChainSignature,
    DataTransaction,
    Item,
    encode_positions,
)
from scripts.support.chains.evm import Evm, events, reverts
from scripts.support.chains.registries import (
    OTHER_MEMBERS,
    Registries,
    item_tuple,
    share_key,
    transaction_tuple,
)

KEYS = 20  # active in round 1


def test_an_accepted_item_is_numbered_recorded_and_told_whole(evm: Evm, registries: Registries):
    registries.share(registries.signed_by(0))
    shared = registries.signed_by(8)
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
    assert registries.counts()[0] == 4


def test_items_of_one_block_share_an_entry_of_the_arrival_log(evm: Evm, registries: Registries):
    times = []
    number = 0
    for in_block in (1, 3, 1, 2, 1, 1):  # entries in two storage slots
        batch = [registries.signed_by(number + i) for i in range(in_block)]
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
        assert registries.counts() == (number, len(times))
        read = [registries.data.functions.arrival(p).call() for p in range(len(times))]
        assert read == times
    with reverts("NoSuchArrival", len(times), len(times)):
        registries.data.functions.arrival(len(times)).call()


def test_the_arrival_log_ends_where_bitcoins_clock_ends(evm: Evm, registries: Registries):
    """Its times have 32 bits, as those of headers: in 2106 items are refused, not misdated."""
    evm.set_next_timestamp(2**32)
    registries.share(registries.signed_by(0, timestamp=2**32))
    evm.set_next_timestamp(2**32 + 1)
    with reverts("SafeCastOverflowedUintDowncast", 32, 2**32):
        registries.share(registries.signed_by(1, timestamp=2**32))


# ---- scope and timestamp ------------------------------------------------------------------------


def test_no_scope_is_accepted_before_the_first_round(evm: Evm):
    registries = Registries.deploy(evm)
    item = Item(0, bytes(32), bytes(32), evm.timestamp, evm.accounts[0], 1, 27)
    with reverts("ScopeNotAccepted", 0, 0):
        registries.share(DataTransaction(item, ChainSignature(bytes(32), (), b"")))


def test_a_scope_to_come_is_not_accepted(registries: Registries):
    shared = registries.signed_by(0)
    ahead = replace(shared, item=replace(shared.item, scope=2))
    with reverts("ScopeNotAccepted", 2, 1):
        registries.share(ahead)


def test_the_scope_before_is_accepted_to_the_last_second_of_grace(evm: Evm, registries: Registries):
    first, late = registries.signed_by(0), registries.signed_by(1)
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
    shared = registries.signed_by(0)
    registries.open_round(2)
    registries.open_round(3)
    with reverts("ScopeNotAccepted", 1, 3):
        registries.share(shared)


def test_an_item_of_grace_is_checked_against_the_keys_of_its_own_scope(
    evm: Evm, registries: Registries
):
    registries.register([share_key(50), share_key(51)], sender=2)
    mine = registries.signed_by(0)
    registries.open_round(2)
    with reverts("KeyIndexOutOfRange", 20, 20):
        newcomer = replace(mine.signature, ring=encode_positions([20, *OTHER_MEMBERS]))
        registries.share(replace(mine, signature=newcomer))
    registries.share(mine)
    registries.write_pages(2)
    registries.share(registries.transaction(share_key(50), [20, 21, 3, 4]))


def test_one_key_may_sign_once_in_each_scope(registries: Registries):
    first = registries.signed_by(0)
    registries.share(first)
    registries.open_round(2)
    registries.write_pages(2)
    second = registries.signed_by(0)
    assert second.item.nullifier_x != first.item.nullifier_x
    registries.share(second)
    assert registries.counts()[0] == 2


def test_a_timestamp_may_run_ahead_by_the_clock_skew_and_no_more(evm: Evm, registries: Registries):
    now = evm.timestamp + 10
    latest = now + registries.parameters.maximum_clock_skew
    evm.set_next_timestamp(now)
    with reverts("TimestampAhead", latest + 1, latest):
        registries.share(registries.signed_by(0, timestamp=latest + 1))
    now += 10
    evm.set_next_timestamp(now)
    registries.share(registries.signed_by(0, timestamp=latest + 10))


def test_a_timestamp_before_the_last_decision_time_is_refused(evm: Evm, registries: Registries):
    registries.share(registries.signed_by(0))
    registries.add_headers([evm.timestamp + 300 + i for i in range(12)])
    evm.set_next_timestamp(evm.timestamp + 1_000)
    evm.mine()
    height, end = registries.data.functions.nextPartition().call()
    evm.send(registries.chain.functions.take(registries.data.address, height, end))
    decision = registries.data.functions.totals().call()[3]
    with reverts("TimestampBehind", decision - 1, decision):
        registries.share(registries.signed_by(1, timestamp=decision - 1))
    registries.share(registries.signed_by(1, timestamp=decision))


# ---- wiring -------------------------------------------------------------------------------------


def test_only_the_model_chain_opens_rounds_and_takes_items(evm: Evm, registries: Registries):
    chain = registries.chain.address
    with reverts("NotModelChain", evm.accounts[0], chain):
        evm.send(registries.data.functions.openRound(2))
    with reverts("NotModelChain", evm.accounts[4], chain):
        evm.send(registries.data.functions.take(11, 1), sender=4)
