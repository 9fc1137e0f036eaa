"""Trains networks of dense layers: what tables and texts share. The best on the way is kept."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from offchain.errors import TrainingError
from offchain.learning.task import ProgressCallback
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.device import device_name
from offchain.learning.training.loop import learning_rate_factor
from offchain.ports import TrainingProgress

log = structlog.get_logger()

Network = TypeVar("Network")

CHANCE: Final = 2.0
"""Standard errors: of all looks at a training the best one easily gains one by chance."""


@dataclass(frozen=True, slots=True)
class DenseResult(Generic[Network]):
    """A network of integers, and how training found it.

    Attributes:
        network: of integers.
        step: that it is from; 0: it is the one that training began with.
        points: on average, on the samples that were held out.
        held_out: how many these were.
        samples: that it was trained on.
        seconds: that it took.
    """

    network: Network
    step: int
    points: float
    held_out: int
    samples: int
    seconds: float


class Trainee(ABC, Generic[Network]):
    """A network with its samples, as `train_dense` sees them."""

    network: nn.Module
    device: torch.device
    samples: int
    held_out: int

    @abstractmethod
    def loss(self, chosen: Tensor) -> Tensor:
        """Return the mean loss over the samples with the numbers `chosen`, int64 [b]."""

    @abstractmethod
    def quantised(self) -> Network:
        """Return the network of integers that is nearest; `TrainingError` if there is none."""

    @abstractmethod
    def held_points(self, network: Network) -> NDArray[np.uint8]:
        """Return what a network earns on each sample that is held out, uint8 [n]."""


def held_out(
    samples: int, seed: int, settings: DenseSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the samples to train on and of those to hold out, by `seed`.

    Raises `TrainingError` where there are too few.
    """
    if samples < 3:
        raise TrainingError(f"{samples} samples: training and holding out need at least 3")
    order = np.random.Generator(np.random.PCG64(seed)).permutation(samples)
    held = max(1, min(settings.most_held_out, samples * settings.held_out_percent // 100))
    return order[held:], order[:held]


def train_dense(
    trainee: Trainee[Network],
    seed: int,
    learning_rate: float,
    settings: DenseSettings,
    progress: ProgressCallback,
    clock: Callable[[], float] = time.monotonic,
    *,
    compare_start: bool = False,
    last_step: int | None = None,
) -> DenseResult[Network]:
    """Train, and return the network of integers that earned most on what is held out.

    With `compare_start` it is the one that training begins with, unless another is better by more
    than chance: see `is_better`. With `last_step` training ends there, whatever is earned.

    A batch that the memory has no room for is halved from then on, which is said once. Raises
    `TrainingError` where loss or weights are no finite numbers, or there is no memory at all.
    """
    started = clock()
    batch = max(2, min(settings.batch, trainee.samples))
    steps = max(settings.least_steps, settings.epochs * trainee.samples // batch)
    steps = max(1, min(steps, settings.maximum_steps))
    every = max(1, steps // settings.looks)
    optimiser = torch.optim.AdamW(
        trainee.network.parameters(), lr=learning_rate, weight_decay=settings.weight_decay
    )
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(trainee.samples, generator=random)
    best: DenseResult[Network] | None = None
    place, step, said = 0, 0, False
    first: NDArray[np.uint8] | None = None
    if compare_start:
        trainee.network.eval()
        best = _result(trainee, trainee.quantised(), 0, clock() - started)
        first = trainee.held_points(best.network)
    while True:
        part = min(1.0, max(step / steps, (clock() - started) / settings.seconds))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * learning_rate_factor(part, settings.warm_up)
        if place + batch > trainee.samples:
            order, place = torch.randperm(trainee.samples, generator=random), 0
        trainee.network.train()
        optimiser.zero_grad(set_to_none=True)
        try:
            loss = trainee.loss(order[place : place + batch])
            loss.backward()  # type: ignore[no-untyped-call]
        except torch.OutOfMemoryError as error:
            if batch < 4:
                raise TrainingError("there is no memory to train in") from error
            batch //= 2
            if not said:
                log.warning("out of memory: training goes on with smaller batches", batch=batch)
            said = True
            continue
        optimiser.step()
        place, step = place + batch, step + 1
        is_last = step in (steps, last_step) or clock() - started > settings.seconds
        if (last_step or step % every) and not is_last:
            continue
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} at step {step} of {steps}")
        trainee.network.eval()
        quantised = trainee.quantised()
        seconds = clock() - started
        found = _result(trainee, quantised, step, seconds)
        beats = first is None or is_better(trainee.held_points(quantised), first)
        if best is None or (found.points >= best.points and beats):
            best = found
        rate = step * batch / max(seconds, 1e-9)
        progress(TrainingProgress(step, steps, value, rate, device_name(trainee.device)))
        if is_last:
            return best


def is_better(points: NDArray[np.uint8], others: NDArray[np.uint8]) -> bool:
    """Return whether `points` [n] exceed those of `others` for the same samples by `CHANCE`."""
    gain = points.astype(np.float64) - others
    if len(gain) < 2:
        return False
    return float(gain.mean()) > CHANCE * float(gain.std(ddof=1)) / math.sqrt(len(gain))


def _result(
    trainee: Trainee[Network], network: Network, step: int, seconds: float
) -> DenseResult[Network]:
    reached = float(trainee.held_points(network).mean(dtype=np.float64))
    return DenseResult(network, step, reached, trainee.held_out, trainee.samples, seconds)
