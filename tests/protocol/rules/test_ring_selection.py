"""Rings hide their signers: who could have made one, and how alike the owners' chances are."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.rules.ring_selection import (
    STRATEGIES,
    ActiveKey,
    Circle,
    NotAnActiveKey,
    RingRequest,
    RingSizes,
    TooFewActiveKeys,
    Windows,
    make_circle,
    random_below,
)
from scripts.support.worlds.steps import address

MODEL_CHAIN = Domain(31_337, address(1))
SEED = keccak256(b"seed")
SIZES = RingSizes(8, 4, 16)


def active(owners: list[int]) -> list[ActiveKey]:
    """Keys of owners 0, 1, ... that hold so many."""
    keys: list[ActiveKey] = []
    for owner, count in enumerate(owners):
        for _ in range(count):
            x = int.from_bytes(keccak256(b"key %d" % len(keys)), "big")
            keys.append(ActiveKey(len(keys), x, address(owner)))
    return keys


def circle_of(owners: list[int]) -> Circle:
    return make_circle(MODEL_CHAIN, SEED, active(owners))


def request(circle: Circle, own: int, seed: int = 0, sizes: RingSizes = SIZES) -> RingRequest:
    return RingRequest(circle, own, sizes, frozenset(), random.Random(seed).randbytes)


# Making a circle hashes every key: fewer examples.
circles = settings(max_examples=25, deadline=None)
owner_counts = st.lists(st.integers(1, 12), min_size=1, max_size=8).filter(lambda c: sum(c) >= 4)


@pytest.mark.parametrize("name", STRATEGIES)
@circles
@given(owners=owner_counts, seed=st.integers(0, 2**32), data=st.data())
def test_a_ring_is_ascending_holds_the_signer_and_keeps_its_limits(
    name: str, owners: list[int], seed: int, data: st.DataObject
) -> None:
    circle = circle_of(owners)
    own = data.draw(st.integers(0, len(circle) - 1))
    ring = STRATEGIES[name].select(request(circle, own, seed))
    xs = [key.x for key in ring]
    assert xs == sorted(set(xs))
    assert own in [key.position for key in ring]
    assert SIZES.minimum <= len(ring) <= SIZES.maximum
    if name != "bins":
        assert len(ring) == min(SIZES.wanted, len(circle))


@pytest.mark.parametrize("name", STRATEGIES)
def test_fewer_keys_than_wanted_make_a_smaller_ring_and_too_few_none(name: str) -> None:
    assert len(STRATEGIES[name].select(request(circle_of([3, 2]), 0))) == 5
    with pytest.raises(TooFewActiveKeys) as caught:
        STRATEGIES[name].select(request(circle_of([3]), 0))
    assert (caught.value.keys, caught.value.minimum) == (3, 4)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_position_without_a_key_is_refused(name: str) -> None:
    with pytest.raises(NotAnActiveKey) as caught:
        STRATEGIES[name].select(request(circle_of([5]), 5))
    assert (caught.value.position, caught.value.keys) == (5, 5)


def test_the_circle_is_the_same_for_everybody_and_another_for_another_seed() -> None:
    keys = active([4, 4, 4])
    circle = make_circle(MODEL_CHAIN, SEED, keys)
    assert circle == make_circle(MODEL_CHAIN, SEED, list(reversed(keys)))
    assert circle != make_circle(MODEL_CHAIN, keccak256(b"other"), keys)
    assert sorted(circle.keys, key=lambda key: key.position) == keys
    assert [circle.keys[circle.place_of(key.position)] for key in keys] == keys


def test_neighbours_belong_to_different_owners_where_there_are_owners_enough() -> None:
    circle = circle_of([12] * 9)
    for start in range(len(circle)):
        assert len({key.owner for key in circle.arc(start, 8)}) == 8


def test_four_owners_are_alike_in_every_ring_of_eight() -> None:
    circle = circle_of([12] * 4)
    for start in range(len(circle)):
        assert set(Counter(key.owner for key in circle.arc(start, 8)).values()) == {2}


def test_no_key_can_be_made_for_a_place_since_every_one_moves_all_others() -> None:
    """Else who leases keys when the seed is known would draw accounts that surround a victim."""
    keys = active([1] * 20)
    before = make_circle(MODEL_CHAIN, SEED, keys).keys
    followers = dict(zip(before, before[1:] + before[:1], strict=True))
    for number in range(5):
        stranger = ActiveKey(20, 5 + number, address(1_000 + number))
        after = list(make_circle(MODEL_CHAIN, SEED, [*keys, stranger]).keys)
        after.remove(stranger)
        pairs = zip(after, after[1:] + after[:1], strict=True)
        # As many as chance leaves beside each other.
        assert sum(followers[key] == follower for key, follower in pairs) <= 4


def test_every_member_of_a_window_could_have_made_it_with_the_same_probability() -> None:
    circle = circle_of([5, 3, 7, 2])
    windows: Counter[tuple[tuple[int, ...], int]] = Counter()
    for own in range(len(circle)):
        for offset in range(8):
            # 8 offsets divide 2^16 without a rest: one draw chooses each.
            def draw(size: int, offset: int = offset) -> bytes:
                return offset.to_bytes(size, "big")

            ring = Windows().select(RingRequest(circle, own, SIZES, frozenset(), draw))
            windows[tuple(key.position for key in ring), own] += 1
    assert set(windows.values()) == {1}
    signers = Counter(ring for ring, _ in windows)
    assert set(signers.values()) == {8}


def test_bins_are_the_same_ring_for_all_their_members() -> None:
    circle = circle_of([12] * 4)
    rings = {
        own: tuple(key.position for key in STRATEGIES["bins"].select(request(circle, own)))
        for own in range(48)
    }
    assert len(set(rings.values())) == 6
    assert all(rings[member] == ring for ring in rings.values() for member in ring)


def test_the_paper_s_choice_takes_unused_keys_first() -> None:
    circle = circle_of([12] * 4)
    used = frozenset(range(1, 45))
    draw = random.Random(1).randbytes
    ring = STRATEGIES["paper"].select(RingRequest(circle, 0, SIZES, used, draw))
    chosen = {key.position for key in ring}
    assert {0, 45, 46, 47} <= chosen
    assert len(chosen) == 8


def test_draws_are_uniform_below_a_bound_that_is_no_power_of_two() -> None:
    # All draws of two bytes: the highest 2^16 mod 3 ones must be thrown away.
    values = iter(range(65_535, -1, -1))
    drawn = Counter(
        random_below(3, lambda _: next(values).to_bytes(2, "big")) for _ in range(65_535)
    )
    assert set(drawn.values()) == {21_845}
