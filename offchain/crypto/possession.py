"""Proof that an account holds the secret of the share key that it applies with.

A Schnorr signature with an address as its commitment, in the notation of docs/RingSignature.md::

    L = address(s G + c P)
    accepted iff c = keccak256(abi.encode(H("possession", account, epoch, key), L))

Account and epoch are bound, so that a proof seen on its way serves nobody else and no later epoch.
``contracts/libraries/ShareKeys.sol`` computes the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.crypto.hashing import HASH_BYTES, Domain, HashInputError, keccak256
from offchain.crypto.nonces import nonce
from offchain.crypto.secp256k1 import (
    EVEN_Y_V,
    ORDER,
    ShareKey,
    address_bytes,
    multiply_generator,
    recover,
    require_x_in_range,
)
from offchain.errors import CryptoError


class PossessionError(CryptoError):
    """A proof of possession that is not valid.

    ``arguments`` are those of the contract's error of the same name.
    """

    def __init__(self, message: str, *arguments: int | bytes) -> None:
        super().__init__(message)
        self.arguments = arguments


class PossessionResponseOutOfRange(PossessionError):
    """The response is not in [0, ORDER)."""

    def __init__(self, response: int) -> None:
        super().__init__(f"the response {response:#x} is not in [0, group order)", response)


class PossessionNotProven(PossessionError):
    """The proof was not made by the key, or not for this; or the key is not on the curve."""

    def __init__(self, x: int, expected: bytes, actual: bytes) -> None:
        super().__init__(
            f"the proof states challenge {expected.hex()} and leads to {actual.hex()}: the secret "
            f"of key {x:#x} did not make it for this account, epoch, chain and deployment",
            x,
            expected,
            actual,
        )


@dataclass(frozen=True, slots=True)
class PossessionProof:
    """``challenge`` is c (32 bytes), ``response`` s.

    Raises:
        HashInputError: the challenge is not 32 bytes long. (All else is `verify_possession`'s to
            check.)
    """

    challenge: bytes
    response: int

    def __post_init__(self) -> None:
        if len(self.challenge) != HASH_BYTES:
            raise HashInputError(f"the challenge has {len(self.challenge)} bytes, not {HASH_BYTES}")


def possession_hash(domain: Domain, account: str, epoch: int, x: int) -> bytes:
    """What a share key signs when it is applied with: H("possession", account, epoch, x).

    Raises:
        HashInputError: the account is no address, or a number is not a uint256.
    """
    return domain.hash("possession", ["address", "uint256", "uint256"], [account, epoch, x])


def prove_possession(domain: Domain, account: str, epoch: int, key: ShareKey) -> PossessionProof:
    """Show that ``account``, which applies for ``epoch``, holds ``key``; the same every time.

    Raises:
        HashInputError: as `possession_hash`.
    """
    signed = possession_hash(domain, account, epoch, key.x)
    k = nonce(key, signed)
    challenge = _challenge(signed, address_bytes(multiply_generator(k).public_key()))
    return PossessionProof(challenge, (k - int.from_bytes(challenge, "big") * key.secret) % ORDER)


def verify_possession(
    domain: Domain, account: str, epoch: int, x: int, proof: PossessionProof
) -> None:
    """Check that the holder of key ``x`` made the proof for this account and epoch.

    Raises:
        XOutOfRangeError: x is not in [1, ORDER).
        PossessionResponseOutOfRange: the response is not in [0, ORDER).
        PossessionNotProven: the proof is not the key's, or not for this account and epoch.
        HashInputError: as `possession_hash`.
    """
    require_x_in_range(x)
    if not 0 <= proof.response < ORDER:
        raise PossessionResponseOutOfRange(proof.response)
    signed = possession_hash(domain, account, epoch, x)
    left = recover(
        (-proof.response * x % ORDER).to_bytes(32, "big"),
        EVEN_Y_V,
        x,
        int.from_bytes(proof.challenge, "big") * x % ORDER,
    )
    actual = _challenge(signed, bytes(20) if left is None else address_bytes(left))
    if left is None or actual != proof.challenge:
        raise PossessionNotProven(x, proof.challenge, actual)


def _challenge(signed: bytes, left: bytes) -> bytes:
    """keccak256(abi.encode(signed, left)) with an address of 20 bytes."""
    return keccak256(signed + bytes(12) + left)
