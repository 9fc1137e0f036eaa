"""Content identifiers: how a file is named in every store.

A file of at most 1 MiB is one raw block, so its identifier is CIDv1 with codec raw and multihash
sha2-256, in lower-case base32 without padding (https://github.com/multiformats/cid). A larger one
is named by the block that lists its pieces (`offchain.storage.unixfs`), with codec dag-pb instead.
The 32 bytes that go on chain are the sha2-256 of that one block, and any IPFS tool computes the
same name.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from offchain.errors import StoreError

DIGEST_SIZE: Final = 32
"""Bytes of a sha2-256."""

# CID version 1, multicodec raw (0x55) or dag-pb (0x70), multihash sha2-256 (0x12) of 32 bytes, as
# varints.
_PREFIX: Final = bytes([0x01, 0x55, 0x12, DIGEST_SIZE])
_ROOT_PREFIX: Final = bytes([0x01, 0x70, 0x12, DIGEST_SIZE])
_MULTIBASE_BASE32: Final = "b"
_MULTIBASE_BASE58: Final = "z"
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TEXT_LENGTH: Final = 59
"""Characters of an identifier: the multibase letter and 58 of base32 for 36 bytes."""


def cid_of(digest: bytes) -> str:
    """The identifier of the file whose sha2-256 is `digest`.

    Raises:
        StoreError: `digest` does not have 32 bytes.
    """
    return _text(_PREFIX, digest)


def root_cid_of(digest: bytes) -> str:
    """The identifier of the large file whose root block has this sha2-256.

    Raises:
        StoreError: `digest` does not have 32 bytes.
    """
    return _text(_ROOT_PREFIX, digest)


def binary_cid_of(digest: bytes) -> bytes:
    """The identifier of a raw block as blocks hold it: 36 bytes."""
    return _PREFIX + digest


def digest_of_root(cid: str) -> bytes | None:
    """The sha2-256 of the root block that an identifier names; None if it names no such block."""
    try:
        digest = _decoded(cid).removeprefix(_ROOT_PREFIX)
        return digest if root_cid_of(digest) == cid else None
    except StoreError:
        return None


def digest_of(cid: str) -> bytes:
    """The sha2-256 in an identifier; 32 bytes.

    Raises:
        StoreError: it is no CIDv1 of a raw block by its sha2-256.
    """
    digest = _decoded(cid).removeprefix(_PREFIX)
    # Encoding again refuses spare bits that are not zero: one file, one name.
    if len(digest) != DIGEST_SIZE or cid_of(digest) != cid:
        raise StoreError(f"{cid} does not name a raw block by its sha2-256")
    return digest


def _text(prefix: bytes, digest: bytes) -> str:
    if len(digest) != DIGEST_SIZE:
        raise StoreError(f"a sha2-256 has {DIGEST_SIZE} bytes, not {len(digest)}")
    encoded = base64.b32encode(prefix + digest).decode("ascii")
    return _MULTIBASE_BASE32 + encoded.rstrip("=").lower()


def _decoded(cid: str) -> bytes:
    if len(cid) != TEXT_LENGTH or not cid.startswith(_MULTIBASE_BASE32) or cid != cid.lower():
        raise StoreError(f"not a CIDv1 in lower-case base32: {cid[:80]!r}")
    try:
        return base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))
    except (binascii.Error, ValueError) as error:
        raise StoreError(f"not a CIDv1 in lower-case base32: {cid!r}") from error


def digest_of_multibase(cid: str) -> bytes:
    """The sha2-256 in an identifier as `digest_of`, or in one in base58, as some daemons write it.

    Raises:
        StoreError: it is no CIDv1 of a raw block by its sha2-256.
    """
    if not cid.startswith(_MULTIBASE_BASE58) or len(cid) > TEXT_LENGTH:
        return digest_of(cid)
    number = 0
    for letter in cid[1:]:
        value = _BASE58.find(letter)
        if value < 0:
            raise StoreError(f"not a CIDv1 in base58: {cid!r}")
        number = number * len(_BASE58) + value
    # The first byte, the version, is not zero: ones in front, which stand for zeros, are a second
    # name for the file.
    decoded = number.to_bytes((number.bit_length() + 7) // 8)
    leading = cid[1:].startswith(_BASE58[0])
    whole = len(decoded) == len(_PREFIX) + DIGEST_SIZE
    if leading or not whole or not decoded.startswith(_PREFIX):
        raise StoreError(f"{cid} does not name a raw block by its sha2-256")
    return decoded.removeprefix(_PREFIX)
