"""RingSignatures.sol against Python: the shared vectors case by case, and random signatures."""

import dataclasses
import hashlib
import random

import pytest

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import MAXIMUM_RING, Nullifier, RingSignature, ring_prefix, scope_tag
from offchain.crypto.secp256k1 import ORDER, ShareKey
from scripts.support.chains.evm import Evm, reverts
from tests.support.reference import ring_vectors
from tests.support.reference.ring_vectors import CONTRACT, MESSAGE, Case, share_keys, signed

CASES = ring_vectors.load()


@pytest.fixture
def harness(evm: Evm):
    return evm.deploy("RingSignatureHarness")


def arguments(case: Case, model_chain: str = CONTRACT):
    return (
        model_chain,
        case.scope,
        case.message,
        case.nullifier.x,
        case.nullifier.v,
        list(case.ring),
        case.signature.challenge,
        list(case.signature.responses),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector_is_accepted_or_refused_for_its_reason(harness, case):
    call = harness.functions.verify(*arguments(case))
    if case.error is None:
        call.call()
        return
    with reverts(case.error, *case.arguments):
        call.call()


def test_signature_of_every_member_is_accepted(harness):
    keys = share_keys(5)
    for signer in range(5):
        harness.functions.verify(*arguments(signed("member", keys, signer))).call()


def test_random_signatures_of_python_are_accepted_and_refused_when_changed(harness):
    draw = random.Random(20)
    for _ in range(12):
        size = draw.randrange(2, 12)
        keys = sorted(
            (ShareKey(draw.randrange(1, ORDER)) for _ in range(size)), key=lambda key: key.x
        )
        case = signed(
            "drawn",
            keys,
            draw.randrange(size),
            scope=draw.randrange(2**256),
            message=draw.randbytes(32),
        )
        harness.functions.verify(*arguments(case)).call()
        responses = list(case.signature.responses)
        responses[draw.randrange(size)] = draw.randrange(ORDER)
        changed = RingSignature(case.signature.challenge, tuple(responses))
        spoilt = ring_vectors.refused(dataclasses.replace(case, signature=changed))
        with reverts("RingNotClosed", *spoilt.arguments):
            harness.functions.verify(*arguments(spoilt)).call()


@pytest.mark.parametrize("scope", [0, 1, 7, 2**256 - 1])
def test_scope_tag_is_pythons(harness, scope):
    tag = scope_tag(ring_vectors.DOMAIN, scope)
    assert harness.functions.scopeTag(CONTRACT, scope).call() == tag


@pytest.mark.parametrize("size", [0, 1, 2, 9])
def test_prefix_is_pythons_for_any_number_of_keys(harness, size):
    ring = [int.from_bytes(hashlib.sha256(bytes([n])).digest(), "big") for n in range(size)]
    own = Nullifier(2**256 - 1, 255)
    expected = ring_prefix(ring_vectors.DOMAIN, 2**256 - 1, MESSAGE, own, ring)
    stated = (CONTRACT, 2**256 - 1, MESSAGE, own.x, own.v, ring)
    assert harness.functions.prefix(*stated).call() == expected


def test_signature_is_bound_to_the_deployment_and_not_to_who_checks_it(evm, harness):
    other = evm.deploy("RingSignatureHarness").address
    case = signed("elsewhere", share_keys(4), 0, domain=Domain(31337, other))
    harness.functions.verify(*arguments(case, other)).call()
    refused = ring_vectors.refused(case)
    with reverts("RingNotClosed", *refused.arguments):
        harness.functions.verify(*arguments(case)).call()


@pytest.mark.gas
@pytest.mark.parametrize(
    ("size", "limit"), [(8, 57_000), (32, 222_000), (64, 442_000), (MAXIMUM_RING, 880_000)]
)
def test_gas_of_verification_stays_within_its_budget(harness, size, limit, record_property):
    case = signed("measured", share_keys(size), size // 2)
    used = harness.functions.gasOfVerify(*arguments(case)).call()
    record_property("gas", used)
    assert used <= limit


@pytest.mark.gas
def test_a_further_member_costs_at_most_6_850_gas(harness):
    used = [
        harness.functions.gasOfVerify(*arguments(signed("measured", share_keys(size), 0))).call()
        for size in (8, 9)
    ]
    # Twice ecrecover is 6,000, calling it twice another 200. A data transaction pays 512 on top for
    # the response in its calldata.
    assert 6_200 < used[1] - used[0] <= 6_850
