"""What a statement binds, to the byte."""

import pytest

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.merkle import merkle_root, verify_merkle_proof
from offchain.protocol.rules.bindings import (
    DISTANCE_BYTES,
    NO_PLACE,
    PLACE_BYTES,
    WORD_BYTES,
    Behind,
    Place,
    WrongLength,
    packed_size,
    points_root,
    shortened_hash,
    shortened_size,
    stated_points,
    unpacked,
    unpacked_places,
    word_count,
)
from offchain.protocol.words.transactions import row_hash

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")

ROOTS = (b"r" * 32, b"s" * 32)
BEHIND = Behind(
    (Place(1, 2, ROOTS[0]), Place(3, 2**32 - 1, ROOTS[1])), ((5, 6), (7, 8), (2**32 - 1, 0))
)


def test_a_row_is_packed_place_by_place_then_voice_by_voice() -> None:
    expected = bytes.fromhex("0000000100000002") + ROOTS[0] + bytes.fromhex("00000003ffffffff")
    expected += ROOTS[1] + bytes.fromhex("00000005000000060000000700000008ffffffff00000000")
    assert BEHIND.packed() == expected
    assert len(expected) == packed_size(2, 3) == 2 * (PLACE_BYTES + 3 * DISTANCE_BYTES)
    assert unpacked(expected, 2, 3) == BEHIND


def test_a_shortened_row_has_the_hash_of_its_distances_in_their_place() -> None:
    packed, shortened = BEHIND.packed(), BEHIND.shortened()
    end = 2 * PLACE_BYTES
    assert shortened == packed[:end] + keccak256(packed[end:])
    assert len(shortened) == shortened_size(2)
    assert unpacked_places(shortened, 2) == Behind(BEHIND.places)
    assert Behind(BEHIND.places).shortened() == packed[:end] + keccak256(b"")
    assert Behind().shortened() == b""


def test_a_row_s_hash_is_over_the_hashes_of_both_halves() -> None:
    end = 2 * PLACE_BYTES
    halves = keccak256(BEHIND.packed()[:end]), keccak256(BEHIND.packed()[end:])
    assert BEHIND.hash(DOMAIN, 7) == row_hash(DOMAIN, 7, *halves)
    assert shortened_hash(DOMAIN, 7, BEHIND.shortened()) == BEHIND.hash(DOMAIN, 7)


@pytest.mark.parametrize("places", [0, 1, 3])
def test_a_shortened_row_of_another_length_is_refused(places: int) -> None:
    with pytest.raises(WrongLength):
        unpacked_places(BEHIND.shortened(), places)


def test_numbers_that_do_not_fit_are_not_packed() -> None:
    for behind in (Behind((Place(2**32, 0, ROOTS[0]),)), Behind((NO_PLACE,), ((-1,),))):
        with pytest.raises(OverflowError):
            behind.packed()


@pytest.mark.parametrize(("places", "compared"), [(1, 3), (2, 2), (3, 3), (2, 4)])
def test_a_packed_row_of_another_length_is_refused(places: int, compared: int) -> None:
    packed = BEHIND.packed()
    with pytest.raises(WrongLength) as refused:
        unpacked(packed, places, compared)
    assert (refused.value.given, refused.value.expected) == (
        len(packed),
        packed_size(places, compared),
    )


def test_nothing_lies_behind_an_empty_row() -> None:
    assert Behind().packed() == b""
    assert Behind().place(3) == NO_PLACE
    assert BEHIND.place(1) == BEHIND.places[1]


@pytest.mark.parametrize("samples", [1, 31, 32, 33, 70])
def test_each_sample_s_points_stand_in_a_word_under_the_root(samples: int) -> None:
    points = bytes(range(1, samples + 1))
    words = [points[i : i + WORD_BYTES].ljust(WORD_BYTES, b"\0") for i in range(0, samples, 32)]
    root = points_root(points)
    assert root == merkle_root(words)
    assert word_count(samples) == len(words)
    for sample in range(samples):
        stated = stated_points(points, sample)
        assert stated.word[sample % WORD_BYTES] == points[sample]
        number = sample // WORD_BYTES
        assert verify_merkle_proof(root, stated.word, number, len(words), stated.path)
