"""What a statement binds: all that lies behind its rows, down to each sample's points.

Whoever asks gets an answer from anybody. So that nobody can answer falsely in the name of a true
statement, each question has one answer alone, the one that the row's hash was made of.

A row packed has 40 bytes for each data transaction of D: c (uint32), q (uint32), and the Merkle
root over the model's points there, one byte for each test sample, in words of 32 bytes of which the
last one is padded with zeros. Then, for each better-ranked voice that the model was compared with,
best first, four bytes (uint32) for each data transaction: their distance there. The row's hash is
over the hashes of these two halves, so that points can be shown without the distances: a row
shortened has the hash of the distances in their place.

Source: docs/Protocol.md, "Statements"; ``contracts/libraries/PackedRows.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import HASH_BYTES, Domain, keccak256
from offchain.crypto.merkle import merkle_proof, merkle_root
from offchain.errors import ProtocolError
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import row_hash

DISTANCE_BYTES = 4
"""Of a packed number: what a data transaction takes in packed distances."""

WORD_BYTES = 32
"""Points are bound in words of this size, a byte for each sample."""

PLACE_BYTES = 2 * DISTANCE_BYTES + WORD_BYTES
"""What a data transaction takes in a packed row, but for its distances."""


class WrongLength(ProtocolError):
    """Something packed is not as long as it must be."""

    def __init__(self, given: int, expected: int) -> None:
        super().__init__(f"{given} packed bytes, expected {expected}")
        self.given = given
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Place:
    """What a row has for one data transaction of D: c, q, and the root over the points there."""

    points: int
    squares: int
    root: bytes


NO_PLACE = Place(0, 0, ZERO_HASH)
"""What the baseline's row has everywhere while there is no best model."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What lies behind a row: its places, and the distances to each compared voice, best first.

    Nothing lies behind an empty row.
    """

    places: tuple[Place, ...] = ()
    distances: tuple[tuple[int, ...], ...] = ()

    def place(self, number: int) -> Place:
        """One place; zeros where nothing lies behind the row."""
        return self.places[number] if self.places else NO_PLACE

    def packed(self) -> bytes:
        """All of it, as whoever answers for the row shows it.

        Raises:
            OverflowError: a number is not a uint32.
        """
        return self._packed_places() + self._packed_distances()

    def shortened(self) -> bytes:
        """The same with the hash of the distances in their place; nothing for an empty row.

        Raises:
            OverflowError: a number is not a uint32.
        """
        return self._packed_places() + keccak256(self._packed_distances()) if self.places else b""

    def hash(self, domain: Domain, round_number: int) -> bytes:
        """The row's hash; something lies behind it.

        Raises:
            OverflowError: a number is not a uint32.
        """
        return shortened_hash(domain, round_number, self.shortened())

    def _packed_places(self) -> bytes:
        return b"".join(
            _number(place.points) + _number(place.squares) + place.root for place in self.places
        )

    def _packed_distances(self) -> bytes:
        return b"".join(_number(distance) for voice in self.distances for distance in voice)


def unpacked(packed: bytes, places: int, compared: int) -> Behind:
    """What lies behind a packed row.

    Args:
        packed: the row.
        places: n, data transactions in D.
        compared: voices that it was compared with.

    Raises:
        WrongLength: it is not as long as so many places and voices take.
    """
    expected = packed_size(places, compared)
    if len(packed) != expected:
        raise WrongLength(len(packed), expected)
    return Behind(
        tuple(_place(packed[PLACE_BYTES * place :]) for place in range(places)),
        tuple(
            _numbers(packed, PLACE_BYTES * places + DISTANCE_BYTES * places * voice, places)
            for voice in range(compared)
        ),
    )


def unpacked_places(shortened: bytes, places: int) -> Behind:
    """What lies behind a shortened row, without its distances.

    Args:
        shortened: the row.
        places: n, data transactions in D.

    Raises:
        WrongLength: it is not as long as so many places take.
    """
    expected = shortened_size(places)
    if len(shortened) != expected:
        raise WrongLength(len(shortened), expected)
    return Behind(tuple(_place(shortened[PLACE_BYTES * place :]) for place in range(places)))


def shortened_hash(domain: Domain, round_number: int, shortened: bytes) -> bytes:
    """The hash of a row that was shortened, and of the same row packed."""
    places, distances = shortened[:-HASH_BYTES], shortened[-HASH_BYTES:]
    return row_hash(domain, round_number, keccak256(places), distances)


def shortened_size(places: int) -> int:
    """Bytes of a shortened row with so many places."""
    return PLACE_BYTES * places + HASH_BYTES


def packed_size(places: int, compared: int) -> int:
    """Bytes of a packed row with so many places and compared voices."""
    return (PLACE_BYTES + DISTANCE_BYTES * compared) * places


def _number(value: int) -> bytes:
    return value.to_bytes(DISTANCE_BYTES, "big")


def _numbers(packed: bytes, start: int, count: int) -> tuple[int, ...]:
    end = start + DISTANCE_BYTES * count
    return tuple(
        int.from_bytes(packed[at : at + DISTANCE_BYTES], "big")
        for at in range(start, end, DISTANCE_BYTES)
    )


def _place(packed: bytes) -> Place:
    points, squares = _numbers(packed, 0, 2)
    return Place(points, squares, packed[2 * DISTANCE_BYTES : PLACE_BYTES])


# ---- points --------------------------------------------------------------------------------------


def points_root(points: bytes) -> bytes:
    """The root over a model's points on the test samples of one data transaction."""
    return merkle_root(_words(points))


@dataclass(frozen=True, slots=True)
class StatedPoints:
    """Where a sample's points stand: a word with its path to the root."""

    word: bytes
    path: tuple[bytes, ...]


def stated_points(points: bytes, sample: int) -> StatedPoints:
    """The word that has a sample's points, with its path."""
    words, number = _words(points), sample // WORD_BYTES
    return StatedPoints(words[number], tuple(merkle_proof(words, number)))


def word_count(samples: int) -> int:
    """The words that so many samples take."""
    return -(-samples // WORD_BYTES)


def _words(points: bytes) -> Sequence[bytes]:
    return [
        points[start : start + WORD_BYTES].ljust(WORD_BYTES, b"\0")
        for start in range(0, len(points), WORD_BYTES)
    ]
