"""Sealing of payloads and model copies: AES-256-GCM in one file.

    file = nonce (12 bytes) || ciphertext || tag (16 bytes)

What is sealed of a part is its payload, a byte 0x80, and zeros up to one byte more than the task's
longest payload: how far the payload compresses would tell whose it is, by the file's size alone and
before it is opened.

The associated data of a payload binds it to its data transaction's round and nullifier and to its
place among the parts: ciphertext copied under another signature does not decrypt. AES-GCM alone
does not commit to its key (a file can be made that two keys open); the key commitment in the data
transaction does.

The nonce is derived from key, associated data and content, so that a node seals the same content
into the same bytes again, and no nonce serves two contents.
"""

from __future__ import annotations

import hashlib
import hmac

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

MAX_PAYLOAD = MAX_PLAINTEXT - 1
"""Most bytes of a payload in a sealed part: its end is marked by one more."""

_PAYLOAD_END = b"\x80"
_NONCE_LABEL = b"modelchain/sealing-nonce/2"


class SealingError(CryptoError):
    """A file that cannot be sealed or unsealed."""


class KeySizeError(SealingError):
    """A key of the wrong length."""


class FileSizeError(SealingError):
    """Content too large for one file, or a file too small to hold any."""

    def __init__(self, what: str, size: int, minimum: int, maximum: int) -> None:
        super().__init__(f"{what} has {size} bytes, allowed are {minimum} to {maximum}")
        self.size = size
        self.minimum = minimum
        self.maximum = maximum


class PaddingError(SealingError):
    """A part whose plaintext has another length than all others, or no end of its payload."""


class NotAuthenticError(SealingError):
    """The file was not sealed with this key for this purpose, or was changed since."""


def key_commitment(domain: Domain, key: bytes) -> bytes:
    """H("key", key): what a data transaction says of a part's key.

    Raises:
        HashInputError: the key is not 32 bytes long.
    """
    return domain.hash("key", ["bytes32"], [key])


def payload_associated_data(
    domain: Domain, round_number: int, nullifier: Nullifier, part: int
) -> bytes:
    """H("payload", round, N.x, v_N, part): for one part of a data transaction.

    Raises:
        HashInputError: a number is not a uint256.
    """
    return domain.hash("payload", ["uint256"] * 4, [round_number, nullifier.x, nullifier.v, part])


def model_associated_data(domain: Domain, round_number: int, account: str) -> bytes:
    """H("model-copy", round, account): for a model's copy that is kept until the reveal.

    Raises:
        HashInputError: the round is not a uint256, or the account no address.
    """
    return domain.hash("model-copy", ["uint256", "address"], [round_number, account])


def seal(
    plaintext: bytes, key: bytes, associated_data: bytes, maximum_file: int = MAX_FILE
) -> bytes:
    """Encrypt; `OVERHEAD` more bytes out than in, at most `maximum_file`; the same every time.

    Raises:
        KeySizeError: the key is not 32 bytes long.
        FileSizeError: the plaintext does not fit one file.
    """
    _require_key(key)
    most = maximum_file - OVERHEAD
    if len(plaintext) > most:
        raise FileSizeError("the content to be sealed", len(plaintext), 0, most)
    # Two different contents under one key share a nonce with chance 2^-96. HMAC-SHA256 and AES use
    # the key in unrelated ways, and the label keeps this use apart from any other HMAC.
    bound = len(associated_data).to_bytes(8, "big") + associated_data + plaintext
    nonce = hmac.digest(key, _NONCE_LABEL + bound, hashlib.sha256)[:NONCE_BYTES]
    return nonce + AESGCM(key).encrypt(nonce, plaintext, associated_data)


def unseal(
    sealed: bytes, key: bytes, associated_data: bytes, maximum_file: int = MAX_FILE
) -> bytes:
    """Decrypt and authenticate a file from anybody.

    Raises:
        KeySizeError: the key is not 32 bytes long.
        FileSizeError: the file is larger than `maximum_file` or too small to hold nonce and tag.
        NotAuthenticError: wrong key, wrong associated data, or a changed file.
    """
    _require_key(key)
    if not OVERHEAD <= len(sealed) <= maximum_file:
        raise FileSizeError("a sealed file", len(sealed), OVERHEAD, maximum_file)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated_data)
    except InvalidTag as error:
        raise NotAuthenticError(
            "the file does not open: wrong key, another transaction's payload, or changed bytes"
        ) from error


def seal_part(payload: bytes, payload_bytes: int, key: bytes, associated_data: bytes) -> bytes:
    """Seal a payload into a file that is as long as every other part's.

    Args:
        payload: what the part holds.
        payload_bytes: the longest payload of the task; at most `MAX_PAYLOAD`.
        key: the part's.
        associated_data: see `payload_associated_data`.

    Raises:
        KeySizeError: the key is not 32 bytes long.
        FileSizeError: the payload is longer than that.
    """
    if len(payload) > payload_bytes:
        raise FileSizeError("a payload", len(payload), 0, payload_bytes)
    padding = bytes(payload_bytes - len(payload))
    return seal(payload + _PAYLOAD_END + padding, key, associated_data)


def unseal_part(sealed: bytes, payload_bytes: int, key: bytes, associated_data: bytes) -> bytes:
    """Return the payload of a part's file from anybody.

    Raises:
        KeySizeError, FileSizeError, NotAuthenticError: as for `unseal`.
        PaddingError: the file is not as long as every part's, or its payload has no end.
    """
    plaintext = unseal(sealed, key, associated_data)
    if len(plaintext) != payload_bytes + 1:
        raise PaddingError(
            f"the part's file has {len(sealed)} bytes, every part's has "
            f"{payload_bytes + 1 + OVERHEAD}"
        )
    payload = plaintext.rstrip(b"\0")
    if not payload.endswith(_PAYLOAD_END):
        raise PaddingError("the payload's end is not marked")
    return payload[: -len(_PAYLOAD_END)]


def _require_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise KeySizeError(f"a sealing key has {KEY_BYTES} bytes, not {len(key)}")
