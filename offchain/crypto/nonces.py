"""Nonces of signatures: each is a pseudorandom function of the secret and of all that is signed."""

from __future__ import annotations

import hashlib
import hmac

from offchain.crypto.secp256k1 import ORDER, ShareKey

_LABEL = b"modelchain/nonce/2"


def nonce(key: ShareKey, signed: bytes, index: int = 0) -> int:
    """The ``index``-th scalar in [1, ORDER) that ``key`` draws for a signature over ``signed``.

    HMAC-SHA512, keyed by the secret, over ``signed``, ``index`` and a counter that goes on in the
    case of chance 2^-256 that the scalar is 0; 512 bits modulo a 256-bit order are uniform up to
    2^-256. Nothing random goes in: the same signature comes out again where it has to be made
    again, and what differs in anything signed shares no nonce with it.

    Args:
        key: the signer's.
        signed: the hash of everything that is signed, 32 bytes.
        index: in [0, 2^32).
    """
    secret, counter = key.secret.to_bytes(32, "big"), 0
    while True:
        drawn = _LABEL + signed + index.to_bytes(4, "big") + counter.to_bytes(4, "big")
        scalar = int.from_bytes(hmac.digest(secret, drawn, hashlib.sha512), "big") % ORDER
        if scalar:
            return scalar
        counter += 1
