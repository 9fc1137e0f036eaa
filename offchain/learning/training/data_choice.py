"""Which of the shared parts a node trains on, and how much it makes of each.

Parts come from anonymous sharers. A node is free to leave some out: nothing in the protocol asks it
to train on all. It leaves out repeated ones, and, where there is a previous best model, those that
look dirty under it: their loss is far above that of the others, and the model contradicts most of
their labels. Users that are new raise the loss of all parts that have some; wrong labels raise it
far more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.training.quantisation import dequantise
from offchain.learning.training.settings import DataSettings
from offchain.learning.training.trainable_network import images_to_float

NORMAL_CONSISTENCY = 1.4826
"""The standard deviation of normal numbers by the median of their distances from the median."""

LEAST_DEVIATION = 0.05
"""Nats: parts whose losses differ by less are alike, however narrow the others lie."""


@dataclass(frozen=True, slots=True, eq=False)
class DataChoice:
    """`used` are the numbers of the chosen parts, rising; `weights`, 0 to 1, go with them.

    `dirty`, `repeated` and `excess` are the numbers of the others.
    """

    used: tuple[int, ...]
    weights: tuple[float, ...]
    dirty: tuple[int, ...]
    repeated: tuple[int, ...]
    excess: tuple[int, ...]


def choose_data(
    parts: Sequence[DigitSamples],
    ages: Sequence[int],
    previous: IntegerNetwork | None,
    settings: DataSettings,
    device: torch.device | str = "cpu",
) -> DataChoice:
    """Choose among `parts`, which are `ages` rounds old (0: of this round).

    The first of equal parts counts. At least one part is chosen if there is one.
    """
    repeated = repeated_parts(parts)
    distinct = [number for number in range(len(parts)) if number not in repeated]
    dirty: tuple[int, ...] = ()
    if previous is not None and distinct:
        losses, contradicted = judge_parts(
            [parts[at] for at in distinct], previous, settings, device
        )
        dirty = tuple(distinct[at] for at in dirty_parts(losses, contradicted, settings))
    clean = [number for number in distinct if number not in dirty]
    excess = excess_parts(clean, parts, ages, settings.maximum_samples)
    used = tuple(number for number in clean if number not in excess)
    newest = min((ages[number] for number in used), default=0)
    weights = tuple(settings.fading ** (ages[number] - newest) for number in used)
    return DataChoice(used, weights, dirty, tuple(sorted(repeated)), tuple(sorted(excess)))


def excess_parts(
    numbers: Sequence[int], parts: Sequence[DigitSamples], ages: Sequence[int], maximum: int
) -> frozenset[int]:
    """Return those of `numbers`, the oldest, with which there would be too many samples.

    Of parts as old as each other the first ones go. The newest stays in any case.
    """
    excess: set[int] = set()
    samples = 0
    for place, number in enumerate(sorted(numbers, key=lambda one: (ages[one], -one))):
        samples += len(parts[number])
        if samples > maximum and place:
            excess.add(number)
    return frozenset(excess)


def repeated_parts(parts: Sequence[DigitSamples]) -> frozenset[int]:
    """Return the numbers of parts that have the same samples as one before them."""
    seen: set[bytes] = set()
    repeated = set()
    for number, part in enumerate(parts):
        digest = hashlib.sha256(part.images.tobytes() + part.labels.tobytes()).digest()
        if digest in seen:
            repeated.add(number)
        seen.add(digest)
    return frozenset(repeated)


@torch.inference_mode()
def judge_parts(
    parts: Sequence[DigitSamples],
    previous: IntegerNetwork,
    settings: DataSettings,
    device: torch.device | str = "cpu",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each part's mean loss under `previous`, and the share of labels that it contradicts.

    Both are float64 [parts]; `settings.samples_judged` samples spread over each part are looked at.
    """
    network = dequantise(previous).to(device).eval()
    losses, contradicted = [], []
    for part in parts:
        step = max(1, len(part) // settings.samples_judged)
        images = torch.tensor(part.images[::step]).to(device)
        labels = torch.tensor(part.labels[::step]).to(device, torch.int64)
        logits = network(images_to_float(images))
        losses.append(functional.cross_entropy(logits, labels))
        contradicted.append((logits.argmax(dim=1) != labels).float().mean())
    return (
        torch.stack(losses).cpu().double().numpy(),
        torch.stack(contradicted).cpu().double().numpy(),
    )


def dirty_parts(
    losses: NDArray[np.float64], contradicted: NDArray[np.float64], settings: DataSettings
) -> tuple[int, ...]:
    """Return the numbers of parts that look dirty, the worst first.

    The distance from the median is measured in robust standard deviations (Iglewicz and Hoaglin,
    "How to Detect and Handle Outliers", 1993): the median of all distances, which outliers do not
    move as long as they are fewer than half.
    """
    median = np.median(losses)
    deviation = NORMAL_CONSISTENCY * np.median(np.abs(losses - median))
    distance = (losses - median) / max(float(deviation), LEAST_DEVIATION)
    suspects = np.flatnonzero(
        (distance > settings.outlier) & (contradicted > settings.contradicted)
    )
    worst = suspects[np.argsort(-losses[suspects], kind="stable")]
    return tuple(worst[: int(settings.most_dropped * len(losses))].tolist())
