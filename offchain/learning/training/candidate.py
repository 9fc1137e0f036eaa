"""A node's candidate for the next block: data chosen, network trained, a second try if it fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import structlog
import torch

from offchain.errors import TrainingError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    NetworkFamily,
)
from offchain.learning.formats.digits import DigitSamples, concatenate
from offchain.learning.task import ProgressCallback
from offchain.learning.training.data_choice import DataChoice, choose_data
from offchain.learning.training.distributed_run import GroupBroken
from offchain.learning.training.loop import TrainingResult, train_network
from offchain.learning.training.processes import TrainingProcesses
from offchain.learning.training.settings import TrainingSettings

log = structlog.get_logger()

SECOND_RATE = 0.1
"""What the learning rates are multiplied by when training is tried again."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What was trained, the data that it was trained on, and the number of samples in them."""

    result: TrainingResult
    choice: DataChoice
    samples: int


def train_candidate(
    parts: Sequence[DigitSamples],
    ages: Sequence[int],
    previous: IntegerNetwork | None,
    seed: int,
    settings: TrainingSettings,
    progress: ProgressCallback,
    device: torch.device | str = "cpu",
    clock: Callable[[], float] = time.monotonic,
    processes: TrainingProcesses | None = None,
    family: NetworkFamily = DIGITS_FAMILY,
) -> Candidate:
    """Choose among `parts`, which are `ages` rounds old, and train on them from `previous`.

    With `processes` they train together, on their own devices. A training that fails is tried
    once more in what is left of its time, at a lower learning rate unless it was one of `processes`
    that ended. Raises `TrainingError` if that fails too, too little time is left, or there is
    nothing to train on.
    """
    started = clock()
    choice = choose_data(parts, ages, previous, settings.data, device)
    if choice.dirty or choice.repeated or choice.excess:
        log.warning(
            "training parts are left out",
            dirty=len(choice.dirty),
            repeated=len(choice.repeated),
            excess=len(choice.excess),
        )
    chosen = [parts[number] for number in choice.used]
    together = concatenate(chosen)
    weights = None
    if len(set(choice.weights)) > 1:
        weights = np.repeat(np.array(choice.weights), [len(part) for part in chosen])

    def train(settings: TrainingSettings) -> TrainingResult:
        if processes is not None:
            return processes.train(
                together, previous, seed, settings, progress, clock, weights, family
            )
        return train_network(
            together,
            previous,
            seed,
            settings,
            progress,
            device,
            clock,
            weights,
            family=family,
        )

    try:
        result = train(settings)
    except TrainingError as error:
        left = settings.seconds - (clock() - started)
        if len(together) == 0 or left < settings.seconds / 4:
            raise
        # That a helping process has ended says nothing against the learning rate.
        rate = 1.0 if isinstance(error, GroupBroken) else SECOND_RATE
        log.warning("the training failed and is tried once more", reason=str(error), rate=rate)
        result = train(
            replace(
                settings,
                seconds=left,
                learning_rate=settings.learning_rate * rate,
                warm_learning_rate=settings.warm_learning_rate * rate,
            )
        )
    return Candidate(result, choice, len(together))
