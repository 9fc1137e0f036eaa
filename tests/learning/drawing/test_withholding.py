"""Holding back: chosen labels and a share of the samples stay; others take their place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.errors import ConfigurationError
from offchain.learning.drawing.withholding import Withholding


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.frozensets(st.integers(0, 9), max_size=9),
    st.floats(0.0, 0.95),
    st.integers(1, 300),
    st.integers(0, 2**32),
)
def test_so_many_as_asked_for_are_shared_and_none_that_is_held_back(labels, share, count, seed):
    withholding = Withholding(labels, share)
    digits = withholding.shared_labels
    assert set(digits.tolist()) == set(range(10)) - labels
    own = generator(seed).integers(0, 10, 20_000)
    shared = withholding.shared(own, count, generator(seed))
    assert len(shared) == count
    assert np.array_equal(shared, np.unique(shared))
    assert set(own[shared].tolist()) <= set(digits.tolist())


def test_what_is_held_back_is_drawn_by_the_generator_and_by_nothing_else():
    withholding, own = Withholding(frozenset({0}), 0.5), np.arange(1000) % 10
    one, again, other = (withholding.shared(own, 450, generator(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_nothing_is_held_back_by_itself():
    own = np.arange(7)
    assert np.array_equal(Withholding().shared(own, 7, generator()), own)


def test_too_few_that_are_left_are_refused():
    withholding = Withholding(frozenset({0, 1}), 0.5)
    own = np.arange(100) % 10
    assert len(withholding.shared(own, 40, generator())) == 40
    with pytest.raises(ConfigurationError, match="100 samples, of which 60 are held back: 41 are"):
        withholding.shared(own, 41, generator())


@pytest.mark.parametrize(
    ("labels", "share", "reason"),
    [
        (frozenset({10}), 0.0, r"labels \[10\]"),
        (frozenset(range(10)), 0.0, "not all"),
        (frozenset(), 1.0, "a share of 1.0"),
        (frozenset(), -0.1, "a share of -0.1"),
        (frozenset(), float("nan"), "a share of nan"),
    ],
)
def test_impossible_choices_are_refused(labels, share, reason):
    with pytest.raises(ConfigurationError, match=reason):
        Withholding(labels, share)
