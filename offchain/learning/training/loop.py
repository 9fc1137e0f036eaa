"""Trains a network. Read it from top to bottom: `train_network` is the whole story."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from offchain.errors import TrainingError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    NetworkFamily,
)
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.task import ProgressCallback
from offchain.learning.training.augmentation import Augmentation
from offchain.learning.training.device import device_name
from offchain.learning.training.exploration import explore
from offchain.learning.training.gradient_step import GradientStep
from offchain.learning.training.group import Alone, TrainingGroup
from offchain.learning.training.quantisation import dequantise, quantise
from offchain.learning.training.resident_samples import ResidentSamples
from offchain.learning.training.settings import TrainingSettings
from offchain.learning.training.trainable_network import ConvolutionalNetwork, normalise_as
from offchain.ports import TrainingProgress

STATISTICS_IMAGES = 2000
"""Images over which a network that was taken over has its normalisation set."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The integer network, the steps taken, the last mean loss, and how long it took."""

    network: IntegerNetwork
    steps: int
    loss: float
    seconds: float


def train_network(
    samples: DigitSamples,
    previous: IntegerNetwork | None,
    seed: int,
    settings: TrainingSettings,
    progress: ProgressCallback,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.monotonic,
    weights: NDArray[np.float64] | None = None,
    group: TrainingGroup | None = None,
    family: NetworkFamily = DIGITS_FAMILY,
) -> TrainingResult:
    """Train a network of `family` on `samples`, at least one, from `previous` if there is one.

    `weights` [n], from 0 to 1, say how often each sample takes part. The seed fixes the first
    network, which channels are explored, and the order of the samples. Two runs still differ
    slightly: how matrix products round depends on where their numbers lie in memory. The processes
    of `group` make the same call together and split each batch.

    Raises `TrainingError` when the loss or the weights are no finite numbers, or another process
    of the group cannot go on.
    """
    group = group or Alone()
    try:
        return _train(
            samples,
            previous,
            seed,
            settings,
            progress,
            torch.device(device),
            clock,
            weights,
            group,
            family,
        )
    except BaseException:
        group.give_up()
        raise


def _train(
    samples: DigitSamples,
    previous: IntegerNetwork | None,
    seed: int,
    settings: TrainingSettings,
    progress: ProgressCallback,
    device: torch.device,
    clock: Callable[[], float],
    weights: NDArray[np.float64] | None,
    group: TrainingGroup,
    family: NetworkFamily,
) -> TrainingResult:
    started = clock()

    # The samples, all on the device, and batches of them in an order that the seed decides.
    resident = ResidentSamples(samples, device)
    # At least two for each process: normalisation needs something to compare with.
    batch = max(2 * group.size, min(settings.batch, len(samples)))
    steps = min(settings.epochs * max(1, len(samples) // batch), settings.maximum_steps)
    batches = resident.batches(seed, batch, weights)

    # The network: new, or the previous best, explored.
    network = group.same_start(
        lambda: starting_network(resident, previous, seed, settings, device, family)
    )
    peak = settings.learning_rate if previous is None else settings.warm_learning_rate
    parameters = list(network.parameters())
    optimiser = torch.optim.AdamW(
        parameters, lr=peak, weight_decay=settings.weight_decay, fused=True
    )
    augment = Augmentation(settings.shift, settings.mirror, seed + group.rank)
    gradients = GradientStep(
        network,
        resident,
        device,
        settings.label_smoothing,
        settings.compiled,
        augment,
        settings.reduced,
    )

    network.train()
    loss = math.nan
    losses = torch.zeros((), device=device)  # sum since the last report
    step, reported = 0, 0
    learned, reached = steps, 1.0  # the step at which all was learned, and the rate's factor then
    while True:
        elapsed = clock() - started
        # Half as many steps as it took to learn all are left, in which the rate only falls.
        ending = max(0, step - learned) / max(1, learned // 2)
        part = group.agree(max(step / steps, elapsed / settings.seconds, ending))
        if part >= 1.0 and step:
            break
        factor = learning_rate_factor(min(part, 1.0), settings.warm_up)
        if step >= learned:
            factor = min(factor, reached * (1.0 - ending))
        for one in optimiser.param_groups:
            one["lr"] = peak * factor

        chosen = next(batches)  # [batch]
        error = gradients(chosen[group.rank :: group.size], batch)
        group.share_gradients(parameters, error)
        optimiser.step()
        losses += error
        step += 1

        # Reading the loss waits for the device, hence not at every step.
        if step - reported == settings.report_steps or step == steps:
            loss = float(losses) / (step - reported)
            if not math.isfinite(loss):
                raise TrainingError(f"the loss is {loss} at step {step} of {steps}")
            elapsed = max(clock() - started, 1e-9)
            # Where time ends the run, as many steps as there will be at this pace.
            expected = min(steps, max(step, round(step * settings.seconds / elapsed)))
            if loss < settings.enough and learned == steps and part >= settings.warm_up:
                learned, reached = step, factor
            rate = step * batch / elapsed
            progress(TrainingProgress(step, expected, loss, rate, device_name(device)))
            losses.zero_()
            reported = step

    group.average_statistics(network)
    network.eval()
    return TrainingResult(quantise(network), step, loss, clock() - started)


def starting_network(
    resident: ResidentSamples,
    previous: IntegerNetwork | None,
    seed: int,
    settings: TrainingSettings,
    device: torch.device,
    family: NetworkFamily = DIGITS_FAMILY,
) -> ConvolutionalNetwork:
    """Return the network that training begins with, on `device`, in channels-last order.

    Without `previous` it is new. Else it is the previous best as floating-point numbers again,
    explored if the settings say so, with normalisation as the samples give it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = (
            ConvolutionalNetwork(settings.channels, family)
            if previous is None
            else dequantise(previous)
        )
    network.to(device)
    if previous is not None:
        images, labels = resident.some(STATISTICS_IMAGES, seed)
        normalise_as(network, images)
        if settings.exploration is not None:
            network = explore(network, images, labels, seed, settings.exploration)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def learning_rate_factor(part: float, warm_up: float) -> float:
    """One cycle: up to 1 during the first `warm_up` of the run, then along a cosine to 0.

    `part` is how much of the run is done, 0 to 1. After Smith and Topin, "Super-Convergence: Very
    Fast Training of Neural Networks Using Large Learning Rates" (2017).
    """
    if part < warm_up:
        return 0.05 + 0.95 * part / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (part - warm_up) / (1.0 - warm_up))
