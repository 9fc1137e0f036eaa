"""Share keys on secp256k1: x-only public keys with even y, as in BIP 340.

Curve arithmetic is libsecp256k1's (coincurve). Public keys must have 0 < x < ORDER, narrower than
BIP 340's x < p: on chain every group operation is a call of the EVM's ``ecrecover``, which takes a
point's x as the ``r`` of an ECDSA signature and knows it only modulo the group order. A key at or
above the order would alias another point, which lets signatures be forged; the chance that an
honest key hits it is 2^-128.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from coincurve import PrivateKey, PublicKey
from eth_utils.address import to_checksum_address

from offchain.crypto.hashing import keccak256
from offchain.errors import CryptoError

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order n of the group of secp256k1 (SEC 2, section 2.4.1)."""

EVEN_Y_V = 27
"""``v`` of an ECDSA signature whose R has even y; 28 is odd (Ethereum yellow paper, appendix F)."""


class SecretOutOfRangeError(CryptoError):
    """A secret scalar is not in [1, ORDER)."""


class XOutOfRangeError(CryptoError):
    """An x-coordinate is not in [1, ORDER)."""

    def __init__(self, x: int) -> None:
        super().__init__(f"x-coordinate {x:#x} is not in [1, group order)")
        self.x = x


@dataclass(frozen=True, slots=True)
class Point:
    """An affine point of the curve; never the point at infinity."""

    x: int
    y: int

    @property
    def v(self) -> int:
        """27 if y is even, 28 if it is odd: ``ecrecover``'s name for the parity."""
        return EVEN_Y_V + (self.y & 1)

    def public_key(self) -> PublicKey:
        """The point as libsecp256k1 takes it."""
        return PublicKey(b"\x04" + self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big"))


@dataclass(frozen=True, slots=True)
class ShareKey:
    """A secret share key, normalised so that its public key has even y.

    ``ShareKey(secret)`` takes a scalar in [1, ORDER) and keeps ``ORDER - secret`` instead if the
    public key's y is odd. ``x`` is the public key. The secret stays out of ``repr``.

    Raises:
        SecretOutOfRangeError: the secret is not in [1, ORDER).
        XOutOfRangeError: the public key's x is not below ORDER (chance 2^-128): take another
            secret.
    """

    secret: int = field(repr=False)
    x: int = field(init=False)

    def __post_init__(self) -> None:
        point = multiply_generator(self.secret)
        if point.y & 1:
            object.__setattr__(self, "secret", ORDER - self.secret)
        object.__setattr__(self, "x", point.x)
        require_x_in_range(point.x)


def multiply_generator(scalar: int) -> Point:
    """``scalar * G``, in constant time with blinding (libsecp256k1's generator multiplication).

    Raises:
        SecretOutOfRangeError: the scalar is not in [1, ORDER).
    """
    if not 0 < scalar < ORDER:
        raise SecretOutOfRangeError("a secret scalar must be in [1, group order)")
    x, y = PrivateKey(scalar.to_bytes(32, "big")).public_key.point()
    return Point(x, y)


def require_x_in_range(x: int) -> None:
    """Raise `XOutOfRangeError` unless 0 < x < ORDER."""
    if not 0 < x < ORDER:
        raise XOutOfRangeError(x)


def address_of_public_key(public_key: PublicKey) -> str:
    """EIP-55 address of any public key."""
    return to_checksum_address(address_bytes(public_key))


def address_bytes(public_key: PublicKey) -> bytes:
    """The 20 bytes of a public key's Ethereum address."""
    return keccak256(public_key.format(compressed=False)[1:])[12:]


def recover(message_hash: bytes, v: int, r: int, s: int) -> PublicKey | None:
    """The point ``(s R - e G) / r``, or None: the EVM's precompile ``ecrecover`` before hashing.

    R is the point with x-coordinate r and the parity that v names, e the hash modulo ORDER. None
    where the precompile returns nothing: v other than 27 or 28, r or s outside of [1, ORDER), r no
    x-coordinate of the curve, or the result at infinity.
    """
    if v not in (27, 28) or not 0 < r < ORDER or not 0 < s < ORDER:
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v - EVEN_Y_V])
    try:
        return PublicKey.from_signature_and_message(signature, message_hash, hasher=None)
    except ValueError:
        return None
