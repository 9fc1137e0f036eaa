"""Linkable ring signatures over share keys.

A signature shows that one of a ring's keys signed, not which, and carries a nullifier N that is the
same for every signature of that key in one scope. docs/RingSignature.md is the specification; in
short::

    t      = H("nullifier", scope) mod n                        scope tag
    N      = (sk + t)^-1 G, so that sk N = G - t N              nullifier
    prefix = H("ring", scope, timestamp, payload hash, key commitment, reward address,
               N.x, v_N, ring size, keccak256(x_0 .. x_(n-1)))
    L_i    = address(s_i G + c_i P_i)
    R_i    = address(c_i G + (s_i - c_i t) N)
    c_i+1  = keccak256(abi.encode(prefix, i, L_i, R_i))         accepted iff c_n = c_0

N is the pseudorandom function of Dodis and Yampolskiy (2005). Each member's pair is a
Chaum-Pedersen proof that log_G(P_i) = log_N(G - t N), chained to a ring as by Abe, Ohkubo and
Suzuki (2002). ``contracts/libraries/RingSignatures.sol`` computes the same with
the EVM's ``ecrecover``; both read the vectors in tests/vectors/ring_signature.json.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from eth_utils.address import is_checksum_address

from offchain.crypto.hashing import HASH_BYTES, Domain, HashInputError, keccak256
from offchain.crypto.ring_errors import (
    KeyNotRecoverable,
    KeysNotAscending,
    NotSignable,
    NullifierNotRecoverable,
    NullifierOutOfRange,
    NullifierParity,
    ResponseCountMismatch,
    ResponseOutOfRange,
    RingKeyOutOfRange,
    RingNotClosed,
    RingTooShort,
)
from offchain.crypto.secp256k1 import (
    EVEN_Y_V,
    ORDER,
    ShareKey,
    address_bytes,
    lift_x,
    multiply_generator,
    recover,
)

NONCE_RANDOMNESS_BYTES = 32
"""Fresh random bytes that go into one signature's nonces."""


@dataclass(frozen=True, slots=True)
class ShareMessage:
    """What a data transaction's signature speaks for.

    ``scope`` is the round that the item is for (uint32), ``timestamp`` the claimed time in seconds
    since 1970 (uint40), ``payload_hash`` the sealed payload's sha2-256, ``key_commitment`` binds
    its key, ``reward_address`` is the EIP-55 address that rewards go to.

    Raises:
        HashInputError: a value is out of range, a hash is not 32 bytes long, or the address is not
            checksummed.
    """

    scope: int
    timestamp: int
    payload_hash: bytes
    key_commitment: bytes
    reward_address: str

    def __post_init__(self) -> None:
        if not 0 <= self.scope < 1 << 32:
            raise HashInputError(f"scope {self.scope} is not a uint32")
        if not 0 <= self.timestamp < 1 << 40:
            raise HashInputError(f"timestamp {self.timestamp} is not a uint40")
        if not is_checksum_address(self.reward_address):
            raise HashInputError(f"{self.reward_address!r} is not a checksummed (EIP-55) address")
        for name in ("payload_hash", "key_commitment"):
            if len(getattr(self, name)) != HASH_BYTES:
                raise HashInputError(
                    f"{name} has {len(getattr(self, name))} bytes, not {HASH_BYTES}"
                )


@dataclass(frozen=True, slots=True)
class Nullifier:
    """A key's nullifier in one scope: a point, which travels as x and v."""

    x: int
    y: int

    @property
    def v(self) -> int:
        """27 if y is even, 28 if it is odd."""
        return EVEN_Y_V + (self.y & 1)


@dataclass(frozen=True, slots=True)
class RingSignature:
    """``challenge`` is c_0 (32 bytes), ``responses`` s_0 .. s_(n-1), then the nullifier's x and v.

    Raises:
        HashInputError: the challenge is not 32 bytes long. (All else is `verify_ring`'s to check.)
    """

    challenge: bytes
    responses: tuple[int, ...]
    nullifier_x: int
    nullifier_v: int

    def __post_init__(self) -> None:
        if len(self.challenge) != HASH_BYTES:
            raise HashInputError(f"the challenge has {len(self.challenge)} bytes, not {HASH_BYTES}")


def scope_tag(domain: Domain, scope: int) -> int:
    """The scope tag t = H("nullifier", scope) mod n, in DataRegistry's domain."""
    return int.from_bytes(domain.hash("nullifier", ["uint256"], [scope]), "big") % ORDER


def nullifier(domain: Domain, key: ShareKey, scope: int) -> Nullifier:
    """N = (sk + t)^-1 G: the one nullifier of this key in this scope.

    Raises:
        NotSignable: sk + t is 0 or N's x is not below the group order (chance 2^-128).
    """
    return _secret_nullifier(domain, key, scope).point


def nullifier_from_x(x: int, v: int) -> Nullifier:
    """The nullifier that travels as (x, v).

    Raises:
        NullifierOutOfRange: x is not in [1, group order).
        NullifierParity: v is neither 27 nor 28.
        NotOnCurveError: the curve has no point with this x.
    """
    _require_nullifier(x, v)
    point = lift_x(x, v)
    return Nullifier(point.x, point.y)


def ring_hash(ring: Sequence[int]) -> bytes:
    """keccak256(abi.encodePacked(x_0 .. x_(n-1))): the keys in the order given, 32 bytes each.

    Raises:
        RingKeyOutOfRange: a key is not a uint256. (Range and order are for signing and verifying to
            check.)
    """
    for index, key in enumerate(ring):
        if not 0 <= key < 1 << 256:
            raise RingKeyOutOfRange(index, key)
    return keccak256(b"".join(key.to_bytes(32, "big") for key in ring))


def ring_prefix(
    domain: Domain, message: ShareMessage, ring: Sequence[int], nullifier_x: int, nullifier_v: int
) -> bytes:
    """What every challenge of a signature starts from: all that is signed; 32 bytes.

    Raises:
        HashInputError: a value does not fit its type.
        RingKeyOutOfRange: a key is not a uint256.
    """
    return domain.hash(
        "ring",
        [
            "uint256",
            "uint256",
            "bytes32",
            "bytes32",
            "address",
            "uint256",
            "uint256",
            "uint256",
            "bytes32",
        ],
        [
            message.scope,
            message.timestamp,
            message.payload_hash,
            message.key_commitment,
            message.reward_address,
            nullifier_x,
            nullifier_v,
            len(ring),
            ring_hash(ring),
        ],
    )


def sign_ring(
    domain: Domain,
    message: ShareMessage,
    ring: Sequence[int],
    key: ShareKey,
    randomness: Callable[[int], bytes],
) -> RingSignature:
    """Sign ``message`` as one of ``ring``.

    Nonces are hedged: HMAC over the secret, everything signed and fresh randomness, so that a
    broken random source does not betray the key, and nothing is reused between messages.

    Args:
        domain: DataRegistry's.
        message: what is signed.
        ring: x-coordinates, strictly ascending, ``key.x`` among them.
        key: the signer's.
        randomness: gives that many fresh random bytes; called once.

    Raises:
        RingKeyOutOfRange: a key of the ring is not in [1, group order).
        KeysNotAscending: the ring is unsorted or holds a key twice.
        KeyNotRecoverable: a key of the ring is not on the curve.
        NotSignable: ``key`` is not in the ring, or a value of chance 2^-128 came up.
    """
    for index in range(len(ring)):
        _require_member(ring, index)
    if key.x not in ring:
        raise NotSignable(
            f"the signing key {key.x:#x} is not in the ring: its signature would not close"
        )
    position, size = ring.index(key.x), len(ring)
    own = _secret_nullifier(domain, key, message.scope)
    statement = _Statement(
        prefix=ring_prefix(domain, message, ring, own.point.x, own.point.v),
        ring=ring,
        tag=own.tag,
        nullifier_x=own.point.x,
        nullifier_v=own.point.v,
    )
    nonces = _nonces(key, statement.prefix, randomness(NONCE_RANDOMNESS_BYTES))

    # kN = (k (sk + t)^-1) G: both own commitments are generator multiplications, which libsecp256k1
    # does in constant time; a multiplication of N by the secret nonce would not be.
    k = next(nonces)
    left = multiply_generator(k)
    right = multiply_generator(k * own.discrete_log % ORDER)
    challenges, responses = [b""] * size, [0] * size
    challenge = _next_challenge(
        statement.prefix,
        position,
        address_bytes(left.public_key()),
        address_bytes(right.public_key()),
    )
    for step in range(1, size):
        member = (position + step) % size
        challenges[member], responses[member] = challenge, next(nonces)
        challenge = _step(statement, member, challenge, responses[member])
    challenges[position] = challenge
    responses[position] = (k - int.from_bytes(challenge, "big") * key.secret) % ORDER
    return RingSignature(challenges[0], tuple(responses), own.point.x, own.point.v)


def verify_ring(
    domain: Domain,
    message: ShareMessage,
    ring: Sequence[int],
    signature: RingSignature,
    minimum_ring: int,
) -> None:
    """Check a signature, in the contract's order and with its reasons; silent if it is valid.

    Time is linear in the ring, about 0.2 ms a key: bound the ring's size before. Whether the keys
    are active in the scope, and whether the nullifier is used up, is the caller's to check.

    Raises:
        RingSignatureError: one subclass for each reason; see `offchain.crypto.ring_errors`.
    """
    size = len(ring)
    # An empty ring would close on itself: it is refused whatever the minimum.
    if size == 0 or size < minimum_ring:
        raise RingTooShort(size, minimum_ring)
    if len(signature.responses) != size:
        raise ResponseCountMismatch(size, len(signature.responses))
    _require_nullifier(signature.nullifier_x, signature.nullifier_v)
    statement = _Statement(
        prefix=ring_prefix(domain, message, ring, signature.nullifier_x, signature.nullifier_v),
        ring=ring,
        tag=scope_tag(domain, message.scope),
        nullifier_x=signature.nullifier_x,
        nullifier_v=signature.nullifier_v,
    )
    challenge = signature.challenge
    for index, response in enumerate(signature.responses):
        _require_member(ring, index)
        if not 0 <= response < ORDER:
            raise ResponseOutOfRange(index, response)
        challenge = _step(statement, index, challenge, response)
    if challenge != signature.challenge:
        raise RingNotClosed(signature.challenge, challenge)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What stays the same all round the ring."""

    prefix: bytes
    ring: Sequence[int]
    tag: int
    nullifier_x: int
    nullifier_v: int


@dataclass(frozen=True, slots=True)
class _SecretNullifier:
    """A nullifier with what only its maker knows: the scope tag and N's discrete logarithm."""

    tag: int
    discrete_log: int = field(repr=False)
    point: Nullifier


def _secret_nullifier(domain: Domain, key: ShareKey, scope: int) -> _SecretNullifier:
    tag = scope_tag(domain, scope)
    total = (key.secret + tag) % ORDER
    if total == 0:
        raise NotSignable("this key has no nullifier in this scope: use another share key")
    discrete_log = pow(total, -1, ORDER)
    point = multiply_generator(discrete_log)
    if point.x >= ORDER:
        raise NotSignable("the nullifier's x is not below the group order: use another share key")
    return _SecretNullifier(tag, discrete_log, Nullifier(point.x, point.y))


def _step(statement: _Statement, index: int, challenge: bytes, response: int) -> bytes:
    """The challenge after member ``index``.

    L and R are single calls of ``ecrecover``, the same as on chain: s G + c P is the point that it
    recovers from r = x, s = c x and hash -s x, because it computes (s R - hash G) / r.
    """
    c, x, n_x = int.from_bytes(challenge, "big"), statement.ring[index], statement.nullifier_x
    left = recover(
        (-response * x % ORDER).to_bytes(32, "big"),
        EVEN_Y_V,
        x,
        c * x % ORDER,
    )
    if left is None:
        raise KeyNotRecoverable(index)
    right = recover(
        (-c * n_x % ORDER).to_bytes(32, "big"),
        statement.nullifier_v,
        n_x,
        (response - c * statement.tag) * n_x % ORDER,
    )
    if right is None:
        raise NullifierNotRecoverable(index)
    return _next_challenge(statement.prefix, index, address_bytes(left), address_bytes(right))


def _next_challenge(prefix: bytes, index: int, left: bytes, right: bytes) -> bytes:
    """keccak256(abi.encode(prefix, index, left, right)) with addresses of 20 bytes."""
    padding = bytes(12)
    return keccak256(prefix + index.to_bytes(32, "big") + padding + left + padding + right)


def _nonces(key: ShareKey, prefix: bytes, fresh: bytes) -> Iterator[int]:
    """Scalars in [1, ORDER): HMAC-SHA512 in counter mode, keyed by the secret and fresh randomness.

    512 bits reduced modulo a 256-bit order are uniform up to 2^-256.
    """
    if len(fresh) != NONCE_RANDOMNESS_BYTES:
        raise NotSignable(f"randomness gave {len(fresh)} bytes, not {NONCE_RANDOMNESS_BYTES}")
    label = b"modelchain/ring-nonce/1"
    seed = hmac.digest(key.secret.to_bytes(32, "big"), label + fresh + prefix, hashlib.sha512)
    counter = 0
    while True:
        block = hmac.digest(seed, label + counter.to_bytes(8, "big"), hashlib.sha512)
        counter += 1
        scalar = int.from_bytes(block, "big") % ORDER
        if scalar:
            yield scalar


def _require_member(ring: Sequence[int], index: int) -> None:
    """The key at ``index`` is in range and above the one before it."""
    key = ring[index]
    if not 0 < key < ORDER:
        raise RingKeyOutOfRange(index, key)
    if index and key <= ring[index - 1]:
        raise KeysNotAscending(index, ring[index - 1], key)


def _require_nullifier(x: int, v: int) -> None:
    if not 0 < x < ORDER:
        raise NullifierOutOfRange(x)
    if v not in (27, 28):
        raise NullifierParity(v)
