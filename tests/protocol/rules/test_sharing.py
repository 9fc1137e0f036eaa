"""Which timestamps are accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules.sharing import claimed_timestamp, timestamp_range

NOW = 6_000_060


@pytest.mark.parametrize(
    ("timestamp", "accepted"),
    [
        (5_999_400, True),  # not before the last decision
        (5_998_800, False),
        (6_000_600, True),  # 540 ahead
        (6_001_200, False),  # 1,140 ahead
        (6_000_001, False),  # no step
    ],
)
def test_a_timestamp_is_a_step_within_the_range(timestamp: int, accepted: bool) -> None:
    assert (timestamp in timestamp_range(5_999_000, NOW, 660, 600)) is accepted


@given(now=st.integers(1, 2**32), step=st.integers(1, 3_600))
def test_what_all_claim_is_the_next_step_and_accepted(now: int, step: int) -> None:
    claimed = claimed_timestamp(now, step)
    assert 0 <= claimed - now < step
    assert claimed in timestamp_range(now, now, step, step)
