"""Exact amounts between decimal text and integers of the smallest unit. No floats anywhere."""

from __future__ import annotations

import re
from typing import Final

from offchain.errors import ConfigurationError

TOKEN_DECIMALS: Final = 18
"""Digits after the point of a whole token, and of an ether."""

GWEI_DECIMALS: Final = 9
"""Digits after the point of a gwei: what fees are given in."""

MAXIMUM_AMOUNT: Final = (1 << 256) - 1
"""The largest amount that a contract can hold."""

_DECIMAL: Final = re.compile(r"([0-9]{1,78})(?:\.([0-9]{1,78}))?")


def parse_decimal(text: str, decimals: int = TOKEN_DECIMALS) -> int:
    """A decimal number as an integer of its smallest unit, exactly: "1.5" with 18 is 15 * 10^17.

    Only digits and one point are taken: no sign, exponent, separator or space.

    Raises:
        ConfigurationError: it is no such number, has more than `decimals` digits after the point,
            or is over 2^256 - 1.
    """
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"{text[:80]!r} is no amount: write digits with at most one point, as in 12.5"
        )
    whole, fraction = found[1], found[2] or ""
    if len(fraction.rstrip("0")) > decimals:
        raise ConfigurationError(
            f"{text} has {len(fraction)} digits after the point: at most {decimals} are possible"
        )
    amount = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if amount > MAXIMUM_AMOUNT:
        raise ConfigurationError(f"{text} is more than any contract can hold (2^256 - 1 units)")
    return amount


def format_decimal(amount: int, decimals: int = TOKEN_DECIMALS) -> str:
    """An amount of smallest units as an exact decimal number; the inverse of `parse_decimal`."""
    whole, rest = divmod(amount, 10**decimals)
    digits = f"{rest:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole}.{digits}" if digits else str(whole)


def decimal(amount: int, decimals: int = TOKEN_DECIMALS) -> str:
    """An amount of smallest units as an exact decimal number, thousands set apart."""
    whole, rest = divmod(abs(amount), 10**decimals)
    digits = f"{rest:0{decimals}d}".rstrip("0")
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}.{digits}" if digits else f"{sign}{whole:,}"
