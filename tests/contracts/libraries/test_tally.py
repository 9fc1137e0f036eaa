"""The pure rules of a round's outcome: the contract's library equals the Python rules."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from offchain.protocol.rules import tally
from offchain.protocol.words.parameters import DEMO
from scripts.support.chains.evm import Evm

counts = st.integers(min_value=0, max_value=2**32 - 1)


@pytest.fixture(scope="module")
def harness(module_evm: Evm) -> Contract:
    """Deploy the library's harness once: it has no state."""
    return module_evm.deploy("TallyHarness")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    baseline=counts,
    test_samples=counts,
    minimum=st.integers(1, 1000),
    divisor=st.integers(1, 1000),
    voids=st.integers(0, 300),
)
def test_required_score_equals_the_python_rule(
    harness: Contract, baseline: int, test_samples: int, minimum: int, divisor: int, voids: int
) -> None:
    parameters = replace(DEMO, minimum_improvement=minimum, improvement_divisor=divisor)
    expected = tally.required_score(parameters, baseline, test_samples, voids)
    called = harness.functions.requiredScore(baseline, test_samples, minimum, divisor, voids)
    assert called.call() == expected


@pytest.mark.parametrize(
    ("voids", "required"), [(0, 900 + 5), (1, 900 + 2), (2, 900 + 1), (300, 900 + 1)]
)
def test_the_margin_halves_with_every_void_round_down_to_the_minimum(
    harness: Contract, voids: int, required: int
) -> None:
    assert harness.functions.requiredScore(900, 1000, 1, 20, voids).call() == required


def test_a_baseline_above_the_samples_still_asks_for_the_minimum(harness: Contract) -> None:
    assert harness.functions.requiredScore(10, 9, 1, 20, 0).call() == 11


@settings(max_examples=40, deadline=None, derandomize=True)
@given(score=counts, baseline=counts, basis_points=st.integers(0, 10_000))
def test_burning_equals_the_python_rule(
    harness: Contract, score: int, baseline: int, basis_points: int
) -> None:
    expected = tally.burns(score, baseline, basis_points)
    assert harness.functions.burns(score, baseline, basis_points).call() == expected


@pytest.mark.parametrize(
    ("score", "baseline", "burned"),
    [(0, 0, True), (1, 0, False), (499, 1000, True), (500, 1000, False)],
)
def test_a_bond_burns_at_score_zero_or_under_half_of_the_baseline(
    harness: Contract, score: int, baseline: int, burned: bool
) -> None:
    assert harness.functions.burns(score, baseline, 5000).call() is burned


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        ((10, 5), (9, 1), True),
        ((9, 1), (10, 5), False),
        ((9, 1), (9, 2), True),
        ((9, 2), (9, 1), False),
        ((9, 2), (9, 2), False),
    ],
)
def test_the_higher_score_ranks_first_then_the_earlier_commitment(
    harness: Contract, one: tuple[int, int], other: tuple[int, int], before: bool
) -> None:
    assert harness.functions.ranksBefore(*one, *other).call() is before


@settings(max_examples=20, deadline=None, derandomize=True)
@given(votes=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20))
def test_the_vote_root_equals_the_python_rule(harness: Contract, votes: list[bytes]) -> None:
    assert harness.functions.voteRoot(votes).call() == tally.vote_root(votes)
