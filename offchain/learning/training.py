"""Trains a network. Read it from top to bottom: `train_network` is the whole story."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from offchain.errors import TrainingError
from offchain.learning.digits import DigitSamples
from offchain.learning.integer_network import IntegerNetwork
from offchain.learning.network import ConvolutionalNetwork, images_to_float, normalise_as
from offchain.learning.quantisation import dequantise, quantise
from offchain.learning.task import ProgressCallback
from offchain.learning.training_settings import TrainingSettings
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
) -> TrainingResult:
    """Train on `samples`, at least one, starting from `previous` if there is one.

    The seed fixes the first network and the order of the samples. Two runs still differ slightly:
    how matrix products round depends on where their numbers lie in memory.

    Raises `TrainingError` when the loss or the weights are no finite numbers.
    """
    device = torch.device(device)
    started = clock()

    # The network: new, or the previous best as floating-point numbers again.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = (
            ConvolutionalNetwork(settings.channels) if previous is None else dequantise(previous)
        )
    network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    peak = settings.learning_rate if previous is None else settings.warm_learning_rate

    # The samples, all on the device: one byte a pixel, turned into numbers batch by batch.
    images = torch.tensor(samples.images).to(device)  # uint8 [n, 28, 28]
    labels = torch.tensor(samples.labels).to(device, torch.int64)  # [n]
    count = len(labels)
    if count == 0:
        raise TrainingError("there are no samples to train on")
    batch = min(settings.batch, count)
    steps = min(settings.epochs * (count // batch), settings.maximum_steps)
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(count, generator=random)

    if previous is not None:
        normalise_as(network, images_to_float(images[order[:STATISTICS_IMAGES].to(device)]))

    optimiser = torch.optim.AdamW(
        network.parameters(), lr=peak, weight_decay=settings.weight_decay, fused=True
    )

    network.train()
    loss = math.nan
    losses = torch.zeros((), device=device)  # sum since the last report
    step, reported = 0, 0
    while step < steps:
        elapsed = clock() - started
        part = max(step / steps, elapsed / settings.seconds)
        if part >= 1.0 and step:
            break
        for group in optimiser.param_groups:
            group["lr"] = peak * learning_rate_factor(min(part, 1.0), settings.warm_up)

        if len(order) < batch:
            order = torch.randperm(count, generator=random)
        chosen, order = order[:batch].to(device), order[batch:]
        inputs = images_to_float(images[chosen])  # [batch, 1, 28, 28]
        logits = network(inputs.contiguous(memory_format=torch.channels_last))  # [batch, 10]
        error = functional.cross_entropy(logits, labels[chosen])
        optimiser.zero_grad(set_to_none=True)
        error.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses += error.detach()
        step += 1

        # Reading the loss waits for the device, hence not at every step.
        if step - reported == settings.report_steps or step == steps:
            loss = float(losses) / (step - reported)
            if not math.isfinite(loss):
                raise TrainingError(f"the loss is {loss} at step {step} of {steps}")
            rate = step * batch / max(clock() - started, 1e-9)
            progress(TrainingProgress(step, steps, loss, rate))
            losses.zero_()
            reported = step

    network.eval()
    return TrainingResult(quantise(network), step, loss, clock() - started)


def learning_rate_factor(part: float, warm_up: float) -> float:
    """One cycle: up to 1 during the first `warm_up` of the run, then along a cosine to 0.

    `part` is how much of the run is done, 0 to 1. After Smith and Topin, "Super-Convergence: Very
    Fast Training of Neural Networks Using Large Learning Rates" (2017).
    """
    if part < warm_up:
        return 0.05 + 0.95 * part / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (part - warm_up) / (1.0 - warm_up))
