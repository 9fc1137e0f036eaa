"""What a regression is about: the columns of a table, the column to predict, and what is close."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from offchain.errors import ConfigurationError

MAXIMUM_COLUMNS = 64
LARGEST_VALUE = 2**31 - 1
MAXIMUM_POINTS = 255
"""What a prediction without an error is worth."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of whole numbers from `lowest` to `highest`, both allowed.

    A column of measurements counts in units of 10^-`decimals`, so that no value is a fraction.

    Raises:
        ConfigurationError: the range is empty, or not one of int32.
    """

    name: str
    lowest: int
    highest: int
    decimals: int = 0

    def __post_init__(self) -> None:
        in_order = (-LARGEST_VALUE, self.lowest, self.highest, LARGEST_VALUE)
        if self.lowest == self.highest or any(a > b for a, b in pairwise(in_order)):
            raise ConfigurationError(
                f"column {self.name} from {self.lowest} to {self.highest}: a range within "
                f"{LARGEST_VALUE} on either side is needed"
            )


@dataclass(frozen=True, slots=True)
class Table:
    """A regression: predict `target` from `columns`; all nodes of a chain must mean the same.

    Attributes:
        name: of the task; files carry it, so that those of another table are refused.
        columns: what is known of a sample, 1 to 64 of them.
        target: what is to be predicted.
        tolerance: error, in the target's units, at which a prediction is worth nothing.

    Raises:
        ConfigurationError: there are no columns or too many, or the tolerance is not positive.
    """

    name: str
    columns: tuple[Column, ...]
    target: Column
    tolerance: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.columns) <= MAXIMUM_COLUMNS or self.tolerance < 1:
            raise ConfigurationError(
                f"table {self.name}: {len(self.columns)} columns and a tolerance of "
                f"{self.tolerance}: 1 to {MAXIMUM_COLUMNS} and at least 1 are needed"
            )
