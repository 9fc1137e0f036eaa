"""Heat fades, however late it is claimed, and makes an account warm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules.heat import fade, gain, is_warm
from offchain.protocol.words.parameters import DEMO, LIVE, Parameters


@given(heat=st.integers(0, 2**40), rounds=st.integers(0, 60), later=st.integers(0, 60))
def test_fading_in_two_steps_is_fading_in_one(heat: int, rounds: int, later: int) -> None:
    once = fade(heat, rounds + later, 500)
    assert fade(fade(heat, rounds, 500), later, 500) == once


@given(heat=st.integers(1, 2**40), basis_points=st.integers(1, 10_000))
def test_heat_falls_with_every_round(heat: int, basis_points: int) -> None:
    assert fade(heat, 1, basis_points) < heat


def test_heat_ends_at_nothing_however_long_the_absence() -> None:
    assert fade(2**64, 2**32, 500) == 0


def test_half_is_gone_after_fourteen_rounds_of_the_demo() -> None:
    assert fade(10_000, 13, DEMO.heat_fade_basis_points) > 5_000
    assert fade(10_000, 14, DEMO.heat_fade_basis_points) < 5_000


@given(amount=st.integers(0, 10**6), wait=st.integers(0, 40), later=st.integers(0, 40))
def test_claiming_late_never_gives_more_than_claiming_at_once(
    amount: int, wait: int, later: int
) -> None:
    at_once = fade(gain(0, amount, 0, 500), wait + later, 500)
    late = fade(gain(0, amount, wait, 500), later, 500)
    assert late == at_once


@pytest.mark.parametrize(
    ("heat", "genesis", "still", "warm"),
    [
        (100, False, False, True),
        (99, False, True, False),
        (0, True, True, True),
        (99, True, False, False),
    ],
)
def test_warm_are_those_with_heat_and_genesis_accounts_while_they_count(
    heat: int, genesis: bool, still: bool, warm: bool
) -> None:
    assert is_warm(heat, 100, is_genesis=genesis, genesis_is_warm=still) is warm


@pytest.mark.parametrize("parameters", [DEMO, LIVE])
def test_one_best_model_makes_an_account_warm_for_a_whole_round(parameters: Parameters) -> None:
    def warm_after(amount: int, rounds: int) -> bool:
        heat = gain(0, amount, rounds, parameters.heat_fade_basis_points)
        return is_warm(heat, parameters.warm_heat, is_genesis=False, genesis_is_warm=False)

    # The block of a round is made while the next one collects. That may close in the next moment.
    assert [warm_after(parameters.heat_best, rounds) for rounds in (1, 2, 3)] == [True, True, False]
    others = (parameters.heat_model, parameters.heat_model + parameters.heat_attestation)
    assert not any(warm_after(amount, 1) for amount in others)
