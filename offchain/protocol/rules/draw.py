"""The draw: who of an epoch's applicants becomes a member.

Applicants are numbered from 0 in order of application, warm and cold ones apart. Drawn are the
numbers that a permutation of [0, applicants), keyed with the seed, puts below the number of places:
exactly as many as there are, each found by itself.

Source: docs/Protocol.md, "Members"; ``contracts/libraries/Draw.sol``. Enciphering small domains by
a Feistel network and cycle walking: John Black and Phillip Rogaway, "Ciphers with Arbitrary Finite
Domains" (2002).
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.crypto.hashing import Domain, keccak256

ROUNDS = 8
"""Rounds of the Feistel network."""

LEAST_DIGITS = 6
"""Binary digits that the network has at least.

With 8 rounds no set of up to 20 applicants was drawn more often than chance allows in 200,000
seeds; with 3 digits some pair of 5 was drawn a third more often than another.
"""

COLD_SHARE = 5
"""One place in so many is kept for cold applicants while there are any."""

RING_RESERVE = 4
"""Cold applicants fill a ring up to so many more keys than it needs."""


@dataclass(frozen=True, slots=True)
class Places:
    """Places of an epoch for warm and for cold applicants."""

    warm: int
    cold: int

    @property
    def total(self) -> int:
        """Members that the epoch will have."""
        return self.warm + self.cold


def places(warm: int, cold: int, maximum_members: int, minimum_ring: int) -> Places:
    """How many places there are for how many applicants.

    warm places = min(W, M - min(C, floor(M / 5)))
    cold places = min(C, M - warm places, max(1, floor(warm places / 4),
                                              minimumRing + 4 - warm places))

    Newcomers, were they all hostile, stay below the third that judging withstands in their first
    epoch, unless they are needed for a ring.

    Args:
        warm: W, warm applicants.
        cold: C, cold applicants.
        maximum_members: M.
        minimum_ring: keys that a ring needs.
    """
    warm_places = min(warm, maximum_members - min(cold, maximum_members // COLD_SHARE))
    wanted = max(1, warm_places // 4, minimum_ring + RING_RESERVE - warm_places)
    return Places(warm_places, min(cold, maximum_members - warm_places, wanted))


def place_key(domain: Domain, seed: bytes, *, is_warm: bool) -> bytes:
    """H("place", seed, is warm): the key of the permutation of the warm, or of the cold ones."""
    return domain.hash("place", ("bytes32", "uint256"), (seed, int(is_warm)))


def is_drawn(key: bytes, number: int, applicants: int, places: int) -> bool:
    """Whether an applicant has a place.

    Args:
        key: the permutation's.
        number: the applicant's, from 0; one that no applicant has is never drawn.
        applicants: how many there are.
        places: how many places there are for them.
    """
    return number < applicants and position(key, number, applicants) < places


def position(key: bytes, number: int, count: int) -> int:
    """Where the permutation of [0, count) puts a number.

    A Feistel network over the numbers with as many binary digits as ``count - 1`` has (six at
    least), gone through again until what comes out is below ``count``. With r digits in the right
    half, one more than in the left if their number is odd:

        number = left * 2^r + right
        in even rounds left ^= F(round, right), in odd ones right ^= F(round, left)
        F(round, x) = keccak256(key || uint256(round * 2^128 + x)), as many low digits as the
        changed half has

    Args:
        key: 32 bytes.
        number: in [0, count).
        count: at least 1.
    """
    digits = max(LEAST_DIGITS, (count - 1).bit_length())
    right_digits = digits - digits // 2
    while True:
        left, right = number >> right_digits, number & (1 << right_digits) - 1
        for turn in range(0, ROUNDS, 2):
            left ^= _mixed(key, turn, right) & (1 << digits // 2) - 1
            right ^= _mixed(key, turn + 1, left) & (1 << right_digits) - 1
        number = left << right_digits | right
        if number < count:
            return number


def _mixed(key: bytes, turn: int, half: int) -> int:
    """F, before its low digits are taken."""
    return int.from_bytes(keccak256(key + (turn << 128 | half).to_bytes(32, "big")), "big")
