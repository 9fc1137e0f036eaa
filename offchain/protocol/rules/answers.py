"""Answers: what they must add up to for a statement's row to be true as far as it shows.

Source: docs/Protocol.md, "Disputes"; ``contracts/Disputes.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.crypto.merkle import root_of_sample
from offchain.protocol.rules import judging
from offchain.protocol.rules.bindings import Behind
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.voices import is_variant
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row

# ---- rows ----------------------------------------------------------------------------------------


def compared_rows(
    rows: Sequence[Row], orders: Sequence[int], required: int, row: int, *, has_best: bool
) -> tuple[int, ...]:
    """The rows of the voices that a row's model has to be compared with, best first.

    All voices that rank before it; if it repeats one of them, up to and with that one. None for a
    row that is not valid, and while there is no best model.

    Args:
        rows: a statement's.
        orders: numbers of the reveals' commitments, in order of reveal.
        required: B of the round.
        row: the row's number.
        has_best: whether the head has a best model.
    """
    models = [
        None if known.hash == ZERO_HASH else judging.Judged(known.net, known.spread, order)
        for known, order in zip(rows[1:], orders, strict=True)
    ]
    ranking = [1 + index for index in judging.rank(models, required)]
    if not has_best or row not in ranking:
        return ()
    found = []
    for better in ranking[: ranking.index(row)]:
        if rows[better].repeats == 0:
            found.append(better)
            if better == rows[row].repeats:
                break
    return tuple(found)


@dataclass(frozen=True, slots=True)
class RowSums:
    """What lies behind a row makes M(c), M(c - c0) and M(q)."""

    middle: int
    net: int
    spread: int

    def fits(self, row: Row) -> bool:
        """Whether a row states the same."""
        return (self.middle, self.net, self.spread) == (row.middle, row.net, row.spread)


def trimmed_sums(behind: Behind, baseline: Behind) -> tuple[tuple[int, ...], ...]:
    """The values of each sum that is trimmed: c, c - c0, q, then each voice's distances.

    Args:
        behind: of the row.
        baseline: of row 0; nothing while there is no best model, its points count as zeros then.
    """
    points = tuple(place.points for place in behind.places)
    base = tuple(place.points for place in baseline.places) or (0,) * len(points)
    return (
        points,
        tuple(own - other for own, other in zip(points, base, strict=True)),
        tuple(place.squares for place in behind.places),
        *behind.distances,
    )


def row_sums(behind: Behind, baseline: Behind, trimmed: int) -> RowSums:
    """The sums of a row.

    Args:
        behind: of at least 2 k + 1 data transactions.
        baseline: of row 0; nothing while there is no best model.
        trimmed: k.

    Raises:
        TooFewToTrim: fewer data transactions.
    """
    return RowSums(
        *(judging.middle(values, trimmed) for values in trimmed_sums(behind, baseline)[:3])
    )


def edges(behind: Behind, baseline: Behind, trimmed: int) -> tuple[tuple[int, int], ...]:
    """The lowest and the highest value that each trimmed sum keeps.

    Whoever answers brings them, so that the contract need not sort: it counts how many values are
    below and above.

    Args:
        behind: of at least 2 k + 1 data transactions.
        baseline: of row 0; nothing while there is no best model.
        trimmed: k.
    """
    return tuple(
        (ordered[trimmed], ordered[len(ordered) - 1 - trimmed])
        for ordered in map(sorted, trimmed_sums(behind, baseline))
    )


def are_edges(values: Sequence[int], low: int, high: int, trimmed: int) -> bool:
    """Whether these are the lowest and the highest value that M keeps, found by counting."""
    below = sum(value < low for value in values)
    up_to = sum(value <= low for value in values)
    above = sum(value > high for value in values)
    down_to = sum(value >= high for value in values)
    return below <= trimmed < up_to and above <= trimmed < down_to


def is_true_verdict(
    rows: Sequence[Row],
    row: int,
    voice: int,
    distances: Sequence[int],
    trimmed: int,
    voice_basis_points: int,
) -> bool:
    """Whether distances bear out what a row says of a voice that it was compared with.

    It must be a variant of the one that it repeats, and of no other.

    Args:
        rows: the statement's.
        row: the row's number.
        voice: the voice's row.
        distances: of the two, for each data transaction of D.
        trimmed: k.
        voice_basis_points: the parameter.
    """
    own, other = rows[row], rows[voice]
    apart = judging.middle(distances, trimmed)
    claimed = voice == own.repeats
    return is_variant(apart, own.spread, other.spread, voice_basis_points) == claimed


# ---- cells ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CellSums:
    """What a cell's points make: both sums, and the sum of (the first's - the second's)^2."""

    first: int
    second: int
    squares: int


def cell_sums(first: bytes, second: bytes) -> CellSums:
    """The sums of a cell's points.

    Args:
        first: the question's row's, one byte for each test sample.
        second: of the row that it stands against; none count as zeros, where that row is empty.
    """
    against = second or bytes(len(first))
    squares = sum((one - two) ** 2 for one, two in zip(first, against, strict=True))
    return CellSums(sum(first), sum(against), squares)


# ---- samples -------------------------------------------------------------------------------------


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
