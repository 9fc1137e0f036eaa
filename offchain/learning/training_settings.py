"""How long and how fast to train: plain values, so that choosing them needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Settings of one training run.

    A run takes `epochs` passes over the samples, but not more than `maximum_steps` steps of
    `batch` samples nor `seconds` seconds; the learning rate falls to zero towards whichever end
    comes first. `channels` are those of a new network; a network that was taken over keeps its own
    and learns at `warm_learning_rate`. `warm_up` is the part of the run, 0 to 1, in which the rate
    rises. Progress is reported every `report_steps` steps.

    The defaults suit a small machine that runs several nodes: some seconds of one core.
    """

    channels: tuple[int, ...] = (16, 32, 64, 64)
    epochs: int = 20
    maximum_steps: int = 400
    seconds: float = 60.0
    batch: int = 64
    learning_rate: float = 0.02
    warm_learning_rate: float = 0.01
    weight_decay: float = 0.02
    warm_up: float = 0.2
    report_steps: int = 20
