"""What torchrun starts on each machine for `scripts.several_machines`: number 0 measures.

It judges and trains alone and together, says in lines of JSON what it found, waits until it is told
that a machine is gone, and judges and trains again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import click
import numpy as np
from numpy.typing import NDArray

from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.formats.digits import DigitSamples, concatenate
from offchain.learning.preparation import use_threads
from offchain.learning.training.loop import train_network
from offchain.learning.training.place import place_of
from offchain.learning.training.processes import TrainingProcesses
from offchain.learning.training.settings import TrainingSettings
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program

CHANNELS = (16, 32, 64, 64)
PARTS = 10
LONG = 1e6

Found = TypeVar("Found")


@click.command(context_settings={"show_default": True})
@click.option("--samples", type=click.IntRange(1000), default=20_000, help="that are judged")
@click.option("--steps", type=click.IntRange(1), default=40, help="of a training")
@click.option("--batch", type=click.IntRange(4), default=512, help="images of a step")
@click.option("--silence", type=FiniteRange(1.0), default=10.0, help="seconds")
def trial(samples: int, steps: int, batch: int, silence: float) -> None:
    """Measure what several processes of torchrun do together; helpers help until the end."""
    place = place_of(os.environ)
    use_threads(1, shared=True)
    processes = TrainingProcesses(place, silence)
    if place.rank:
        processes.help()
        processes.leave()
    measure(processes, samples, steps, batch)
    processes.end()
    processes.leave()


def measure(processes: TrainingProcesses, samples: int, steps: int, batch: int) -> None:
    """Do everything that number 0 does."""
    payloads = random_payloads(samples)
    whole = concatenate(payloads)
    evaluator = ExactEvaluator()
    settings = TrainingSettings(
        channels=CHANNELS,
        epochs=steps,
        maximum_steps=steps,
        batch=batch,
        seconds=LONG,
        exploration=None,
    )

    def judge_together(network: IntegerNetwork) -> NDArray[np.uint8]:
        points = processes.points(network, payloads, judge)
        return judge(network, whole) if points is None else points

    few = DigitSamples(whole.images[: batch * 4], whole.labels[: batch * 4])

    def judge(network: IntegerNetwork, part: DigitSamples) -> NDArray[np.uint8]:
        return evaluator.points(network, part.images, part.labels)

    def train_alone() -> IntegerNetwork:
        return train_network(few, None, 1, settings, lambda _: None).network

    def train_together() -> IntegerNetwork:
        result = processes.train(few, None, 1, settings, lambda _: None, time.monotonic, None)
        return result.network

    network, alone_training = timed(train_alone)
    alone, alone_judging = timed(lambda: judge(network, whole))
    _, together_training = timed(train_together)
    _, first_judging = timed(lambda: judge_together(network))
    together, together_judging = timed(lambda: judge_together(network))
    say(
        processes=processes.place.size,
        train_alone_s=alone_training,
        train_together_s=together_training,
        judge_alone_s=alone_judging,
        judge_first_s=first_judging,
        judge_together_s=together_judging,
        same_points=digest(alone) == digest(together),
        points_sha256=digest(together),
    )
    sys.stdin.readline()
    left, judging = timed(lambda: judge_together(network))
    _, training = timed(train_together)
    say(
        judge_after_loss_s=judging,
        train_after_loss_s=training,
        same_points_after_loss=digest(left) == digest(alone),
        alone_after_loss=processes.is_alone,
    )


def random_payloads(samples: int) -> list[DigitSamples]:
    """Images and labels of no meaning: what they show does not matter to how long it takes."""
    random = np.random.default_rng(1)
    return [
        DigitSamples(
            random.integers(0, 256, (samples // PARTS, 28, 28), dtype=np.uint8),
            random.integers(0, 10, samples // PARTS, dtype=np.uint8),
        )
        for _ in range(PARTS)
    ]


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    """What some work comes to, and the seconds that it takes."""
    began = time.monotonic()
    found = work()
    return found, time.monotonic() - began


def digest(points: NDArray[np.uint8]) -> str:
    """The sha2-256 of points."""
    return sha256(points.tobytes()).hexdigest()


def say(**found: object) -> None:
    """Print a line of JSON."""
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.exit(run_program(trial, "trial"))
