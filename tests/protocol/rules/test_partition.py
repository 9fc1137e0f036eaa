"""Which parts test, and which Bitcoin block takes which data transactions."""

from hypothesis import given
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.rules.partition import (
    HeightRange,
    height_range,
    next_height,
    partition_end,
)
from offchain.protocol.rules.partition import test_parts as parts_that_test
from offchain.protocol.words.transactions import part_rank

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
SEED, IDENTIFIER = keccak256(b"seed"), keccak256(b"data transaction")


@given(parts=st.integers(1, 40), share=st.integers(0, 100))
def test_the_parts_of_lowest_rank_test(parts: int, share: int) -> None:
    count = parts * share // 100
    chosen = parts_that_test(DOMAIN, SEED, IDENTIFIER, parts, count)
    ranks = [part_rank(DOMAIN, SEED, IDENTIFIER, part) for part in range(parts)]
    assert list(chosen) == sorted(chosen)
    assert sorted(ranks[part] for part in chosen) == sorted(ranks)[:count]


def test_another_seed_transaction_or_chain_chooses_others() -> None:
    chosen = parts_that_test(DOMAIN, SEED, IDENTIFIER, 20, 3)
    assert chosen != parts_that_test(DOMAIN, keccak256(b"other"), IDENTIFIER, 20, 3)
    assert chosen != parts_that_test(DOMAIN, SEED, keccak256(b"other"), 20, 3)
    assert chosen != parts_that_test(Domain(1, DOMAIN.contract), SEED, IDENTIFIER, 20, 3)


def test_every_part_tests_about_equally_often() -> None:
    times = [0] * 20
    for number in range(1_000):
        for part in parts_that_test(DOMAIN, SEED, keccak256(b"%d" % number), 20, 3):
            times[part] += 1
    # 150 expected of each, with a standard deviation of 11.
    assert min(times) > 105
    assert max(times) < 195


decisions = st.lists(st.integers(0, 50), min_size=1, max_size=30).map(sorted)


@given(
    times=decisions,
    last=st.integers(90, 120),
    lowest=st.integers(95, 105),
    tip=st.integers(90, 125),
    first=st.integers(-1, 50),
    now=st.integers(0, 60),
)
def test_the_height_is_the_lowest_that_decides_after_the_first_arrival(
    times: list[int], last: int, lowest: int, tip: int, first: int, now: int
) -> None:
    decided = dict(enumerate(times, start=100))
    tip = min(tip, 99 + len(times))
    lowest = max(lowest, 100)
    found = next_height(height_range(lowest, last, tip), decided.__getitem__, first, now)
    candidates = [
        height for height in range(max(lowest, last + 1), tip + 1) if decided[height] > first
    ]
    expected = min(candidates, default=None)
    if expected is not None and decided[expected] > now:
        expected = None
    assert found == expected


def test_no_height_is_open_above_the_tip() -> None:
    assert height_range(5, 9, 9) == HeightRange(10, 9)
    assert next_height(HeightRange(10, 9), lambda _: 0, 0, 99) is None


@given(times=st.lists(st.integers(0, 30)).map(sorted), decision=st.integers(0, 31))
def test_the_end_is_the_first_arrival_not_before_the_decision(
    times: list[int], decision: int
) -> None:
    end = partition_end(times, decision)
    assert all(time < decision for time in times[:end])
    assert all(time >= decision for time in times[end:])
