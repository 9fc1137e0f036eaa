"""Sealing of payloads and model copies: AES-256-GCM in one file.

    file = nonce (12 bytes) || ciphertext || tag (16 bytes)

The associated data of a payload binds it to its data transaction's scope and nullifier: ciphertext
copied under another signature does not decrypt. AES-GCM alone does not commit to its key (a file
can be made that two keys open); the key commitment in the data transaction does.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import Nullifier
from offchain.errors import CryptoError

MAX_FILE = 1 << 20
"""Bytes of the largest file, sealed or not: 1 MiB, the largest block that IPFS nodes exchange."""

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD = NONCE_BYTES + TAG_BYTES
"""Bytes that sealing adds."""

MAX_PLAINTEXT = MAX_FILE - OVERHEAD
"""Most bytes that can be sealed into one file."""


class SealingError(CryptoError):
    """A file that cannot be sealed or unsealed."""


class KeySizeError(SealingError):
    """A key or nonce of the wrong length."""


class FileSizeError(SealingError):
    """Content too large for one file, or a file too small to hold any."""

    def __init__(self, what: str, size: int, minimum: int, maximum: int) -> None:
        super().__init__(f"{what} has {size} bytes, allowed are {minimum} to {maximum}")
        self.size = size
        self.minimum = minimum
        self.maximum = maximum


class NotAuthenticError(SealingError):
    """The file was not sealed with this key for this purpose, or was changed since."""


def key_commitment(domain: Domain, key: bytes) -> bytes:
    """H("key", key): what a data transaction says of its payload's key, in DataRegistry's domain.

    Raises:
        HashInputError: the key is not 32 bytes long.
    """
    return domain.hash("key", ["bytes32"], [key])


def payload_associated_data(domain: Domain, scope: int, nullifier: Nullifier) -> bytes:
    """H("payload", scope, N.x, N.y), in DataRegistry's domain."""
    return domain.hash(
        "payload", ["uint256", "uint256", "uint256"], [scope, nullifier.x, nullifier.y]
    )


def model_associated_data(domain: Domain, round_number: int, account: str) -> bytes:
    """H("model-copy", round, account), in ModelChain's domain: for a copy kept until the reveal."""
    return domain.hash("model-copy", ["uint256", "address"], [round_number, account])


def seal(
    plaintext: bytes, key: bytes, associated_data: bytes, randomness: Callable[[int], bytes]
) -> bytes:
    """Encrypt; at most `MAX_PLAINTEXT` bytes in, `OVERHEAD` more out.

    ``randomness`` gives that many fresh random bytes: the nonce must never repeat under one key.

    Raises:
        KeySizeError: the key is not 32 bytes long, or ``randomness`` gave another length than
            asked.
        FileSizeError: the plaintext does not fit one file.
    """
    _require_key(key)
    if len(plaintext) > MAX_PLAINTEXT:
        raise FileSizeError("the content to be sealed", len(plaintext), 0, MAX_PLAINTEXT)
    nonce = randomness(NONCE_BYTES)
    if len(nonce) != NONCE_BYTES:
        raise KeySizeError(f"randomness gave {len(nonce)} bytes, not {NONCE_BYTES}")
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated_data)


def unseal(sealed: bytes, key: bytes, associated_data: bytes) -> bytes:
    """Decrypt and authenticate a file from anybody.

    Raises:
        KeySizeError: the key is not 32 bytes long.
        FileSizeError: the file is larger than `MAX_FILE` or too small to hold nonce and tag.
        NotAuthenticError: wrong key, wrong associated data, or a changed file.
    """
    _require_key(key)
    if not OVERHEAD <= len(sealed) <= MAX_FILE:
        raise FileSizeError("a sealed file", len(sealed), OVERHEAD, MAX_FILE)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated_data)
    except InvalidTag as error:
        raise NotAuthenticError(
            "the file does not open: wrong key, another transaction's payload, or changed bytes"
        ) from error


def _require_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise KeySizeError(f"a sealing key has {KEY_BYTES} bytes, not {len(key)}")
