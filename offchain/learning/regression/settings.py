"""How long and how fast to train a regression: plain values that need no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionSettings:
    """Settings of one training run.

    It takes `steps` steps of `batch` samples, or stops after `seconds`. `held_out_percent` of the
    samples choose among the networks on the way, which are looked at every `report_steps` steps. A
    new network has `hidden` units; one that was taken over keeps its own.
    """

    hidden: int = 8
    steps: int = 200
    batch: int = 64
    seconds: float = 60.0
    learning_rate: float = 0.01
    weight_decay: float = 0.5
    held_out_percent: int = 20
    report_steps: int = 10
