import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto import ring as ring_module
from offchain.crypto.hashing import Domain, HashInputError, keccak256
from offchain.crypto.nonces import nonce
from offchain.crypto.ring import (
    MAXIMUM_RING,
    Nullifier,
    RingSignature,
    nullifier,
    ring_hash,
    ring_prefix,
    scope_tag,
    sign_ring,
    verify_ring,
)
from offchain.crypto.ring_errors import (
    KeyNotRecoverable,
    KeysNotAscending,
    NotSignable,
    RingKeyOutOfRange,
    RingNotClosed,
    RingTooLong,
    RingTooShort,
)
from offchain.crypto.secp256k1 import ORDER, ShareKey
from tests.support.reference import curve as reference_curve
from tests.support.reference import ring as reference_ring
from tests.support.reference.ring_vectors import (
    CONTRACT,
    DOMAIN,
    MESSAGE,
    SCOPE,
    secret,
    share_keys,
    signed,
    xs,
)

OTHER_CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def statement(keys, own, scope=SCOPE, message=MESSAGE):
    return reference_ring.Statement(
        prefix=ring_prefix(DOMAIN, scope, message, own, xs(keys)),
        tag=scope_tag(DOMAIN, scope),
        ring=xs(keys),
        nullifier=reference_curve.lift(own.x, odd=own.v == 28),
    )


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    secrets=st.lists(st.integers(1, ORDER - 1), min_size=2, max_size=12, unique=True),
    pick=st.integers(0, 11),
    scope=st.integers(0, 2**256 - 1),
    message=st.binary(min_size=32, max_size=32),
)
def test_signature_verifies_for_any_keys_signer_scope_and_message(secrets, pick, scope, message):
    keys = {key.x: key for key in map(ShareKey, (*secrets, *range(1, 3)))}
    ring = sorted(keys)
    signer = keys[ring[pick % len(ring)]]
    signature = sign_ring(DOMAIN, scope, message, ring, signer)
    own = nullifier(DOMAIN, signer, scope)
    verify_ring(DOMAIN, scope, message, own, ring, signature)


@pytest.mark.parametrize("size", [2, 8, MAXIMUM_RING])
def test_signatures_of_the_first_a_middle_and_the_last_member_have_the_same_form(size):
    keys = share_keys(size)
    for signer in {0, size // 2, size - 1}:
        case = signed("member", keys, signer)
        case.verify()
        assert len(case.signature.challenge) == 32
        assert len(case.signature.responses) == size
        assert all(0 <= response < ORDER for response in case.signature.responses)


def test_signers_response_is_spread_as_the_others_are():
    keys, signer = share_keys(4), 1
    high = [0, 0, 0, 0]
    for number in range(64):
        signature = sign_ring(DOMAIN, number, MESSAGE, xs(keys), keys[signer])
        for index, response in enumerate(signature.responses):
            high[index] += response >> 255
    # 64 fair bits are outside of these bounds less than once in 10^12.
    assert all(4 < count < 60 for count in high)


def test_equations_hold_on_the_curve_as_the_specification_writes_them():
    keys = share_keys(4)
    case = signed("valid", keys, 2)
    written = statement(keys, case.nullifier)
    challenge = int.from_bytes(case.signature.challenge, "big")
    assert reference_ring.closes(written, challenge, case.signature.responses)
    assert not reference_ring.closes(written, challenge, case.signature.responses[::-1])


def test_signature_made_on_the_reference_curve_verifies():
    keys, signer = share_keys(4), 1
    own = nullifier(DOMAIN, keys[signer], SCOPE)
    challenge, responses = reference_ring.sign(
        statement(keys, own), signer, keys[signer].secret, secret("nonce"), [3, 5, 7, 11]
    )
    signature = RingSignature(challenge.to_bytes(32, "big"), tuple(responses))
    verify_ring(DOMAIN, SCOPE, MESSAGE, own, xs(keys), signature)


def test_nullifier_is_the_inverse_of_secret_plus_scope_tag():
    seen = set()
    for key in share_keys(8):
        tag = scope_tag(DOMAIN, SCOPE)
        own = nullifier(DOMAIN, key, SCOPE)
        exponent = pow(key.secret + tag, -1, ORDER)
        point = reference_curve.multiply(exponent, reference_curve.GENERATOR)
        assert (own.x, own.v) == (point[0], 27 + point[1] % 2)
        # sk N = G - t N: what the signature proves without showing sk.
        right = reference_curve.add(
            reference_curve.GENERATOR, reference_curve.multiply(ORDER - tag, point)
        )
        assert reference_curve.multiply(key.secret, point) == right
        seen.add(own.v)
    assert seen == {27, 28}


def test_scope_tag_is_the_domains_hash_below_the_group_order():
    whole = int.from_bytes(DOMAIN.hash("nullifier", ["uint256"], [7]), "big")
    assert scope_tag(DOMAIN, 7) == whole % ORDER


def test_two_signatures_of_one_key_in_one_scope_share_the_nullifier_whatever_is_signed():
    keys, wider = share_keys(4), share_keys(6)
    signer = keys[0]
    own = nullifier(DOMAIN, signer, SCOPE)
    signatures = [
        (MESSAGE, keys, sign_ring(DOMAIN, SCOPE, MESSAGE, xs(keys), signer)),
        (bytes(32), keys, sign_ring(DOMAIN, SCOPE, bytes(32), xs(keys), signer)),
        (MESSAGE, wider, sign_ring(DOMAIN, SCOPE, MESSAGE, xs(wider), signer)),
    ]
    for message, ring, signature in signatures:
        verify_ring(DOMAIN, SCOPE, message, own, xs(ring), signature)
    assert len({signature.challenge for _, _, signature in signatures}) == 3


def test_other_scope_key_chain_or_deployment_gives_another_nullifier():
    key, neighbour = share_keys(2)
    found = {
        nullifier(DOMAIN, key, 7).x,
        nullifier(DOMAIN, key, 8).x,
        nullifier(DOMAIN, neighbour, 7).x,
        nullifier(Domain(1, CONTRACT), key, 7).x,
        nullifier(Domain(31337, OTHER_CONTRACT), key, 7).x,
    }
    assert len(found) == 5


def test_the_same_is_signed_with_the_same_bytes_again():
    keys = share_keys(8)
    first, second = (signed("again", keys, 5) for _ in range(2))
    assert first == second
    # Another process, another machine: the file of vectors holds it too (test_ring_vectors).


def drawn(case, keys, position, domain=DOMAIN):
    """All nonces of a signature: k of the signer, which needs its secret, and the responses."""
    prefix = ring_prefix(domain, case.scope, case.message, case.nullifier, case.ring)
    written = reference_ring.Statement(
        prefix=prefix,
        tag=scope_tag(domain, case.scope),
        ring=case.ring,
        nullifier=reference_curve.lift(case.nullifier.x, odd=case.nullifier.v == 28),
    )
    challenge = int.from_bytes(case.signature.challenge, "big")
    for before in range(position):
        challenge = reference_ring.step(
            written, before, challenge, case.signature.responses[before]
        )
    k = (case.signature.responses[position] + challenge * keys[position].secret) % ORDER
    others = case.signature.responses[:position] + case.signature.responses[position + 1 :]
    return [k, *others]


def test_nonces_all_differ_when_any_single_thing_signed_differs():
    keys = share_keys(4)
    one_flipped_bit = (int.from_bytes(MESSAGE, "big") ^ 1).to_bytes(32, "big")
    other_member = sorted([*keys[:3], share_keys(1, "stranger")[0]], key=lambda key: key.x)
    one_more = share_keys(5)
    other_chain = Domain(1, CONTRACT)
    other_deployment = Domain(31337, OTHER_CONTRACT)
    signer = keys[0]
    signatures = [
        (keys, {}),
        (keys, {"scope": SCOPE + 1}),
        (keys, {"message": one_flipped_bit}),
        (other_member, {}),
        (one_more, {}),
        (keys, {"domain": other_chain}),
        (keys, {"domain": other_deployment}),
    ]
    found = []
    for ring, changes in signatures:
        position = ring.index(signer)
        case = signed("changed", ring, position, **changes)
        found += drawn(case, ring, position, changes.get("domain", DOMAIN))
    # And each signature's own nonces differ from one another.
    assert len(set(found)) == len(found) == 4 * 6 + 5


def test_nonces_differ_between_keys_that_sign_the_same():
    keys = share_keys(4)
    found = []
    for position in range(4):
        found += drawn(signed("own", keys, position), keys, position)
    assert len(set(found)) == 16


def test_no_nonce_comes_twice_over_many_signatures():
    draw = random.Random(12)
    keys = share_keys(3)
    found = []
    for _ in range(60):
        scope, message = draw.randrange(3), draw.randbytes(32)
        position = draw.randrange(3)
        case = signed("drawn", keys, position, scope=scope, message=message)
        found += drawn(case, keys, position)
    assert len(set(found)) == len(found) == 180


def test_a_fault_while_signing_gives_no_signature_out(monkeypatch):
    keys = share_keys(4)
    own = nullifier(DOMAIN, keys[1], SCOPE)
    k = nonce(keys[1], ring_prefix(DOMAIN, SCOPE, MESSAGE, own, xs(keys)), 1)
    right = ring_module.multiply_generator

    def wrong_for_the_nonce(scalar):
        return right(scalar ^ 1 if scalar == k else scalar)

    monkeypatch.setattr(ring_module, "multiply_generator", wrong_for_the_nonce)
    with pytest.raises(RingNotClosed):
        sign_ring(DOMAIN, SCOPE, MESSAGE, xs(keys), keys[1])


def test_signer_outside_of_the_ring_is_refused():
    with pytest.raises(NotSignable, match="not in the ring"):
        sign_ring(DOMAIN, SCOPE, MESSAGE, xs(share_keys(4)), ShareKey(secret("stranger")))


def test_key_whose_secret_cancels_the_scope_tag_cannot_sign():
    # Half of the tags give a secret that normalises to the other sign; take a scope where not.
    scope = next(n for n in range(99) if cancelling(n).secret == ORDER - scope_tag(DOMAIN, n))
    with pytest.raises(NotSignable, match="no nullifier in this scope"):
        nullifier(DOMAIN, cancelling(scope), scope)
    assert nullifier(DOMAIN, cancelling(scope), scope + 1).x > 0


def cancelling(scope):
    return ShareKey(ORDER - scope_tag(DOMAIN, scope))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda ring: ring[:0], RingTooShort),
        (lambda ring: ring[2:3], RingTooShort),
        (lambda ring: (*ring, *range(ring[-1] + 1, ring[-1] + 126)), RingTooLong),
        (lambda ring: (ring[1], ring[0], *ring[2:]), KeysNotAscending),
        (lambda ring: (ring[0], ring[0], *ring[1:]), KeysNotAscending),
        (lambda ring: (0, *ring), KeysNotAscending),
        (lambda ring: (-1, *ring), KeysNotAscending),
        (lambda ring: (*ring, ORDER), RingKeyOutOfRange),
        (lambda ring: (*ring, 1 << 256), RingKeyOutOfRange),
        (lambda ring: (5, *ring), KeyNotRecoverable),
    ],
    ids=[
        "empty",
        "of one",
        "too long",
        "unsorted",
        "twice",
        "zero",
        "negative",
        "order",
        "beyond uint256",
        "off the curve",
    ],
)
def test_malformed_ring_is_not_signed(change, error):
    keys = share_keys(4)
    with pytest.raises(error):
        sign_ring(DOMAIN, SCOPE, MESSAGE, change(xs(keys)), keys[2])


@pytest.mark.parametrize("key", [-1, 1 << 256])
def test_ring_with_a_number_that_is_no_uint256_is_refused_by_name(key):
    case = signed("valid", share_keys(4), 0)
    spoilt = dataclasses.replace(case, ring=(*case.ring[:3], key))
    with pytest.raises(RingKeyOutOfRange) as caught:
        spoilt.verify()
    assert caught.value.arguments == (3, key)


def test_ring_hash_is_over_the_packed_keys_in_order():
    packed = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    assert ring_hash([1, 2]) == keccak256(packed)
    assert ring_hash([2, 1]) != ring_hash([1, 2])


@pytest.mark.parametrize(
    ("scope", "message"), [(-1, MESSAGE), (1 << 256, MESSAGE), (7, bytes(31)), (7, bytes(33))]
)
def test_scope_and_message_of_another_size_are_refused(scope, message):
    keys = share_keys(2)
    with pytest.raises(HashInputError):
        sign_ring(DOMAIN, scope, message, xs(keys), keys[0])
    case = signed("valid", keys, 0)
    with pytest.raises(HashInputError):
        dataclasses.replace(case, scope=scope, message=message).verify()


def test_challenge_of_another_length_is_refused():
    with pytest.raises(HashInputError, match="31 bytes, not 32"):
        RingSignature(bytes(31), (1,))


def test_changed_bits_anywhere_in_a_signature_are_refused():
    good = signed("good", share_keys(4), 1)
    challenge, responses = good.signature.challenge, good.signature.responses
    for bit in range(0, 256, 17):
        changed = (int.from_bytes(challenge, "big") ^ (1 << bit)).to_bytes(32, "big")
        broken = [RingSignature(changed, responses)]
        for index in range(4):
            altered = list(responses)
            altered[index] = (altered[index] ^ (1 << bit)) % ORDER
            broken.append(RingSignature(challenge, tuple(altered)))
        for signature in broken:
            with pytest.raises(RingNotClosed):
                dataclasses.replace(good, signature=signature).verify()


def test_signature_serves_no_other_nullifier_of_its_signers_keys():
    keys = share_keys(4)
    good = signed("good", keys, 1)
    for other in (
        nullifier(DOMAIN, keys[0], SCOPE),
        nullifier(DOMAIN, keys[1], SCOPE + 1),
        Nullifier(good.nullifier.x, 55 - good.nullifier.v),
    ):
        with pytest.raises(RingNotClosed):
            dataclasses.replace(good, nullifier=other).verify()
