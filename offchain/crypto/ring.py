"""Linkable ring signatures over share keys.

A signature shows that one of a ring's keys signed, not which, and carries a nullifier N that is the
same for every signature of that key in one scope. docs/RingSignature.md is the specification; in
short::

    t      = H("nullifier", scope) mod n                        scope tag
    N      = (sk + t)^-1 G, so that sk N = G - t N              nullifier
    prefix = H("ring", scope, message, N.x, v_N, ring size, keccak256(x_0 .. x_(n-1)))
    L_i    = address(s_i G + c_i P_i)
    R_i    = address(c_i G + (s_i - c_i t) N)
    c_i+1  = keccak256(abi.encode(prefix, i, L_i, R_i))         accepted iff c_n = c_0

N is the pseudorandom function of Dodis and Yampolskiy (2005). Each member's pair is a
Chaum-Pedersen proof that log_G(P_i) = log_N(G - t N), chained to a ring as by Abe, Ohkubo and
Suzuki (2002). ``contracts/libraries/RingSignatures.sol`` computes the same with
the EVM's ``ecrecover``; both read the vectors in tests/vectors/ring_signature.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from offchain.crypto.hashing import HASH_BYTES, Domain, HashInputError, keccak256
from offchain.crypto.nonces import nonce
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
    RingTooLong,
    RingTooShort,
)
from offchain.crypto.secp256k1 import (
    EVEN_Y_V,
    ORDER,
    ShareKey,
    address_bytes,
    multiply_generator,
    recover,
)

MINIMUM_RING = 2
"""Fewest keys of a ring: one key alone would name its owner."""

MAXIMUM_RING = 128
"""Most keys of a ring: time is linear in them."""


@dataclass(frozen=True, slots=True)
class Nullifier:
    """A key's nullifier in one scope: a point, as its ``x`` and ``v`` (27 if y is even, else 28).

    From elsewhere it may be no point at all: `verify_ring` finds that out.
    """

    x: int
    v: int


@dataclass(frozen=True, slots=True)
class RingSignature:
    """``challenge`` is c_0 (32 bytes), ``responses`` s_0 .. s_(n-1).

    Raises:
        HashInputError: the challenge is not 32 bytes long. (All else is `verify_ring`'s to check.)
    """

    challenge: bytes
    responses: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.challenge) != HASH_BYTES:
            raise HashInputError(f"the challenge has {len(self.challenge)} bytes, not {HASH_BYTES}")


def scope_tag(domain: Domain, scope: int) -> int:
    """The scope tag t = H("nullifier", scope) mod n.

    Raises:
        HashInputError: the scope is not a uint256.
    """
    return int.from_bytes(domain.hash("nullifier", ["uint256"], [scope]), "big") % ORDER


def nullifier(domain: Domain, key: ShareKey, scope: int) -> Nullifier:
    """N = (sk + t)^-1 G: the one nullifier of this key in this scope (a round).

    Raises:
        NotSignable: sk + t is 0 or N's x is not below the group order (chance 2^-128).
        HashInputError: the scope is not a uint256.
    """
    return _secret_nullifier(domain, key, scope).point


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
    domain: Domain, scope: int, message: bytes, nullifier: Nullifier, ring: Sequence[int]
) -> bytes:
    """What every challenge of a signature starts from: all that is signed; 32 bytes.

    Raises:
        HashInputError: a value does not fit its type.
        RingKeyOutOfRange: a key is not a uint256.
    """
    return domain.hash(
        "ring",
        ["uint256", "bytes32", "uint256", "uint256", "uint256", "bytes32"],
        [scope, message, nullifier.x, nullifier.v, len(ring), ring_hash(ring)],
    )


def sign_ring(
    domain: Domain, scope: int, message: bytes, ring: Sequence[int], key: ShareKey
) -> RingSignature:
    """Sign ``message`` as one of ``ring``; the same signature every time.

    Nonces and responses are functions of the secret and of everything signed: nothing is reused
    between two signatures that differ in anything. The result is verified before it is returned, so
    that a fault of the machine does not give away a nonce.

    Args:
        domain: the deployment's.
        scope: the round.
        message: the data transaction's identifier, 32 bytes.
        ring: x-coordinates of all members' keys, strictly ascending, ``key.x`` among them.
        key: the signer's.

    Raises:
        RingTooShort, RingTooLong: the ring has fewer than 2 keys, or more than 128.
        RingKeyOutOfRange: a key of the ring is not in [1, group order).
        KeysNotAscending: the ring is unsorted or holds a key twice.
        KeyNotRecoverable: a key of the ring is not on the curve.
        NotSignable: ``key`` is not in the ring, or a value of chance 2^-128 came up.
        HashInputError: the scope is not a uint256, or the message not 32 bytes long.
    """
    _require_size(ring)
    _require_last_key(ring)
    for index in range(len(ring)):
        _require_ascending(ring, index)
    if key.x not in ring:
        raise NotSignable(
            f"the signing key {key.x:#x} is not in the ring: its signature would not close"
        )
    position, size = ring.index(key.x), len(ring)
    own = _secret_nullifier(domain, key, scope)
    prefix = ring_prefix(domain, scope, message, own.point, ring)
    statement = _Statement(prefix, ring, own.tag, own.point)

    # kN = (k (sk + t)^-1) G: both own commitments are generator multiplications, which libsecp256k1
    # does in constant time; a multiplication of N by the secret nonce would not be.
    k = nonce(key, prefix, position)
    left = multiply_generator(k)
    right = multiply_generator(k * own.discrete_log % ORDER)
    challenges, responses = [b""] * size, [0] * size
    challenge = _next_challenge(
        prefix, position, address_bytes(left.public_key()), address_bytes(right.public_key())
    )
    for step in range(1, size):
        member = (position + step) % size
        challenges[member], responses[member] = challenge, nonce(key, prefix, member)
        challenge = _step(statement, member, challenge, responses[member])
    challenges[position] = challenge
    responses[position] = (k - int.from_bytes(challenge, "big") * key.secret) % ORDER
    signature = RingSignature(challenges[0], tuple(responses))
    verify_ring(domain, scope, message, own.point, ring, signature)
    return signature


def verify_ring(
    domain: Domain,
    scope: int,
    message: bytes,
    nullifier: Nullifier,
    ring: Sequence[int],
    signature: RingSignature,
) -> None:
    """Check a signature, in the contract's order and with its reasons; silent if it is valid.

    Whether the keys may sign in the scope, and whether the nullifier is used up, is the caller's to
    check.

    Args:
        domain: the deployment's.
        scope: the round.
        message: what is signed, 32 bytes.
        nullifier: the signer's nullifier.
        ring: x-coordinates, strictly ascending, 2 to 128; some 0.1 ms for each.
        signature: challenge and responses.

    Raises:
        RingSignatureError: one subclass for each reason; see `offchain.crypto.ring_errors`.
        HashInputError: the scope is not a uint256, or the message not 32 bytes long.
    """
    _require_size(ring)
    if len(signature.responses) != len(ring):
        raise ResponseCountMismatch(len(ring), len(signature.responses))
    if not 0 < nullifier.x < ORDER:
        raise NullifierOutOfRange(nullifier.x)
    if nullifier.v not in (EVEN_Y_V, EVEN_Y_V + 1):
        raise NullifierParity(nullifier.v)
    _require_last_key(ring)
    prefix = ring_prefix(domain, scope, message, nullifier, ring)
    statement = _Statement(prefix, ring, scope_tag(domain, scope), nullifier)
    challenge = signature.challenge
    for index, response in enumerate(signature.responses):
        _require_ascending(ring, index)
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
    nullifier: Nullifier


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
    return _SecretNullifier(tag, discrete_log, Nullifier(point.x, point.v))


def _step(statement: _Statement, index: int, challenge: bytes, response: int) -> bytes:
    """The challenge after member ``index``.

    L and R are single calls of ``ecrecover``, the same as on chain: s G + c P is the point that it
    recovers from r = x, s = c x and hash -s x, because it computes (s R - hash G) / r.
    """
    c, x, own = int.from_bytes(challenge, "big"), statement.ring[index], statement.nullifier
    left = recover(
        (-response * x % ORDER).to_bytes(32, "big"),
        EVEN_Y_V,
        x,
        c * x % ORDER,
    )
    if left is None:
        raise KeyNotRecoverable(index)
    right = recover(
        (-c * own.x % ORDER).to_bytes(32, "big"),
        own.v,
        own.x,
        (response - c * statement.tag) * own.x % ORDER,
    )
    if right is None:
        raise NullifierNotRecoverable(index)
    return _next_challenge(statement.prefix, index, address_bytes(left), address_bytes(right))


def _next_challenge(prefix: bytes, index: int, left: bytes, right: bytes) -> bytes:
    """keccak256(abi.encode(prefix, index, left, right)) with addresses of 20 bytes."""
    padding = bytes(12)
    return keccak256(prefix + index.to_bytes(32, "big") + padding + left + padding + right)


def _require_size(ring: Sequence[int]) -> None:
    """The ring has 2 to 128 keys."""
    if len(ring) < MINIMUM_RING:
        raise RingTooShort(len(ring), MINIMUM_RING)
    if len(ring) > MAXIMUM_RING:
        raise RingTooLong(len(ring), MAXIMUM_RING)


def _require_last_key(ring: Sequence[int]) -> None:
    """The last key, and with it every key of an ascending ring, is below the group order."""
    if ring[-1] >= ORDER:
        raise RingKeyOutOfRange(len(ring) - 1, ring[-1])


def _require_ascending(ring: Sequence[int], index: int) -> None:
    """The key at ``index`` is above the one before it, the first above 0."""
    previous = ring[index - 1] if index else 0
    if ring[index] <= previous:
        raise KeysNotAscending(index, previous, ring[index])
