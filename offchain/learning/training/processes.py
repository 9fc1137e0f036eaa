"""The processes of one node that torchrun starts: number 0 is the node, the others help to train.

Number 0 sends each training as a job: a few numbers and the samples themselves, plain tensors,
nothing that would have to be unpickled.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from offchain.errors import TrainingError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    NetworkFamily,
)
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.task import ProgressCallback
from offchain.learning.training.distributed_run import DistributedRun, GroupBroken, exchange
from offchain.learning.training.loop import TrainingResult, train_network
from offchain.learning.training.place import ProcessPlace
from offchain.learning.training.settings import TrainingSettings
from offchain.programs.standard_output import settle_output

log = structlog.get_logger()

NO_END = timedelta(days=365)
"""Helpers wait for the next round as long as it takes; a process that ends is noticed at once."""

LAST_STEP_SECONDS = 10.0
"""A step of a training takes less; a process whose threads still compute cannot end in order."""

SENT_SETTINGS = (
    "epochs", "maximum_steps", "seconds", "batch", "learning_rate", "weight_decay", "warm_up",
    "label_smoothing", "report_steps", "compiled", "shift", "mirror",
)  # fmt: skip
"""The settings that a helper needs: it neither explores nor chooses data."""

SENT_SHAPE = ("height", "kernels", "strides", "margins", "maximum_channels", "classes", "width",
    "inputs")  # fmt: skip
"""What a helper needs of the network's family: it judges none, so that no limits are sent."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A training that all processes take part in, see `training.train_network`."""

    samples: DigitSamples
    weights: NDArray[np.float64] | None
    seed: int
    settings: TrainingSettings
    family: NetworkFamily


class TrainingProcesses:
    """The group of processes, joined when this is made; that waits for all of them to start."""

    def __init__(self, place: ProcessPlace, *, cpu_only: bool = False) -> None:
        on_gpu = (
            not cpu_only
            and torch.cuda.is_available()
            and torch.cuda.device_count() > place.local_rank
        )
        self.place = place
        self.device = torch.device("cuda", place.local_rank) if on_gpu else torch.device("cpu")
        self._broken = False
        self._busy = threading.Lock()
        self._ending = threading.Event()
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
            rank=place.rank,
            world_size=place.size,
            timeout=NO_END,
        )

    # ---- the node --------------------------------------------------------------------------------

    def train(
        self,
        samples: DigitSamples,
        previous: IntegerNetwork | None,
        seed: int,
        settings: TrainingSettings,
        progress: ProgressCallback,
        clock: Callable[[], float],
        weights: NDArray[np.float64] | None,
        family: NetworkFamily = DIGITS_FAMILY,
    ) -> TrainingResult:
        """Train as `training.train_network` does, in all processes together.

        When one of them has ended, this one goes on alone from the next training on. Raises
        `TrainingError` at the next step after another thread has called `end`.
        """
        run = None

        def clock_until_the_end() -> float:
            if self._ending.is_set():
                raise TrainingError("the training processes end")
            return clock()

        with self._busy:
            try:
                clock_until_the_end()
                if not self._broken and len(samples):
                    rate = settings.warm_learning_rate if previous else settings.learning_rate
                    sent = replace(settings, learning_rate=rate)
                    self._send(Job(samples, weights, seed, sent, family))
                    run = DistributedRun(self.device, family)
                return train_network(
                    samples,
                    previous,
                    seed,
                    settings,
                    progress,
                    self.device,
                    clock_until_the_end,
                    weights,
                    run,
                    family,
                )
            except GroupBroken:
                self._broken = True
                log.warning("a helping process has ended: training goes on without helpers")
                raise

    def end(self) -> None:
        """End the training that runs, if one does, and the helpers.

        They also end when this process just ends.
        """
        self._ending.set()
        if self._busy.acquire(timeout=LAST_STEP_SECONDS) and not self._broken:
            try:
                self._send(None)
            except GroupBroken:
                return
            distributed.destroy_process_group()

    # ---- the helpers -----------------------------------------------------------------------------

    def help(self) -> int:
        """Take part in trainings until number 0 ends; returns in how many."""
        done = 0
        while True:
            try:
                job = self._receive()
            except GroupBroken:
                return done
            if job is None:
                distributed.destroy_process_group()
                return done
            try:
                train_network(
                    job.samples,
                    None,
                    job.seed,
                    job.settings,
                    lambda _: None,
                    self.device,
                    weights=job.weights,
                    group=DistributedRun(self.device, job.family),
                    family=job.family,
                )
            except GroupBroken:
                return done
            except Exception as error:  # noqa: BLE001  (the node hears of it, the next job comes)
                log.info("a training has ended early", reason=str(error))
            done += 1

    def leave(self) -> NoReturn:
        """End this process, well, once the group is done with.

        Not through the interpreter's end: threads that torch keeps for a group may not be joined
        there, and then abort the process (std::terminate).
        """
        settle_output(sys.stdout, sys.stderr)
        os._exit(0)

    # ---- jobs ------------------------------------------------------------------------------------

    def _send(self, job: Job | None) -> None:
        numbers = torch.zeros(3, dtype=torch.int64)
        if job is None:
            exchange(distributed.broadcast, numbers, 0)
            return
        settings = {name: getattr(job.settings, name) for name in SENT_SETTINGS}
        shape = {name: getattr(job.family, name) for name in SENT_SHAPE}
        images = torch.tensor(job.samples.images)
        text = json.dumps(
            {"seed": job.seed, "settings": settings, "family": shape, "images": images.shape}
        ).encode()
        numbers[:] = torch.tensor([len(text), len(images), job.weights is not None])
        exchange(distributed.broadcast, numbers, 0)
        exchange(distributed.broadcast, torch.tensor(list(text), dtype=torch.uint8), 0)
        exchange(distributed.broadcast, images, 0)
        exchange(distributed.broadcast, torch.tensor(job.samples.labels), 0)
        if job.weights is not None:
            exchange(distributed.broadcast, torch.tensor(job.weights), 0)

    def _receive(self) -> Job | None:
        numbers = _received((3,), torch.int64)
        length, count, weighted = numbers.tolist()
        if not length:
            return None
        text = json.loads(bytes(_received((length,), torch.uint8).tolist()))
        images = _received(tuple(text["images"]), torch.uint8).numpy()
        labels = _received((count,), torch.uint8).numpy()
        weights = _received((count,), torch.float64).numpy() if weighted else None
        settings = TrainingSettings(**text["settings"], exploration=None)
        shape: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in text["family"].items()
        }
        family = NetworkFamily(**shape, too_large=lambda _: None)
        return Job(DigitSamples(images, labels), weights, text["seed"], settings, family)


def _received(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    tensor = torch.zeros(shape, dtype=dtype)
    exchange(distributed.broadcast, tensor, 0)
    return tensor
