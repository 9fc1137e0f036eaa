"""Answers to questions and to cells: their numbers, and whether these add up to what was claimed.

Numbers are packed as rows are: four bytes each, big endian, of a row the points and the squares of
each data transaction of D in turn, of a pair the distances. A cell has two bytes for each test
sample: the points of the answer's first row, then those of its second one.

Source: docs/Protocol.md, "Disputes"; ``contracts/Disputes.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.crypto.merkle import merkle_proof, merkle_root, root_of_sample
from offchain.errors import ProtocolError
from offchain.protocol.rules import judging
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.statements import Points, SampleCounts
from offchain.protocol.words.transactions import Row, packed

ROW_BYTES = 8
"""Of a row, for each data transaction of D: points and squares."""

DISTANCE_BYTES = 4
"""Of a pair, for each data transaction of D."""

SAMPLE_BYTES = 2
"""Of a cell, for each test sample."""

WORD_BYTES = 32
"""A cell's points are committed to in words of this size, the last one padded with zeros."""


class WrongLength(ProtocolError):
    """Packed numbers are not as many as they must be."""

    def __init__(self, given: int, expected: int) -> None:
        super().__init__(f"{given} bytes of packed numbers, expected {expected}")
        self.given = given
        self.expected = expected


# ---- what was packed -----------------------------------------------------------------------------


def packed_row_of(counts: SampleCounts, points: Points, baseline: Points) -> bytes:
    """The answer for a row: c and q of each data transaction, see `statements.rows`."""
    return packed(counts.points(points), counts.squares(points, baseline))


def packed_distances_of(counts: SampleCounts, points: Points, other: Points) -> bytes:
    """The answer for a pair: the distance of each data transaction."""
    return packed(counts.squares(points, other))


def cell_points_of(counts: SampleCounts, points: Points, other: Points, place: int) -> bytes:
    """The answer for a cell: both models' points on each test sample at a place, in turn."""
    start = place * counts.samples
    one, two = (array[start : start + counts.samples].tolist() for array in (points, other))
    return bytes(value for pair in zip(one, two, strict=True) for value in pair)


def unpacked(content: bytes, columns: int) -> tuple[tuple[int, ...], ...]:
    """The columns that were packed.

    Raises:
        WrongLength: the last line is incomplete.
    """
    size = 4 * columns
    if len(content) % size:
        raise WrongLength(len(content), len(content) // size * size)
    numbers = [int.from_bytes(content[i : i + 4], "big") for i in range(0, len(content), 4)]
    return tuple(tuple(numbers[column::columns]) for column in range(columns))


# ---- sums ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowSums:
    """What a row's numbers make: M(c), M(c - c0) and M(q)."""

    middle: int
    net: int
    spread: int

    def fits(self, row: Row) -> bool:
        """Whether a row states the same."""
        return (self.middle, self.net, self.spread) == (row.middle, row.net, row.spread)


def row_sums(of_row: bytes, of_baseline: bytes, trimmed: int) -> RowSums:
    """The sums of a row.

    Args:
        of_row: packed points and squares of at least 2 k + 1 data transactions.
        of_baseline: the baseline's; empty while there is none, its points count as zeros then.
        trimmed: k.

    Raises:
        WrongLength: the two differ in length, or a line is incomplete.
        TooFewToTrim: fewer than 2 k + 1 data transactions.
    """
    points, squares = unpacked(of_row, 2)
    if of_baseline and len(of_baseline) != len(of_row):
        raise WrongLength(len(of_baseline), len(of_row))
    base = unpacked(of_baseline, 2)[0] if of_baseline else (0,) * len(points)
    return RowSums(
        judging.middle(points, trimmed),
        judging.net(points, base, trimmed),
        judging.middle(squares, trimmed),
    )


def distance(distances: bytes, trimmed: int) -> int:
    """M of the packed distances of a pair.

    Raises:
        WrongLength: a number is incomplete.
        TooFewToTrim: fewer than 2 k + 1 data transactions.
    """
    return judging.middle(unpacked(distances, 1)[0], trimmed)


@dataclass(frozen=True, slots=True)
class CellSums:
    """What a cell's points make: both sums, and the sum of (the first's - the second's)^2."""

    first: int
    second: int
    squares: int


def cell_sums(points: bytes) -> CellSums:
    """The sums of a cell's points."""
    firsts, seconds = points[::SAMPLE_BYTES], points[1::SAMPLE_BYTES]
    squares = sum((one - two) ** 2 for one, two in zip(firsts, seconds, strict=True))
    return CellSums(sum(firsts), sum(seconds), squares)


def expected_of_row(of_row: bytes, of_baseline: bytes, place: int) -> CellSums:
    """The sums that a cell of a row has at a place, by the answer to its question."""
    points, squares = unpacked(of_row, 2)
    base = unpacked(of_baseline, 2)[0][place] if of_baseline else 0
    return CellSums(points[place], base, squares[place])


def expected_of_pair(distances: bytes, place: int) -> int:
    """The sum of squares that a cell of a pair has at a place, by the answer to its question."""
    return unpacked(distances, 1)[0][place]


# ---- words and samples ---------------------------------------------------------------------------


def words(points: bytes) -> list[bytes]:
    """A cell's points in words of 32 bytes, 16 samples each."""
    return [
        points[start : start + WORD_BYTES].ljust(WORD_BYTES, b"\0")
        for start in range(0, len(points), WORD_BYTES)
    ]


def cell_root(points: bytes) -> bytes:
    """The Merkle root that stays on chain of an answered cell."""
    return merkle_root(words(points))


@dataclass(frozen=True, slots=True)
class StatedPoints:
    """Where a sample's points stand in a cell: a word with its path to the cell's root."""

    word: bytes
    path: tuple[bytes, ...]


def stated_points(points: bytes, sample: int) -> StatedPoints:
    """The word that has a sample's points, with its path."""
    leaves, number = words(points), word_number(sample)
    return StatedPoints(leaves[number], tuple(merkle_proof(leaves, number)))


def word_number(sample: int) -> int:
    """The number of the word that has a sample's points."""
    return sample * SAMPLE_BYTES // WORD_BYTES


def word_count(samples: int) -> int:
    """The words of a cell with so many samples."""
    return -(-samples * SAMPLE_BYTES // WORD_BYTES)


def points_in_word(word: bytes, sample: int, *, second: bool) -> int:
    """A sample's stated points: the first row's, or the second's."""
    return word[sample * SAMPLE_BYTES % WORD_BYTES + second]


@dataclass(frozen=True, slots=True)
class SamplePlace:
    """Where a test sample stands in its data transaction: part, and number in the part."""

    part: int
    index: int


def sample_place(test_parts: int, sample: int, samples_per_part: int) -> SamplePlace:
    """The test samples of a data transaction are its test parts' ascending, each in its order.

    Args:
        test_parts: bitmap of the test parts.
        sample: number among all test samples.
        samples_per_part: the parameter.
    """
    number, index = divmod(sample, samples_per_part)
    return SamplePlace(positions(test_parts)[number], index)


def is_under_samples_root(
    root: bytes,
    record: bytes,
    place: SamplePlace,
    parts: int,
    samples_per_part: int,
    sample_path: Sequence[bytes],
    part_path: Sequence[bytes],
) -> bool:
    """Whether paths show a sample's record at a place under a data transaction's samples root.

    Args:
        root: the samples root.
        record: the sample's.
        place: where it is said to stand.
        parts: of a data transaction.
        samples_per_part: the parameter.
        sample_path: from the record to its part's root.
        part_path: from there to the samples root.
    """
    part_root = root_of_sample(record, place.index, samples_per_part, sample_path)
    if part_root is None:
        return False
    return root_of_sample(part_root, place.part, parts, part_path) == root
