"""Numbers of options: what passes every comparison passes no bound."""

from pathlib import Path

import click
import pytest

from offchain.programs.finite_range import FiniteRange

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("text", ["nan", "-nan", "inf", "1e999", "-inf", "-1", "x", ""])
def test_what_is_no_finite_number_within_the_range_is_refused(text):
    with pytest.raises(click.BadParameter):
        FiniteRange(0.0).convert(text, None, None)


def test_the_bounds_are_within():
    bounds = FiniteRange(0.5, 2.0)
    assert [bounds.convert(text, None, None) for text in ("0.5", "2", "1e0")] == [0.5, 2.0, 1.0]


def test_no_option_takes_a_range_that_lets_everything_pass():
    sources = (*ROOT.joinpath("offchain").rglob("*.py"), *ROOT.joinpath("scripts").rglob("*.py"))
    found = [file for file in sources if "click.FloatRange(" in file.read_text(encoding="utf-8")]
    assert found == []
