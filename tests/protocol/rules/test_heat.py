"""Heat fades, and buys share keys."""

from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules.heat import fade, key_quota
from offchain.protocol.words.parameters import DEMO


@given(heat=st.integers(0, 2**40), blocks=st.integers(0, 60), later=st.integers(0, 60))
def test_fading_in_two_steps_is_fading_in_one(heat: int, blocks: int, later: int) -> None:
    once = fade(heat, blocks + later, 500)
    assert fade(fade(heat, blocks, 500), later, 500) == once


@given(heat=st.integers(1, 2**40), basis_points=st.integers(1, 10_000))
def test_heat_falls_with_every_block(heat: int, basis_points: int) -> None:
    assert fade(heat, 1, basis_points) < heat


def test_heat_ends_at_nothing_however_long_the_absence() -> None:
    assert fade(2**64, 2**32, 500) == 0


def test_half_is_gone_after_fourteen_blocks_of_the_demo() -> None:
    assert fade(10_000, 13, DEMO.heat_fade_basis_points) > 5_000
    assert fade(10_000, 14, DEMO.heat_fade_basis_points) < 5_000


def test_the_quota_grows_with_heat_up_to_the_maximum() -> None:
    assert key_quota(DEMO, 0) == 12
    assert key_quota(DEMO, 49) == 12
    assert key_quota(DEMO, 50) == 13
    assert key_quota(DEMO, 10**9) == 32
