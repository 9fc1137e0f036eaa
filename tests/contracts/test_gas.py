"""What transactions cost: within the budgets, and as docs/results/gas.json and the README say."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from offchain.attacks.worlds.contracts import TRANSACTION_GAS
from scripts.support.chains.dispute_gas import measure_dispute
from scripts.support.chains.evm import fresh_evm
from scripts.support.chains.gas import (
    ACCOUNTS,
    FIGURES,
    README,
    RESULTS,
    Figure,
    measure,
    measure_large,
    replace_table,
)

TOLERANCE_PERCENT = 2

pytestmark = pytest.mark.gas


@pytest.fixture(scope="module")
def measured() -> Mapping[str, int]:
    """The figures of the contracts as they are compiled now, but for the large ones."""
    with fresh_evm(ACCOUNTS) as evm:
        figures = measure(evm)
    with fresh_evm(ACCOUNTS) as evm:
        return {**figures, **measure_dispute(evm)}


@pytest.fixture(scope="module")
def measured_large() -> Mapping[str, int]:
    """The large figures."""
    with fresh_evm(ACCOUNTS) as evm:
        return measure_large(evm)


@pytest.fixture(scope="module")
def recorded(root: Path) -> Mapping[str, int]:
    """All figures as they were recorded last."""
    return json.loads((root / RESULTS).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "figure", [one for one in FIGURES if not one.is_large], ids=lambda figure: figure.name
)
def test_a_transaction_keeps_to_its_budget_and_to_the_recorded_figure(
    measured: Mapping[str, int], recorded: Mapping[str, int], figure: Figure
):
    assert_kept(figure, measured[figure.name], recorded[figure.name])


@pytest.mark.full
@pytest.mark.parametrize(
    "figure", [one for one in FIGURES if one.is_large], ids=lambda figure: figure.name
)
def test_the_largest_rounds_keep_to_their_budgets_and_to_the_recorded_figures(
    measured_large: Mapping[str, int], recorded: Mapping[str, int], figure: Figure
):
    assert_kept(figure, measured_large[figure.name], recorded[figure.name])


def assert_kept(figure: Figure, gas: int, before: int) -> None:
    if figure.budget is not None:
        assert gas <= figure.budget
    # A figure that fell is to be recorded too: else it could grow back unseen.
    assert 100 * abs(gas - before) <= TOLERANCE_PERCENT * before, "if it is meant: `make gas`"


def test_every_transaction_fits_the_gas_that_one_may_have(recorded: Mapping[str, int]):
    assert max(recorded.values()) <= TRANSACTION_GAS


def test_the_record_has_all_figures_as_integers(recorded: Mapping[str, int]):
    assert list(recorded) == [figure.name for figure in FIGURES]
    assert all(type(gas) is int for gas in recorded.values())


def test_the_readme_shows_the_recorded_figures(root: Path, recorded: Mapping[str, int]):
    text = (root / README).read_text(encoding="utf-8")
    assert text == replace_table(text, recorded), "run `make gas`"
    assert all(f"| {recorded[figure.name]:,} |" in text for figure in FIGURES)
