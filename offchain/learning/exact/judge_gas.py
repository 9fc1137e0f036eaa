"""What it costs to judge one sample on an EVM chain, by the shape of the network.

A disputed sample is settled by one transaction that carries the model's file and computes the
network on the sample (docs/ExactEvaluation.md, "On chain"). What that transaction takes follows
from the network's shape alone, whatever its weights and the image are: loops of fixed length over
channels. The formulas are upper bounds for the digits' family and for texts of any length;
contracts/judges/JudgingGas.sol and TextJudgingGas.sol have the same. Their numbers are the judges',
rounded up (docs/results/judge_gas.json). Networks for tables need no bound: none that a file has
room for costs so much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

MAXIMUM_JUDGING_GAS: Final = 6_000_000
"""What a network may cost at most, so that a proof always pays and fits a transaction."""

GAS_FORMULA: Final = "modelchain/judging-gas/2"
"""The name of this formula: with another some files would be models to one node alone."""

HEADER_BYTES: Final = 1_264
"""A model file's header and its length take no more, whatever the numbers in it."""


TEXT_GAS_FORMULA: Final = "modelchain/text-judging-gas/1"
"""The name of the formula for texts."""


def file_bytes(channels: Sequence[int]) -> int:
    """Return how long a model file with these channels is at most."""
    first, second, third, fourth = channels
    weights = 25 * first + 9 * first * second + 9 * second * third + 16 * third * fourth
    # Biases of four bytes and shifts of one; ten classes share one shift.
    return HEADER_BYTES + weights + 5 * sum(channels) + 10 * fourth + 41


def judging_gas(channels: Sequence[int]) -> int:
    """Return the gas of a transaction that judges one image, at most.

    Counted are the transaction itself, the file as call data without a byte of zero, the memory,
    every layer, and towards what a dispute does around it 150,000 and one for each byte: the stakes
    that a proof takes come on top. The third convolution takes two input channels at a time, the
    hidden layer four. Call data have a price of their own below which no transaction goes
    (EIP-7623).
    """
    first, second, third, fourth = channels
    size = file_bytes(channels)
    gas = 310_000 + 17 * size + 30_400 * first + 4_900 * second + 1_850 * third + 850 * fourth
    gas += 1_150 * first * (second + 1)
    gas += 775 * -(-second // 2) * (third + 1)
    gas += -(-third // 4) * (600 + 410 * fourth)
    return max(gas, 21_000 + 40 * (size + 2_048))


def beyond_the_judge(channels: Sequence[int]) -> str | None:
    """Return why networks with these channels cannot be judged on a chain; None if they can."""
    size, gas = file_bytes(channels), judging_gas(channels)
    if size > MAXIMUM_MODEL_BYTES:
        return f"its file may take {size} bytes, allowed are {MAXIMUM_MODEL_BYTES}"
    if gas > MAXIMUM_JUDGING_GAS:
        return f"judging an image may take {gas} gas, allowed are {MAXIMUM_JUDGING_GAS}"
    return None


def text_judging_gas(text_bytes: int, file_bytes: int, units: tuple[int, int], labels: int) -> int:
    """Return the gas of a transaction that judges one text, at most.

    Args:
        text_bytes: of the longest text.
        file_bytes: of the model's file.
        units: of the embedding and of the hidden layer.
        labels: how many there are.

    Counted are the same things as in `judging_gas`. Every byte of a text makes four n-grams at
    most, whose weights are added for 32 units at a time.
    """
    embedded, hidden = units
    gas = 300_000 + 17 * (file_bytes + text_bytes)
    gas += 4 * text_bytes * (95 + 92 * -(-embedded // 32))
    gas += 1_000 * (embedded + hidden + labels) + 7 * (hidden * embedded + labels * hidden)
    return max(gas, 21_000 + 40 * (file_bytes + text_bytes + 2_048))
