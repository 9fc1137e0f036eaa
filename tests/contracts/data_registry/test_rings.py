"""Rings and signatures: whatever does not hold is refused, with its reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from offchain.crypto.ring import RingSignature as Signed
from offchain.crypto.ring import ShareMessage, verify_ring
from offchain.crypto.ring_errors import RingNotClosed
from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.words.transactions import DataTransaction, Item, encode_positions
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.registries import (
    Registries,
    share_key,
)
from tests.support.tampering.changed_items import (
    changed_commitment,
    changed_parity,
    changed_payload,
    changed_reward_address,
    changed_timestamp,
)

KEYS = 20  # active in round 1


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
    shared = registries.signed_by(0)
    empty = replace(shared.signature, ring=b"", responses=())
    with reverts("RingTooShort", 0, registries.parameters.minimum_ring):
        registries.share(replace(shared, signature=empty))


def test_half_a_position_is_refused(registries: Registries):
    shared = registries.signed_by(0)
    odd = replace(shared.signature, ring=shared.signature.ring + b"\0")
    with reverts("OddIndices", len(odd.ring)):
        registries.share(replace(shared, signature=odd))


def test_shares_wait_for_the_pages_of_their_scope(registries: Registries):
    registries.open_round(2)
    shared = registries.signed_by(0)
    with reverts("PagesIncomplete", 2, 0, KEYS):
        registries.share(shared)
    registries.write_pages(2)
    registries.share(shared)


def test_each_ring_member_needs_one_response(registries: Registries):
    shared = registries.signed_by(0)
    size = len(shared.signature.responses)
    for responses in (shared.signature.responses[:-1], (*shared.signature.responses, 1)):
        changed = replace(shared.signature, responses=responses)
        with reverts("ResponseCountMismatch", size, len(responses)):
            registries.share(replace(shared, signature=changed))


def test_ring_positions_are_ascending_by_key_not_by_position(registries: Registries):
    shared = registries.signed_by(0)
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
    shared = registries.signed_by(0)
    long = shared.signature.responses[0] + ORDER
    if long >= 2**256:
        long = ORDER
    responses = (long, *shared.signature.responses[1:])
    with reverts("ResponseOutOfRange", 0, long):
        registries.share(replace(shared, signature=replace(shared.signature, responses=responses)))


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
    shared = registries.signed_by(0)
    changed = replace(shared, item=change(shared.item))
    with reverts("RingNotClosed", *expect_not_closed(registries, changed).arguments):
        registries.share(changed)
    registries.share(shared)


def test_a_signature_for_one_scope_does_not_serve_the_next(registries: Registries):
    shared = registries.signed_by(0)
    registries.open_round(2)
    registries.write_pages(2)
    moved = replace(shared, item=replace(shared.item, scope=2))
    with reverts("RingNotClosed", *expect_not_closed(registries, moved).arguments):
        registries.share(moved)


def test_a_signature_for_another_registry_is_refused(evm: Evm, registries: Registries):
    shared = registries.signed_by(0)
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
    shared = registries.signed_by(0)
    active = registries.active(1)
    others = [p for p in range(KEYS) if p not in shared.signature.positions]
    positions = sorted([*shared.signature.positions[1:], others[0]], key=lambda p: active[p])
    changed = replace(shared, signature=replace(shared.signature, ring=encode_positions(positions)))
    with reverts("RingNotClosed", *expect_not_closed(registries, changed).arguments):
        registries.share(changed)
