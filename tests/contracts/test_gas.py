"""What transactions cost: within the budgets, and as docs/results/gas.json and the README say."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.support.chains.evm import fresh_evm
from scripts.support.chains.gas import FIGURES, README, RESULTS, Figure, measure, replace_table

TOLERANCE_PERCENT = 2

pytestmark = pytest.mark.gas


@pytest.fixture(scope="module")
def measured() -> Mapping[str, int]:
    """All figures of the contracts as they are compiled now."""
    with fresh_evm() as evm:
        return measure(evm)


@pytest.fixture(scope="module")
def recorded(root: Path) -> Mapping[str, int]:
    """All figures as they were recorded last."""
    return json.loads((root / RESULTS).read_text(encoding="utf-8"))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_transaction_keeps_to_its_budget_and_to_the_recorded_figure(
    measured: Mapping[str, int], recorded: Mapping[str, int], figure: Figure
):
    gas, before = measured[figure.name], recorded[figure.name]
    if figure.budget is not None:
        assert gas <= figure.budget
    # A figure that fell is to be recorded too: else it could grow back unseen.
    assert 100 * abs(gas - before) <= TOLERANCE_PERCENT * before, "if it is meant: `make gas`"


def test_the_record_has_all_figures_as_integers(recorded: Mapping[str, int]):
    assert list(recorded) == [figure.name for figure in FIGURES]
    assert all(type(gas) is int for gas in recorded.values())


def test_the_readme_shows_the_recorded_figures(root: Path, recorded: Mapping[str, int]):
    text = (root / README).read_text(encoding="utf-8")
    assert text == replace_table(text, recorded), "run `make gas`"
    assert all(f"| {recorded[figure.name]:,} |" in text for figure in FIGURES)
