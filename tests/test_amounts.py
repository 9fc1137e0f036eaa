"""Amounts are exact, and what is no amount is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.amounts import MAXIMUM_AMOUNT, format_decimal, parse_decimal
from offchain.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "decimals", "amount"),
    [
        ("0", 18, 0),
        ("1", 18, 10**18),
        ("0.000000000000000001", 18, 1),
        ("12.5", 18, 125 * 10**17),
        ("12.50", 1, 125),
        ("007", 0, 7),
        ("5.000", 0, 5),
        # What no float holds.
        ("9007199254740993.000000000000000001", 18, 9007199254740993 * 10**18 + 1),
    ],
)
def test_decimal_text_is_read_exactly(text, decimals, amount):
    assert parse_decimal(text, decimals) == amount


@given(st.integers(0, MAXIMUM_AMOUNT), st.integers(0, 30))
def test_every_amount_comes_back_from_its_text(amount, decimals):
    assert parse_decimal(format_decimal(amount, decimals), decimals) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "+1",
        "1e3",
        "1,000",
        "1_000",
        ".5",
        "5.",
        "1.2.3",
        "0x10",
        "½",
        "١",
        "nan",
        "1 ",
    ],
)
def test_what_is_no_plain_decimal_number_is_refused(text):
    with pytest.raises(ConfigurationError, match="is no amount"):
        parse_decimal(text)


def test_digits_beyond_the_smallest_unit_are_refused_not_rounded():
    with pytest.raises(ConfigurationError, match="19 digits after the point"):
        parse_decimal("0.0000000000000000001")


def test_more_than_a_contract_can_hold_is_refused():
    assert parse_decimal(format_decimal(MAXIMUM_AMOUNT)) == MAXIMUM_AMOUNT
    with pytest.raises(ConfigurationError, match="2\\^256"):
        parse_decimal(format_decimal(MAXIMUM_AMOUNT + 1))
    with pytest.raises(ConfigurationError, match="is no amount"):
        parse_decimal("9" * 100_000)
