"""What a block pays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules.rewards import block_reward, part


@pytest.mark.parametrize(
    ("number", "reward"), [(0, 0), (1, 1_000), (10, 1_000), (11, 500), (21, 250), (110, 0)]
)
def test_the_reward_halves_and_the_genesis_block_earns_nothing(number: int, reward: int) -> None:
    assert block_reward(number, 1_000, 10) == reward


@given(
    reward=st.integers(0, 2**96 - 1), basis_points=st.integers(0, 10_000), parts=st.integers(1, 128)
)
def test_the_parts_of_a_pot_are_equal_and_not_more_than_the_pot(
    reward: int, basis_points: int, parts: int
) -> None:
    pot = reward * basis_points // 10_000
    assert pot - parts < parts * part(reward, basis_points, parts) <= pot
