"""Attacks on the real contracts fail."""

import pytest

from offchain.attacks.chain import ATTACKS, gas_limit
from offchain.attacks.known import FAMILIES
from scripts.support.chains.evm import compiled_artifacts

MEMBERS = 16


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.fixture(autouse=True)
def _compiled() -> None:
    """The contracts that are there are those of the sources."""
    compiled_artifacts()


def test_all_are_known_by_name() -> None:
    assert {name for name, family in FAMILIES.items() if family == "chain"} == set(ATTACKS)


def test_front_running_gains_nothing() -> None:
    outcome = ATTACKS["front-run"].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome
    assert outcome.figures["stolen"] == 0


def test_a_small_largest_round_fits_a_transaction_and_measures_every_call() -> None:
    outcome = gas_limit(quiet, MEMBERS)
    assert outcome.defended, outcome
    measured = {name for name in outcome.figures if name.startswith("gas_")}
    assert {"gas_share", "gas_writeMembers", "gas_finalize", "gas_bringModel"} <= measured


@pytest.mark.full
def test_the_largest_round_fits_a_transaction() -> None:
    outcome = ATTACKS["gas-limit"].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome
    assert int(outcome.figures["gas_finalize"]) <= 5_000_000
