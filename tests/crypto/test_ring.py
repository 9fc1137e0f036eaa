import dataclasses
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, HashInputError, keccak256
from offchain.crypto.ring import (
    Nullifier,
    RingSignature,
    ShareMessage,
    nullifier,
    nullifier_from_x,
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
    NullifierOutOfRange,
    NullifierParity,
    RingKeyOutOfRange,
    RingNotClosed,
    RingTooShort,
)
from offchain.crypto.secp256k1 import ORDER, NotOnCurveError, ShareKey
from tests.support.reference import curve as reference_curve
from tests.support.reference import ring as reference_ring
from tests.support.reference.ring_vectors import CONTRACT, DOMAIN, message, secret, share_keys


def xs(keys):
    return [key.x for key in keys]


def statement(keys, own):
    return reference_ring.Statement(
        prefix=ring_prefix(DOMAIN, message(), xs(keys), own.x, own.v),
        tag=scope_tag(DOMAIN, message().scope),
        ring=xs(keys),
        nullifier=(own.x, own.y),
    )


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    secrets=st.lists(st.integers(1, ORDER - 1), min_size=1, max_size=12, unique=True),
    pick=st.integers(0, 11),
    scope=st.integers(0, 2**32 - 1),
    timestamp=st.integers(0, 2**40 - 1),
    payload_hash=st.binary(min_size=32, max_size=32),
    fresh=st.binary(min_size=32, max_size=32),
)
def test_signature_verifies_for_any_keys_signer_and_message(
    secrets, pick, scope, timestamp, payload_hash, fresh
):
    keys = {key.x: key for key in map(ShareKey, secrets)}
    ring = sorted(keys)
    signer = keys[ring[pick % len(ring)]]
    content = message(scope=scope, timestamp=timestamp, payload_hash=payload_hash)
    signature = sign_ring(DOMAIN, content, ring, signer, lambda size: fresh[:size])
    verify_ring(DOMAIN, content, ring, signature, minimum_ring=1)
    own = nullifier(DOMAIN, signer, scope)
    assert (signature.nullifier_x, signature.nullifier_v) == (own.x, own.v)


def test_signature_of_every_member_verifies_and_has_the_same_form():
    keys = share_keys(8)
    for signer in keys:
        signature = sign_ring(DOMAIN, message(), xs(keys), signer, os.urandom)
        verify_ring(DOMAIN, message(), xs(keys), signature, minimum_ring=8)
        assert len(signature.challenge) == 32
        assert len(signature.responses) == 8
        assert all(0 <= response < ORDER for response in signature.responses)


def test_signers_response_is_spread_as_the_others_are():
    keys, signer = share_keys(4), 1
    high = [0, 0, 0, 0]
    for _ in range(64):
        signature = sign_ring(DOMAIN, message(), xs(keys), keys[signer], os.urandom)
        for index, response in enumerate(signature.responses):
            high[index] += response >> 255
    # 64 fair bits are outside of these bounds less than once in 10^12.
    assert all(4 < count < 60 for count in high)


def test_equations_hold_on_the_curve_as_the_specification_writes_them():
    keys = share_keys(4)
    signature = sign_ring(DOMAIN, message(), xs(keys), keys[2], os.urandom)
    written = statement(keys, nullifier(DOMAIN, keys[2], message().scope))
    challenge = int.from_bytes(signature.challenge, "big")
    assert reference_ring.closes(written, challenge, signature.responses)
    assert not reference_ring.closes(written, challenge, signature.responses[::-1])


def test_signature_made_on_the_reference_curve_verifies():
    keys, signer = share_keys(4), 1
    own = nullifier(DOMAIN, keys[signer], message().scope)
    challenge, responses = reference_ring.sign(
        statement(keys, own), signer, keys[signer].secret, secret("nonce"), [3, 5, 7, 11]
    )
    signature = RingSignature(challenge.to_bytes(32, "big"), tuple(responses), own.x, own.v)
    verify_ring(DOMAIN, message(), xs(keys), signature, minimum_ring=4)


def test_nullifier_is_the_inverse_of_secret_plus_scope_tag():
    key = share_keys(1)[0]
    tag = scope_tag(DOMAIN, 7)
    own = nullifier(DOMAIN, key, 7)
    point = reference_curve.multiply(pow(key.secret + tag, -1, ORDER), reference_curve.GENERATOR)
    assert (own.x, own.y) == point
    # sk N = G - t N: what the signature proves without showing sk.
    right = reference_curve.add(
        reference_curve.GENERATOR, reference_curve.multiply(ORDER - tag, point)
    )
    assert reference_curve.multiply(key.secret, point) == right


def test_scope_tag_is_the_domains_hash_below_the_group_order():
    whole = int.from_bytes(DOMAIN.hash("nullifier", ["uint256"], [7]), "big")
    assert scope_tag(DOMAIN, 7) == whole % ORDER


def test_same_key_and_scope_give_the_same_nullifier_whatever_is_signed():
    keys, wider = share_keys(4), share_keys(6)
    signer = next(key for key in keys if key in wider)
    signatures = [
        sign_ring(DOMAIN, message(), xs(keys), signer, os.urandom),
        sign_ring(DOMAIN, message(timestamp=5), xs(keys), signer, os.urandom),
        sign_ring(DOMAIN, message(payload_hash=bytes(32)), xs(wider), signer, os.urandom),
    ]
    assert len({(s.nullifier_x, s.nullifier_v) for s in signatures}) == 1
    assert len({s.challenge for s in signatures}) == 3


def test_other_scope_key_chain_or_contract_gives_another_nullifier():
    key, neighbour = share_keys(2)
    found = {
        nullifier(DOMAIN, key, 7).x,
        nullifier(DOMAIN, key, 8).x,
        nullifier(DOMAIN, neighbour, 7).x,
        nullifier(Domain(1, CONTRACT), key, 7).x,
        nullifier(Domain(31337, message().reward_address), key, 7).x,
    }
    assert len(found) == 5


def test_nullifier_travels_as_x_and_v():
    seen = set()
    for key in share_keys(8):
        own = nullifier(DOMAIN, key, 7)
        assert nullifier_from_x(own.x, own.v) == own
        negative = Nullifier(own.x, reference_curve.FIELD - own.y)
        assert nullifier_from_x(own.x, 55 - own.v) == negative
        seen.add(own.v)
    assert seen == {27, 28}


@pytest.mark.parametrize(
    ("x", "v", "error"),
    [
        (0, 27, NullifierOutOfRange),
        (ORDER, 27, NullifierOutOfRange),
        (reference_curve.x_at_or_above_order(), 27, NullifierOutOfRange),
        (-1, 27, NullifierOutOfRange),
        (1, 26, NullifierParity),
        (1, 29, NullifierParity),
        (5, 28, NotOnCurveError),
    ],
)
def test_malformed_nullifier_is_refused(x, v, error):
    with pytest.raises(error):
        nullifier_from_x(x, v)


def test_nonces_differ_between_messages_even_if_randomness_is_broken():
    keys, index = share_keys(4), 0
    first, second = (
        sign_ring(DOMAIN, message(timestamp=when), xs(keys), keys[index], bytes) for when in (1, 2)
    )
    # Each response of the first ring's others is drawn anew, and so is the signer's nonce
    # k = s + c sk, with which anybody could compute sk if it came twice.
    assert not set(first.responses) & set(second.responses)
    nonces = {own_nonce(keys, index, 1, first), own_nonce(keys, index, 2, second)}
    assert len(nonces) == 2


def own_nonce(keys, index, when, signature):
    """k of the signer, which needs its secret."""
    own = nullifier(DOMAIN, keys[index], 7)
    written = dataclasses.replace(
        statement(keys, own),
        prefix=ring_prefix(DOMAIN, message(timestamp=when), xs(keys), own.x, own.v),
    )
    challenge = int.from_bytes(signature.challenge, "big")
    for before in range(index):
        challenge = reference_ring.step(written, before, challenge, signature.responses[before])
    return (signature.responses[index] + challenge * keys[index].secret) % ORDER


def test_nonces_differ_between_signatures_of_one_message():
    keys = share_keys(4)
    first, second = (sign_ring(DOMAIN, message(), xs(keys), keys[0], os.urandom) for _ in range(2))
    assert not set(first.responses) & set(second.responses)


def test_randomness_is_asked_once_and_its_length_is_checked():
    keys, asked = share_keys(4), []

    def counting(size):
        asked.append(size)
        return os.urandom(size)

    sign_ring(DOMAIN, message(), xs(keys), keys[0], counting)
    assert asked == [32]
    with pytest.raises(NotSignable, match="31 bytes, not 32"):
        sign_ring(DOMAIN, message(), xs(keys), keys[0], lambda size: bytes(size - 1))


@pytest.mark.parametrize("size", [0, 4])
def test_signer_outside_of_the_ring_is_refused(size):
    ring = xs(share_keys(size))
    with pytest.raises(NotSignable, match="not in the ring"):
        sign_ring(DOMAIN, message(), ring, ShareKey(secret("stranger")), os.urandom)


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
        (lambda ring: [ring[1], ring[0], *ring[2:]], KeysNotAscending),
        (lambda ring: [ring[0], ring[0], *ring[1:]], KeysNotAscending),
        (lambda ring: [0, *ring], RingKeyOutOfRange),
        (lambda ring: [*ring, ORDER], RingKeyOutOfRange),
        (lambda ring: [*ring, 1 << 256], RingKeyOutOfRange),
        (lambda ring: [-1, *ring], RingKeyOutOfRange),
        (lambda ring: [5, *ring], KeyNotRecoverable),
    ],
    ids=["unsorted", "twice", "zero", "order", "beyond uint256", "negative", "off the curve"],
)
def test_malformed_ring_is_not_signed(change, error):
    keys = share_keys(4)
    with pytest.raises(error):
        sign_ring(DOMAIN, message(), change(xs(keys)), keys[2], os.urandom)


@pytest.mark.parametrize("key", [-1, 1 << 256])
def test_ring_with_a_number_that_is_no_uint256_is_refused_by_name(key):
    keys = share_keys(4)
    signature = sign_ring(DOMAIN, message(), xs(keys), keys[0], os.urandom)
    with pytest.raises(RingKeyOutOfRange) as caught:
        verify_ring(DOMAIN, message(), [*xs(keys)[:3], key], signature, minimum_ring=4)
    assert caught.value.arguments == (3, key)


def test_ring_hash_is_over_the_packed_keys_in_order():
    packed = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    assert ring_hash([1, 2]) == keccak256(packed)
    assert ring_hash([2, 1]) != ring_hash([1, 2])


def test_empty_ring_is_refused_even_without_a_minimum():
    own = nullifier(DOMAIN, share_keys(1)[0], 7)
    signature = RingSignature(bytes(32), (), own.x, own.v)
    with pytest.raises(RingTooShort) as caught:
        verify_ring(DOMAIN, message(), [], signature, minimum_ring=0)
    assert caught.value.arguments == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"scope": -1},
        {"scope": 1 << 32},
        {"timestamp": -1},
        {"timestamp": 1 << 40},
        {"payload_hash": bytes(31)},
        {"key_commitment": bytes(33)},
        {"reward_address": "0x1234"},
    ],
)
def test_message_out_of_range_is_refused(change):
    with pytest.raises(HashInputError):
        ShareMessage(**{**dataclasses.asdict(message()), **change})


def test_challenge_of_another_length_is_refused():
    with pytest.raises(HashInputError, match="31 bytes, not 32"):
        RingSignature(bytes(31), (1,), 1, 27)


def test_changed_bits_anywhere_in_a_signature_are_refused():
    keys = share_keys(4)
    good = sign_ring(DOMAIN, message(), xs(keys), keys[1], os.urandom)
    for bit in range(0, 256, 17):
        changed = (int.from_bytes(good.challenge, "big") ^ (1 << bit)).to_bytes(32, "big")
        broken = [dataclasses.replace(good, challenge=changed)]
        for index in range(4):
            responses = list(good.responses)
            responses[index] = (responses[index] ^ (1 << bit)) % ORDER
            broken.append(dataclasses.replace(good, responses=tuple(responses)))
        for signature in broken:
            with pytest.raises(RingNotClosed):
                verify_ring(DOMAIN, message(), xs(keys), signature, minimum_ring=4)
