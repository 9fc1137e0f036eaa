"""One network judged by several processes: each judges a part of the test samples, exactly.

A point depends on nothing but the network and the sample, so parts that are judged apart and put
together are what one process would have found, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import distributed

from offchain.errors import EvaluationError
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import IntegerNetwork, encode_model, parse_model
from offchain.learning.formats.digits import DigitSamples, concatenate
from offchain.learning.training.distributed_run import exchange

log = structlog.get_logger()

Judge = Callable[[IntegerNetwork, DigitSamples], NDArray[np.uint8]]
"""The points of a network on samples, uint8 [samples]."""


class SharedJudging:
    """A process's part in judging: number 0 has the samples and takes the points together.

    Args:
        group: the processes, with the time after which one that says nothing counts as ended.
        device: where this process judges, if it only helps.
    """

    def __init__(self, group: distributed.ProcessGroup, device: torch.device) -> None:
        self._group = group
        self._device = device
        self._rank, self._size = distributed.get_rank(), distributed.get_world_size()
        self._payloads: tuple[DigitSamples, ...] = ()
        self._samples = DigitSamples(np.zeros((0, 1, 1), np.uint8), np.zeros(0, np.uint8))
        self._part = 0
        self._evaluator: ExactEvaluator | None = None

    # ---- number 0 ----------------------------------------------------------------------------

    def has(self, payloads: Sequence[DigitSamples]) -> bool:
        """Whether these very payloads are those that the processes have."""
        same = map(lambda mine, asked: mine is asked, self._payloads, payloads)
        return len(self._payloads) == len(payloads) and all(same)

    def share(self, payloads: Sequence[DigitSamples]) -> None:
        """Give each process its part of the samples; `GroupBroken` if one has ended."""
        self._samples, self._payloads = concatenate(payloads), ()
        count, part = len(self._samples), self._part_of(len(self._samples))
        side = self._samples.images.shape[-1]
        self._exchange(distributed.broadcast, torch.tensor([count, side]), 0)
        images = np.zeros((part * self._size, side, side), np.uint8)
        labels = np.zeros(part * self._size, np.uint8)
        images[:count], labels[:count] = self._samples.images, self._samples.labels
        for whole in (torch.from_numpy(images), torch.from_numpy(labels)):
            parts = [whole[start : start + part] for start in range(0, len(whole), part)]
            self._exchange(distributed.scatter, torch.empty_like(parts[0]), parts, 0)
        self._payloads = tuple(payloads)

    def points(self, network: IntegerNetwork, judge: Judge) -> NDArray[np.uint8]:
        """The points of a network on all samples; what a process cannot judge, this one does.

        Raises:
            GroupBroken: a process has ended.
        """
        model = torch.frombuffer(bytearray(encode_model(network)), dtype=torch.uint8)
        self._exchange(distributed.broadcast, torch.tensor([len(model)]), 0)
        self._exchange(distributed.broadcast, model, 0)
        count, part = len(self._samples), self._part_of(len(self._samples))
        replies = [torch.zeros(1 + part, dtype=torch.uint8) for _ in range(self._size)]
        try:
            own = judge(network, self._cut(0, part))
        finally:
            # The others have answered, whatever became of this part.
            self._exchange(distributed.gather, replies[0].clone(), replies, 0)
        found = np.zeros(part * self._size, np.uint8)
        found[: len(own)] = own
        for rank, reply in enumerate(replies[1:], 1):
            start, end = rank * part, min(count, (rank + 1) * part)
            if start >= end:
                continue
            if reply[0]:
                found[start:end] = reply[1 : 1 + end - start].numpy()
            else:
                log.warning("a helping process could not judge its part", process=rank)
                found[start:end] = judge(network, self._cut(start, end))
        return found[:count]

    def _cut(self, start: int, end: int) -> DigitSamples:
        return DigitSamples(self._samples.images[start:end], self._samples.labels[start:end])

    # ---- the helpers -------------------------------------------------------------------------

    def take_share(self) -> None:
        """Take this process's part of the samples; `GroupBroken` if a process has ended."""
        sizes = torch.zeros(2, dtype=torch.int64)
        self._exchange(distributed.broadcast, sizes, 0)
        count, side = sizes.tolist()
        part = self._part_of(count)
        images = torch.empty((part, side, side), dtype=torch.uint8)
        labels = torch.empty(part, dtype=torch.uint8)
        self._exchange(distributed.scatter, images, None, 0)
        self._exchange(distributed.scatter, labels, None, 0)
        own = max(0, min(part, count - self._rank * part))
        self._samples = DigitSamples(images[:own].numpy(), labels[:own].numpy())
        self._part = part

    def help(self) -> None:
        """Judge this process's part of the samples; `GroupBroken` if a process has ended."""
        length = torch.zeros(1, dtype=torch.int64)
        self._exchange(distributed.broadcast, length, 0)
        model = torch.zeros(int(length), dtype=torch.uint8)
        self._exchange(distributed.broadcast, model, 0)
        reply = torch.zeros(1 + self._part, dtype=torch.uint8)
        try:
            network = parse_model(model.numpy().tobytes())
            found = self._own_evaluator().points(
                network, self._samples.images, self._samples.labels
            )
            reply[1 : 1 + len(found)] = torch.from_numpy(found)
            reply[0] = 1
        except (EvaluationError, RuntimeError) as error:
            log.warning("this process cannot judge its part", reason=str(error)[:200])
        self._exchange(distributed.gather, reply, None, 0)

    def _own_evaluator(self) -> ExactEvaluator:
        if self._evaluator is None:
            self._evaluator = ExactEvaluator(self._device)
        return self._evaluator

    def _part_of(self, count: int) -> int:
        return -(-count // self._size)

    def _exchange(self, operation: Callable[..., object], *arguments: object) -> None:
        exchange(operation, *arguments, group=self._group)
