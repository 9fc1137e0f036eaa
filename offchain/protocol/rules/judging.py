"""Judging: which models are valid, how they rank, and whose stake burns.

Integers only. For a model i and a data transaction b of the data set D, c(i,b) is the sum of i's
points over b's test samples, q(i,b) the sum of the squares of (points of i - points of the
baseline). A middle leaves out k values at either end, so that up to k hostile data transactions can
neither lift a model nor make differences vanish or swell.

Source: docs/Protocol.md, "Judge"; ``contracts/libraries/Judging.sol``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

from offchain.errors import ProtocolError
from offchain.protocol.words.parameters import BASIS_POINTS


class TooFewToTrim(ProtocolError):
    """Nothing is left of so few values when the lowest and the highest ones are left out."""

    def __init__(self, values: int, trimmed: int) -> None:
        super().__init__(
            f"{values} values without the {trimmed} lowest and {trimmed} highest: "
            f"at least {2 * trimmed + 1} are needed"
        )
        self.values = values
        self.trimmed = trimmed


def trimmed(published: int) -> int:
    """k: floor(n1 / 3), n1 being the data transactions whose keys were all published in time."""
    return published // 3


def has_enough_data(published: int, minimum_data: int) -> bool:
    """Whether a round goes on after Unseal: with fewer published ones it is void."""
    return published >= minimum_data


def can_be_judged(transactions: int, trimmed: int) -> bool:
    """Whether a round goes on after Report: n >= 2 k + 1, or it is void."""
    return transactions > 2 * trimmed


def middle(values: Sequence[int], trimmed: int) -> int:
    """M: the sum of the values without their own k lowest and k highest.

    Which of equal values are left out does not change the sum.

    Args:
        values: one for each data transaction of D.
        trimmed: k.

    Raises:
        TooFewToTrim: fewer than 2 k + 1 values.
    """
    if not can_be_judged(len(values), trimmed):
        raise TooFewToTrim(len(values), trimmed)
    return sum(sorted(values)[trimmed : len(values) - trimmed])


def net(points: Sequence[int], baseline_points: Sequence[int], trimmed: int) -> int:
    """A model's advantage over the baseline: M of c(i,b) - c(0,b).

    Raises:
        TooFewToTrim: fewer than 2 k + 1 data transactions.
        ValueError: the two differ in length.
    """
    pairs = zip(points, baseline_points, strict=True)
    return middle([own - base for own, base in pairs], trimmed)


def required(
    significance: int,
    hostile_allowance: int,
    tries_allowance: int,
    transactions: int,
    trimmed: int,
    commitments: int,
) -> int:
    """B: how far above chance an advantage must be.

    B = floor((significance + isqrt(hostileAllowance^2 (n - 2k)))^2 / 100)
        + triesAllowance * floor(log2(max(1, commitments)))

    The first term is McNemar's test without its correction for continuity (Quinn McNemar, "Note on
    the sampling error of the difference between correlated proportions or percentages", 1947):
    net > z * sqrt(spread) with z = significance / 100. The second is what hostile data may shift;
    the third what many models gain by many tries.

    Args:
        significance: in hundredths of a standard deviation.
        hostile_allowance: the same, for each root of a data transaction that counts.
        tries_allowance: added for every doubling of the commitments.
        transactions: n, the data transactions in D.
        trimmed: k; n - 2k of them count.
        commitments: accounts that committed to a model.
    """
    root = significance + isqrt(hostile_allowance**2 * (transactions - 2 * trimmed))
    return root**2 // 100 + tries_allowance * (max(1, commitments).bit_length() - 1)


def is_valid(net: int, spread: int, required: int) -> bool:
    """Whether a model is better than chance: net >= 1 and 100 net^2 >= B spread."""
    return net >= 1 and 100 * net**2 >= required * spread


@dataclass(frozen=True, slots=True)
class Judged:
    """What decides on a model: its net, its spread, and the number of its commitment."""

    net: int
    spread: int
    order: int


def rank(models: Sequence[Judged | None], required: int) -> tuple[int, ...]:
    """Indices of the valid models, best first: the larger net, then the earlier commitment.

    Args:
        models: in order of reveal; None for one that is missing or malformed.
        required: B.
    """
    valid = {
        index: model
        for index, model in enumerate(models)
        if model is not None and is_valid(model.net, model.spread, required)
    }
    return tuple(sorted(valid, key=lambda index: (-valid[index].net, valid[index].order)))


def burns(middle: int | None, baseline_middle: int, burn_basis_points: int) -> bool:
    """Whether a revealed model costs ``modelBurn``.

    Args:
        middle: M of its points; None for one that is missing or malformed.
        baseline_middle: M of the baseline's points.
        burn_basis_points: share of them under which it burns.
    """
    return middle is None or middle * BASIS_POINTS < baseline_middle * burn_basis_points


def burned_wei(model_burn: int, stake: int) -> int:
    """What of a stake burns with a model: modelBurn, or what is left."""
    return min(model_burn, stake)
