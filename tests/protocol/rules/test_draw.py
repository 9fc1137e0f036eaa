"""Who of the applicants has a place."""

from collections import Counter
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.rules.draw import Places, is_drawn, place_key, places, position

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")


def key(number: int, *, is_warm: bool = True) -> bytes:
    return place_key(DOMAIN, keccak256(b"seed %d" % number), is_warm=is_warm)


def test_positions_are_a_permutation_of_any_number_of_applicants() -> None:
    for count in range(1, 301):
        found = [position(key(count), number, count) for number in range(count)]
        assert sorted(found) == [*range(count)]


def test_large_numbers_keep_their_range() -> None:
    count = 2**61 + 1
    found = {position(key(1), number, count) for number in range(50)}
    assert len(found) == 50
    assert all(0 <= place < count for place in found)
    assert max(found) > 2**58


def chi_square(times: Counter, outcomes: int) -> float:
    expected = times.total() / outcomes
    seen = sum((count - expected) ** 2 / expected for count in times.values())
    return seen + (outcomes - len(times)) * expected


@pytest.mark.parametrize("count", [2, 5, 13])
def test_every_number_goes_to_every_place_equally_often(count: int) -> None:
    seeds = 500
    times: Counter = Counter()
    for seed in range(seeds):
        drawn = key(seed)
        times.update((number, position(drawn, number, count)) for number in range(count))
    # (count - 1)^2 degrees of freedom: mean d, standard deviation sqrt(2 d); four of them.
    freedom = (count - 1) ** 2
    assert chi_square(times, count**2) < freedom + 4 * (2 * freedom) ** 0.5 + 4


@pytest.mark.parametrize(("count", "drawn", "seeds"), [(5, 2, 1_200), (9, 2, 700)])
def test_every_set_of_applicants_is_drawn_equally_often(count: int, drawn: int, seeds: int) -> None:
    sets = comb(count, drawn)
    times: Counter = Counter()
    for seed in range(seeds):
        drawing = key(seed)
        times[tuple(n for n in range(count) if is_drawn(drawing, n, count, drawn))] += 1
    assert set(times) <= set(combinations(range(count), drawn))
    freedom = sets - 1
    assert chi_square(times, sets) < freedom + 4 * (2 * freedom) ** 0.5 + 4


@given(applicants=st.integers(0, 60), share=st.integers(0, 100), seed=st.integers(0, 10**6))
def test_exactly_as_many_are_drawn_as_there_are_places(
    applicants: int, share: int, seed: int
) -> None:
    places = applicants * share // 100
    drawing = key(seed)
    drawn = [n for n in range(applicants + 20) if is_drawn(drawing, n, applicants, places)]
    assert len(drawn) == places
    assert all(number < applicants for number in drawn)


def test_warm_and_cold_seeds_and_deployments_are_drawn_apart() -> None:
    seed = keccak256(b"seed 1")
    keys = {
        key(1),
        key(2),
        key(1, is_warm=False),
        place_key(Domain(1, DOMAIN.contract), seed, is_warm=True),
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("warm", "cold", "given"),
    [
        (0, 0, Places(0, 0)),
        (0, 50, Places(0, 20)),  # minimumRing + 4
        (10, 50, Places(10, 10)),  # what the ring needs
        (16, 50, Places(16, 4)),  # a quarter
        (40, 50, Places(40, 10)),
        (64, 0, Places(64, 0)),
        (64, 3, Places(61, 3)),  # as many as are kept for them
        (90, 50, Places(52, 12)),
        (52, 50, Places(52, 12)),
        (3, 1, Places(3, 1)),
    ],
)
def test_places_of_the_live_parameters(warm: int, cold: int, given: Places) -> None:
    assert places(warm, cold, 64, 16) == given


counts = st.integers(0, 300)


@given(warm=counts, cold=counts, members=st.integers(5, 128), ring=st.integers(2, 128))
def test_places_fit_the_epoch_and_newcomers_stay_below_a_third_where_nobody_is_lacking(
    warm: int, cold: int, members: int, ring: int
) -> None:
    ring = min(ring, members)
    given = places(warm, cold, members, ring)
    assert 0 <= given.warm <= warm
    assert 0 <= given.cold <= cold
    assert given.total <= members
    if given.cold > 1 and 2 * (ring + 4 - given.warm) < given.warm:
        assert 3 * given.cold < given.total
    if cold:
        assert given.cold >= 1
    if given.warm < warm:  # whoever is left out is left out for lack of places
        assert given.total == members or given.cold < cold
    assert given.total >= min(ring, warm + cold)
