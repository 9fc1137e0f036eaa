"""RingSignatures.sol against Python: the shared vectors case by case, and random signatures."""

import dataclasses
import hashlib
import os
import random

import pytest

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import ring_prefix, scope_tag, sign_ring
from offchain.crypto.secp256k1 import ORDER, ShareKey
from scripts.support.chains.evm import Evm, reverts
from tests.support.reference import ring_vectors
from tests.support.reference.ring_vectors import (
    CONTRACT,
    DOMAIN,
    MINIMUM_RING,
    Case,
    message,
    share_keys,
)

CASES = ring_vectors.load()


@pytest.fixture
def harness(evm: Evm):
    """The library at the address that the vectors are signed for. It has no state: code is all."""
    code = evm.w3.eth.get_code(evm.deploy("RingSignatureHarness").address)
    evm.request("anvil_setCode", CONTRACT, "0x" + code.hex())
    return evm.at("RingSignatureHarness", CONTRACT)


def item(content, signature):
    return (
        content.scope,
        content.payload_hash,
        content.key_commitment,
        content.timestamp,
        content.reward_address,
        signature.nullifier_x,
        signature.nullifier_v,
    )


def arguments(content, ring, signature, minimum_ring=MINIMUM_RING):
    return (
        item(content, signature),
        list(ring),
        minimum_ring,
        signature.challenge,
        list(signature.responses),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector_is_accepted_or_refused_for_its_reason(harness, case):
    call = harness.functions.verify(
        *arguments(case.message, case.ring, case.signature, case.minimum_ring)
    )
    if case.error is None:
        call.call()
        return
    with reverts(case.error, *case.arguments):
        call.call()


def test_signature_of_every_member_is_accepted(harness):
    keys = share_keys(5)
    ring = [key.x for key in keys]
    for signer in keys:
        signature = sign_ring(DOMAIN, message(), ring, signer, os.urandom)
        harness.functions.verify(*arguments(message(), ring, signature)).call()


def test_random_signatures_of_python_are_accepted_and_refused_when_changed(harness):
    draw = random.Random(20)
    for _ in range(12):
        size = draw.randrange(4, 12)
        keys = sorted(
            (ShareKey(draw.randrange(1, ORDER)) for _ in range(size)), key=lambda key: key.x
        )
        ring = [key.x for key in keys]
        content = message(
            scope=draw.randrange(2**32),
            timestamp=draw.randrange(2**40),
            payload_hash=draw.randbytes(32),
            key_commitment=draw.randbytes(32),
        )
        signature = sign_ring(DOMAIN, content, ring, draw.choice(keys), draw.randbytes)
        harness.functions.verify(*arguments(content, ring, signature)).call()
        responses = list(signature.responses)
        responses[draw.randrange(size)] = draw.randrange(ORDER)
        spoilt = dataclasses.replace(signature, responses=tuple(responses))
        case = ring_vectors.refused(Case("changed", content, tuple(ring), spoilt))
        with reverts("RingNotClosed", *case.arguments):
            harness.functions.verify(*arguments(content, ring, spoilt)).call()


@pytest.mark.parametrize("scope", [0, 1, 7, 2**32 - 1])
def test_scope_tag_is_pythons(harness, scope):
    assert harness.functions.scopeTag(scope).call() == scope_tag(DOMAIN, scope)


@pytest.mark.parametrize("size", [0, 1, 2, 9])
def test_prefix_is_pythons_for_any_number_of_keys(harness, size):
    ring = [int.from_bytes(hashlib.sha256(bytes([n])).digest(), "big") for n in range(size)]
    content = message(timestamp=2**40 - 1, scope=2**32 - 1)
    stated = (
        content.scope,
        content.payload_hash,
        content.key_commitment,
        content.timestamp,
        content.reward_address,
        2**256 - 1,
        255,
    )
    expected = ring_prefix(DOMAIN, content, ring, 2**256 - 1, 255)
    assert harness.functions.prefix(stated, ring).call() == expected


def test_signature_is_bound_to_the_contracts_address(evm, harness):
    keys = share_keys(4)
    ring = [key.x for key in keys]
    other = evm.deploy("RingSignatureHarness")
    assert other.address != CONTRACT
    there = Domain(31337, other.address)
    signature = sign_ring(there, message(), ring, keys[0], os.urandom)
    other.functions.verify(*arguments(message(), ring, signature)).call()
    case = ring_vectors.refused(Case("elsewhere", message(), tuple(ring), signature))
    with reverts("RingNotClosed", *case.arguments):
        harness.functions.verify(*arguments(message(), ring, signature)).call()


@pytest.mark.gas
@pytest.mark.parametrize(("size", "limit"), [(8, 60_000), (11, 82_000), (16, 118_000)])
def test_gas_of_verification_stays_within_its_budget(harness, size, limit, record_property):
    keys = share_keys(size)
    ring = [key.x for key in keys]
    signature = sign_ring(DOMAIN, message(), ring, keys[size // 2], os.urandom)
    used = harness.functions.gasOfVerify(*arguments(message(), ring, signature)).call()
    record_property("gas", used)
    assert used <= limit


@pytest.mark.gas
def test_a_further_member_costs_at_most_7_300_gas(harness):
    used = []
    for size in (8, 9):
        keys = share_keys(size)
        ring = [key.x for key in keys]
        signature = sign_ring(DOMAIN, message(), ring, keys[0], os.urandom)
        used.append(harness.functions.gasOfVerify(*arguments(message(), ring, signature)).call())
    # Twice ecrecover is 6,000, calling it twice another 200.
    assert 6_200 < used[1] - used[0] <= 7_300
