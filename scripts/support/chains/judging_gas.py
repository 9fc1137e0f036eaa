"""What the judge's transactions cost: whole transactions, with a model's file as call data."""

from __future__ import annotations

from collections.abc import Sequence

from web3.contract import Contract

from offchain.learning.exact.integer_network import encode_model
from offchain.learning.exact.worst_case import worst_case
from scripts.support.chains.evm import Evm

USUAL = (16, 32, 64, 64)
"""Where an experiment begins."""

LARGEST = (56, 47, 6, 6)
"""Of the shapes that a judge takes the dearest that was found."""


def measure_judge(evm: Evm) -> dict[str, int]:
    """Gas of judging one image by two networks, and of checking a file."""
    judge = evm.deploy("ImageJudge")
    model, _ = model_and_record(USUAL)
    verdict = judge.functions.isWellFormed(model)
    return {
        "judge_16_32_64_64": _points(evm, judge, USUAL),
        "judge_largest": _points(evm, judge, LARGEST),
        "judge_bounds": evm.send(verdict)["gasUsed"],
    }


def _points(evm: Evm, judge: Contract, channels: Sequence[int]) -> int:
    model, record = model_and_record(channels)
    return int(evm.send(judge.functions.points(model, record))["gasUsed"])


def model_and_record(channels: Sequence[int]) -> tuple[bytes, bytes]:
    """A network's file with the record of an image that it reaches the ends of its ranges on."""
    network, images = worst_case(channels)
    return encode_model(network), images[-1].tobytes() + b"\7"
