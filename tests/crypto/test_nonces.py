import hashlib
import hmac
import random

from offchain.crypto.nonces import nonce
from offchain.crypto.secp256k1 import ORDER, ShareKey

KEY, NEIGHBOUR = ShareKey(1234), ShareKey(1235)


def test_nonce_is_hmac_of_the_secret_over_what_is_signed_and_the_index():
    for signed, index in [(b"s" * 32, 0), (b"t" * 32, 127)]:
        drawn = b"modelchain/nonce/2" + signed + index.to_bytes(4, "big") + bytes(4)
        digest = hmac.new(KEY.secret.to_bytes(32, "big"), drawn, hashlib.sha512).digest()
        assert nonce(KEY, signed, index) == int.from_bytes(digest, "big") % ORDER


def test_the_same_comes_again():
    assert nonce(ShareKey(1234), b"s" * 32, 3) == nonce(KEY, b"s" * 32, 3)


def test_no_nonce_comes_twice_over_thousands_of_inputs():
    draw = random.Random(12)
    signed = {draw.randbytes(32) for _ in range(500)}
    # Neighbours that differ in one bit, as a counter or a flag would.
    signed |= {n.to_bytes(32, "big") for n in range(200)} | {
        (1 << n).to_bytes(32, "big") for n in range(256)
    }
    found = {
        nonce(key, what, index)
        for key in (KEY, NEIGHBOUR)
        for what in signed
        for index in (0, 1, 127)
    }
    assert len(found) == 2 * 3 * len(signed)
    assert all(0 < scalar < ORDER for scalar in found)


def test_nonces_are_spread_over_the_whole_range():
    # A quarter of 400 each, give or take five standard deviations.
    quarters = [0] * 4
    for index in range(400):
        quarters[4 * nonce(KEY, b"s" * 32, index) // ORDER] += 1
    assert all(57 < count < 143 for count in quarters)
