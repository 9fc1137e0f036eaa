"""The processes of one node that torchrun starts, on one machine or several.

Number 0 is the node, the others help it to train and to judge. It sends each training as a job: a
few numbers and the samples themselves, plain tensors, nothing that would have to be unpickled.
What is to be judged is sent once a data set, each process its part.

A process that ends closes its connections, which the others notice at once. A machine that is cut
off or loses power closes nothing: every exchange within a job has a time after which whoever says
nothing counts as ended, and between jobs number 0 asks for a sign of life.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum, auto
from typing import NoReturn

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
from offchain.learning.formats.samples import LabelledImages
from offchain.learning.task import ProgressCallback
from offchain.learning.training.distributed_run import DistributedRun, GroupBroken, exchange
from offchain.learning.training.loop import TrainingResult, train_network
from offchain.learning.training.place import ProcessPlace
from offchain.learning.training.sent_family import family_as_json, family_of_json
from offchain.learning.training.settings import TrainingSettings
from offchain.learning.training.shared_judging import Judge, SharedJudging
from offchain.programs.standard_output import settle_output

log = structlog.get_logger()

SILENCE_SECONDS = 60.0
"""After so long within a job a process that says nothing counts as ended."""

SIGNS_IN_SILENCE = 4
"""Signs of life that number 0 gives and asks for in that time, while there is no job."""

START = timedelta(hours=1)
"""How long processes wait for one another when they start; torchrun waits minutes."""

WORTH_SHARING = 2_000
"""Samples; fewer are judged quicker by one process than sent to others."""

LAST_STEP_SECONDS = 10.0
"""A step of a training takes less; a process whose threads still compute cannot end in order."""

SENT_SETTINGS = (
    "epochs", "maximum_steps", "seconds", "batch", "learning_rate", "weight_decay", "warm_up",
    "label_smoothing", "report_steps", "compiled", "shift", "mirror",
)  # fmt: skip
"""The settings that a helper needs: it neither explores nor chooses data."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A training that all processes take part in, see `training.train_network`."""

    samples: DigitSamples
    weights: NDArray[np.float64] | None
    seed: int
    settings: TrainingSettings
    family: NetworkFamily


class JobKind(IntEnum):
    """What number 0 wants the others to do next."""

    END = auto()
    SIGN = auto()
    TRAIN = auto()
    SAMPLES = auto()
    JUDGE = auto()


class TrainingProcesses:
    """The group of processes, joined when this is made; that waits for all of them to start.

    Args:
        place: which of them this one is.
        silence_seconds: see `SILENCE_SECONDS`.
        cpu_only: whether no GPU is to be used.
    """

    def __init__(
        self,
        place: ProcessPlace,
        silence_seconds: float = SILENCE_SECONDS,
        *,
        cpu_only: bool = False,
    ) -> None:
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
            timeout=START,
        )
        self._group = distributed.new_group(timeout=timedelta(seconds=silence_seconds))
        self._judging = SharedJudging(self._group, self.device)
        if place.rank == 0:
            self._pause = silence_seconds / SIGNS_IN_SILENCE
            threading.Thread(target=self._give_signs, name="signs of life", daemon=True).start()

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
                    run = DistributedRun(self.device, self._group, family)
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
                self._break()
                raise

    def points(
        self, network: IntegerNetwork, payloads: Sequence[LabelledImages], judge: Judge
    ) -> NDArray[np.uint8] | None:
        """What a network earns on each sample, uint8 [samples], each process judging a part.

        None: this process is to judge alone, as what is too little to share, what is asked while
        they train, and everything once a process has ended. The points are the same in all cases.

        Args:
            network: to be judged.
            payloads: the samples; where they are the same objects again they are not sent again.
            judge: judges in this process; what it raises is passed on.
        """
        count = sum(map(len, payloads))
        if count >= WORTH_SHARING and not self._broken and self._busy.acquire(blocking=False):
            try:
                if not self._judging.has(payloads):
                    self._announce(JobKind.SAMPLES)
                    self._judging.share(payloads)
                self._announce(JobKind.JUDGE)
                return self._judging.points(network, judge)
            except GroupBroken:
                self._break()
            finally:
                self._busy.release()
        return None

    @property
    def is_alone(self) -> bool:
        """Whether a process has ended, so that this one does everything from now on."""
        return self._broken

    def _break(self) -> None:
        self._broken = True
        log.warning("a helping process has ended: this one goes on alone")

    def _give_signs(self) -> None:
        """Let the others know that this process lives, and notice if one of them does not."""
        while not self._ending.wait(self._pause) and not self._broken:
            if not self._busy.acquire(blocking=False):
                continue
            try:
                if not self._broken and not self._ending.is_set():
                    self._announce(JobKind.SIGN)
                    self._answer_sign()
            except GroupBroken:
                self._break()
            finally:
                self._busy.release()

    def _answer_sign(self) -> None:
        exchange(distributed.all_reduce, torch.zeros(1), group=self._group)

    def end(self) -> None:
        """End the training that runs, if one does, and the helpers.

        They also end when this process just ends.
        """
        self._ending.set()
        if self._busy.acquire(timeout=LAST_STEP_SECONDS) and not self._broken:
            try:
                self._announce(JobKind.END)
            except GroupBroken:
                return
            distributed.destroy_process_group()

    # ---- the helpers -----------------------------------------------------------------------------

    def help(self) -> int:
        """Take part in what number 0 does until it ends; returns in how many trainings."""
        done = 0
        while True:
            try:
                match self._next():
                    case JobKind.END:
                        distributed.destroy_process_group()
                        return done
                    case JobKind.SIGN:
                        self._answer_sign()
                    case JobKind.SAMPLES:
                        self._judging.take_share()
                    case JobKind.JUDGE:
                        self._judging.help()
                    case JobKind.TRAIN:
                        self._help_to_train(self._receive())
                        done += 1
            except GroupBroken:
                return done

    def _help_to_train(self, job: Job) -> None:
        try:
            train_network(
                job.samples,
                None,
                job.seed,
                job.settings,
                lambda _: None,
                self.device,
                weights=job.weights,
                group=DistributedRun(self.device, self._group, job.family),
                family=job.family,
            )
        except GroupBroken:
            raise
        except Exception as error:  # noqa: BLE001  (the node hears of it, the next job comes)
            log.info("a training has ended early", reason=str(error))

    def leave(self) -> NoReturn:
        """End this process, well, once the group is done with.

        Not through the interpreter's end: threads that torch keeps for a group may not be joined
        there, and then abort the process (std::terminate).
        """
        settle_output(sys.stdout, sys.stderr)
        os._exit(0)

    # ---- jobs ------------------------------------------------------------------------------------

    def _announce(self, kind: JobKind) -> None:
        exchange(distributed.broadcast, torch.tensor([int(kind)]), 0, group=self._group)

    def _next(self) -> JobKind:
        return JobKind(int(self._received((1,), torch.int64)))

    def _send(self, job: Job) -> None:
        self._announce(JobKind.TRAIN)
        settings = {name: getattr(job.settings, name) for name in SENT_SETTINGS}
        images = torch.tensor(job.samples.images)
        told = {
            "seed": job.seed,
            "settings": settings,
            "family": family_as_json(job.family),
            "images": images.shape,
        }
        text = torch.tensor(list(json.dumps(told).encode()), dtype=torch.uint8)
        sizes = torch.tensor([len(text), len(images), job.weights is not None], dtype=torch.int64)
        parts = [sizes, text, images, torch.tensor(job.samples.labels)]
        if job.weights is not None:
            parts.append(torch.tensor(job.weights))
        for part in parts:
            exchange(distributed.broadcast, part, 0, group=self._group)

    def _receive(self) -> Job:
        length, count, weighted = self._received((3,), torch.int64).tolist()
        text = json.loads(bytes(self._received((length,), torch.uint8).tolist()))
        images = self._received(tuple(text["images"]), torch.uint8).numpy()
        labels = self._received((count,), torch.uint8).numpy()
        weights = self._received((count,), torch.float64).numpy() if weighted else None
        settings = TrainingSettings(**text["settings"], exploration=None)
        family = family_of_json(text["family"])
        return Job(DigitSamples(images, labels), weights, text["seed"], settings, family)

    def _received(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        tensor = torch.zeros(shape, dtype=dtype)
        exchange(distributed.broadcast, tensor, 0, group=self._group)
        return tensor
