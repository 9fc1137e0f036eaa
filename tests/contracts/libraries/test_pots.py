"""Pots.sol and Fading.sol: rewards and heat are those of the Python rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from offchain.protocol.rules import heat, rewards
from scripts.support.chains.evm import Evm

amounts = st.integers(0, 2**96 - 1)


@pytest.fixture(scope="module")
def harness(module_evm: Evm) -> Contract:
    """Deploy the libraries' harness once: it has no state."""
    return module_evm.deploy("PotsHarness")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(number=st.integers(0, 2**32 - 1), first=amounts, halving=st.integers(1, 2**32 - 1))
def test_a_blocks_reward_equals_the_python_rule(
    harness: Contract, number: int, first: int, halving: int
) -> None:
    expected = rewards.block_reward(number, first, halving)
    assert harness.functions.ofBlock(number, first, halving).call() == expected


@settings(max_examples=40, deadline=None, derandomize=True)
@given(reward=amounts, basis_points=st.integers(0, 10_000), parts=st.integers(1, 128))
def test_a_part_of_a_pot_equals_the_python_rule(
    harness: Contract, reward: int, basis_points: int, parts: int
) -> None:
    expected = rewards.part(reward, basis_points, parts)
    assert harness.functions.part(reward, basis_points, parts).call() == expected


@settings(max_examples=40, deadline=None, derandomize=True)
@given(amount=st.integers(0, 2**200), rounds=st.integers(0, 400), fade=st.integers(100, 10_000))
def test_fading_equals_the_python_rule(
    harness: Contract, amount: int, rounds: int, fade: int
) -> None:
    assert harness.functions.faded(amount, rounds, fade).call() == heat.fade(amount, rounds, fade)


def test_heat_ends_at_nothing_however_long_the_absence(harness: Contract) -> None:
    assert harness.functions.faded(2**64 - 1, 2**32 - 1, 100).call() == 0
