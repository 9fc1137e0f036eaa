"""The libraries of disputes: the chain counts, finds and binds as the Python rules do."""

import random
from dataclasses import astuple
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from offchain.crypto.hashing import Domain, keccak256
from offchain.learning.samples_root import part_root, sample_path, samples_root
from offchain.protocol.rules import answers, judging
from offchain.protocol.rules.bindings import (
    Behind,
    Place,
    points_root,
    shortened_hash,
    stated_points,
    unpacked,
)
from offchain.protocol.words.transactions import EMPTY_ROW, Row
from scripts.support.chains.evm import Evm, reverts

CHAIN = "0x00000000000000000000000000000000000000AA"
DOMAIN = Domain(31_337, CHAIN)

UINT32 = st.integers(0, 2**32 - 1)
FEW = st.integers(0, 3)
"""Numbers of which many are equal."""


@pytest.fixture(scope="module")
def harness(module_evm: Evm) -> Contract:
    """Deploy the libraries' harness once: it has no state."""
    return module_evm.deploy("DisputesHarness")


def numbers(values: list[int]) -> bytes:
    """Numbers as they are packed."""
    return b"".join(value.to_bytes(4, "big") for value in values)


# ---- sums without sorting ------------------------------------------------------------------------


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[int], list[int], int]:
    """Numbers, what is taken from them (nothing, or as many), and how many extremes are out."""
    values = draw(st.lists(draw(st.sampled_from([UINT32, FEW])), min_size=1, max_size=20))
    size = len(values)
    against = draw(st.one_of(st.just([]), st.lists(UINT32, min_size=size, max_size=size)))
    return values, against, draw(st.integers(0, (size - 1) // 2))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(column=columns())
def test_a_sum_by_its_edges_is_that_of_the_sorted_numbers(
    harness: Contract, column: tuple[list[int], list[int], int]
) -> None:
    values, against, trimmed = column
    differences = [a - b for a, b in zip(values, against or [0] * len(values), strict=True)]
    ordered = sorted(differences)
    edges = [(ordered[trimmed], ordered[-1 - trimmed])]
    where = (0, 4, len(values), trimmed)
    found = harness.functions.sum(numbers(values), numbers(against), where, edges, 0).call()
    assert found == judging.middle(differences, trimmed)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(column=columns(), edges=st.tuples(FEW, FEW), near=st.tuples(FEW, FEW))
def test_no_other_edges_are_taken(
    harness: Contract,
    column: tuple[list[int], list[int], int],
    edges: tuple[int, int],
    near: tuple[int, int],
) -> None:
    values, _, trimmed = column
    ordered = sorted(values)
    true = ordered[trimmed], ordered[-1 - trimmed]
    for named in (edges, (true[0] - 1 + near[0], true[1] - 1 + near[1])):
        call = harness.functions.sum(numbers(values), b"", (0, 4, len(values), trimmed), [named], 0)
        if named == true:
            assert call.call() == judging.middle(values, trimmed)
        else:
            with reverts("WrongEdges", 0):
                call.call()


def test_the_largest_numbers_of_the_largest_round_do_not_overflow(harness: Contract) -> None:
    largest = 2**32 - 1
    for trimmed in (0, 42, 63):
        where = (0, 4, 128, trimmed)
        edges = [(largest, largest), (-largest, -largest)]
        high, low = numbers([largest] * 128), numbers([0] * 128)
        kept = 128 - 2 * trimmed
        assert harness.functions.sum(high, b"", where, edges, 0).call() == kept * largest
        assert harness.functions.sum(low, high, where, edges, 1).call() == -kept * largest


# ---- compared voices -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), has_best=st.booleans())
def test_compared_voices_are_those_of_the_python_rule(
    harness: Contract, seed: int, has_best: bool
) -> None:
    chance = random.Random(seed)
    models = chance.randrange(8)
    rows = [EMPTY_ROW]
    for _ in range(models):
        net, spread = chance.randint(-1, 4), chance.choice([0, 1, 400])
        hashed = chance.choice([keccak256(b"row"), keccak256(b"row"), bytes(32)])
        rows.append(Row(hashed, 9, net, spread, chance.choice([0, 0, chance.randrange(10)])))
    orders = chance.sample(range(100), models)
    for row in range(models + 1):
        expected = answers.compared_rows(rows, orders, 100, row, has_best=has_best)
        call = harness.functions.comparedVoices(
            [astuple(known) for known in rows], row, orders, 100, has_best
        )
        assert tuple(call.call()) == expected


# ---- packed rows ---------------------------------------------------------------------------------


def behind(transactions: int, compared: int, seed: int = 0) -> Behind:
    """Anything that may lie behind a row."""
    chance = random.Random(seed)
    number = lambda: chance.randrange(2**32)  # noqa: E731
    return Behind(
        tuple(Place(number(), number(), chance.randbytes(32)) for _ in range(transactions)),
        tuple(tuple(number() for _ in range(transactions)) for _ in range(compared)),
    )


def test_what_lies_behind_a_row_is_read_where_it_was_packed(harness: Contract) -> None:
    known = behind(5, 3)
    for place, one in enumerate(known.places):
        at = harness.functions.at(known.packed(), place, 0, 5).call()
        assert tuple(at) == (one.points, one.squares, one.root)
        for voice, distances in enumerate(known.distances, start=1):
            at = harness.functions.at(known.packed(), place, voice, 5).call()
            assert at[1] == distances[place]


def test_a_row_is_bound_by_its_hash_and_has_a_length(harness: Contract) -> None:
    known = behind(3, 2)
    packed, own = known.packed(), known.hash(DOMAIN, 7)
    require = harness.functions.requireRow
    require(CHAIN, 7, own, packed, 3, 2).call()
    require(CHAIN, 7, bytes(32), b"", 3, 2).call()
    for transactions, compared in ((3, 1), (3, 3), (2, 2), (4, 2)):
        expected = transactions * (40 + 4 * compared)
        with reverts("WrongLength", len(packed), expected):
            require(CHAIN, 7, own, packed, transactions, compared).call()
    with reverts("WrongLength", len(packed), 0):
        require(CHAIN, 7, bytes(32), packed, 3, 2).call()
    for other in (b"\xff" + packed[1:], packed[:-1] + b"\xff", bytes(len(packed))):
        with reverts("NotTheRow", unpacked(other, 3, 2).hash(DOMAIN, 7), own):
            require(CHAIN, 7, own, other, 3, 2).call()
    with reverts("NotTheRow", known.hash(DOMAIN, 8), own):
        require(CHAIN, 8, own, packed, 3, 2).call()


@pytest.mark.parametrize("compared", [0, 2])
def test_a_shortened_row_is_bound_by_the_same_hash(harness: Contract, compared: int) -> None:
    known = behind(3, compared)
    shortened, own = known.shortened(), known.hash(DOMAIN, 7)
    require = harness.functions.requireShortened
    require(CHAIN, 7, own, shortened, 3).call()
    require(CHAIN, 7, bytes(32), b"", 3).call()
    for transactions in (2, 4):
        with reverts("WrongLength", len(shortened), 40 * transactions + 32):
            require(CHAIN, 7, own, shortened, transactions).call()
    with reverts("WrongLength", len(shortened), 0):
        require(CHAIN, 7, bytes(32), shortened, 3).call()
    for other in (b"\xff" + shortened[1:], shortened[:-1] + b"\xff", bytes(len(shortened))):
        with reverts("NotTheRow", shortened_hash(DOMAIN, 7, other), own):
            require(CHAIN, 7, own, other, 3).call()
    for place, one in enumerate(known.places):
        at = harness.functions.at(shortened, place, 0, 3).call()
        assert tuple(at) == (one.points, one.squares, one.root)


# ---- points --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(first=st.binary(min_size=1, max_size=100), seed=st.integers(0, 2**32))
def test_points_sum_as_in_python_against_others_and_against_none(
    harness: Contract, first: bytes, seed: int
) -> None:
    for second in (random.Random(seed).randbytes(len(first)), b""):
        sums = answers.cell_sums(first, second)
        found = harness.functions.sums(first, second).call()
        assert tuple(found) == (sums.first, sums.second, sums.squares)


@pytest.mark.parametrize("samples", [1, 31, 32, 33, 64, 200])
def test_points_are_bound_to_the_last_sample(harness: Contract, samples: int) -> None:
    points = random.Random(samples).randbytes(samples)
    root = points_root(points)
    harness.functions.requireBound(points, samples, root).call()
    for sample in {0, samples // 2, samples - 1}:
        other = bytearray(points)
        other[sample] ^= 1
        with reverts("NotThePoints", points_root(bytes(other)), root):
            harness.functions.requireBound(bytes(other), samples, root).call()
        word = stated_points(points, sample)
        call = harness.functions.contains(root, samples, sample, word.word, list(word.path))
        assert call.call() == [True, points[sample]]
        wrong = harness.functions.contains(root, samples, sample + 32, word.word, list(word.path))
        assert not wrong.call()[0]
    for size in (samples - 1, samples + 1):
        with reverts("WrongLength", size, samples):
            harness.functions.requireBound((points + b"\0")[:size], samples, root).call()


def test_points_of_a_row_that_is_not_there_are_none(harness: Contract) -> None:
    harness.functions.requireBound(b"", 0, bytes(32)).call()
    with reverts("WrongLength", 1, 0):
        harness.functions.requireBound(b"\0", 0, bytes(32)).call()
    # A root of zeros binds nothing that anybody could bring.
    with reverts("NotThePoints", points_root(b"\0"), bytes(32)):
        harness.functions.requireBound(b"\0", 1, bytes(32)).call()
    assert not harness.functions.contains(bytes(32), 1, 0, bytes(32), []).call()[0]


# ---- samples -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("parts", "samples"), [(1, 1), (2, 3), (5, 7), (20, 33)])
def test_a_sample_stands_where_its_paths_lead_and_nowhere_else(
    harness: Contract, parts: int, samples: int
) -> None:
    records = [
        [sha256(bytes([part, sample])).digest()[:9] for sample in range(samples)]
        for part in range(parts)
    ]
    roots = [part_root(known) for known in records]
    root = samples_root(roots)
    part, sample = parts - 1, samples // 2
    path = sample_path(records[part], sample, roots, part)
    true = (
        *(root, records[part][sample], sample, samples, list(path.in_part)),
        *(part, parts, list(path.in_transaction)),
    )
    changes: list[tuple[int, object]] = [
        (0, keccak256(root)),
        (1, records[part][sample] + b"\0"),
        (2, sample + 1),
        (3, samples + samples),
        (4, [*path.in_part, bytes(32)]),
        (5, part + 1),
        (6, parts + parts),
        (7, [*path.in_transaction, bytes(32)]),
    ]
    assert harness.functions.isUnderSamplesRoot(*true).call()
    for place, value in changes:
        wrong = (*true[:place], value, *true[place + 1 :])
        assert not harness.functions.isUnderSamplesRoot(*wrong).call(), place


@settings(max_examples=40, deadline=None, derandomize=True)
@given(bitmap=st.integers(1, 2**256 - 1))
def test_the_nth_set_bit_is_the_place_of_a_bitmap(harness: Contract, bitmap: int) -> None:
    places = [bit for bit in range(256) if bitmap >> bit & 1]
    for below in {0, len(places) // 2, len(places) - 1}:
        assert harness.functions.nth(bitmap, below).call() == places[below]
