"""One network judged by several processes: each judges a part of the test samples, exactly.

A point depends on nothing but the network and the sample, so parts that are judged apart and put
together are what one process would have found, to the bit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from offchain.errors import EvaluationError
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import IntegerNetwork, encode_model, parse_model
from offchain.learning.formats.samples import LabelledImages
from offchain.learning.training.distributed_run import exchange
from offchain.learning.training.sent_family import family_as_json, family_of_json

log = structlog.get_logger()

Judge = Callable[[IntegerNetwork, LabelledImages], NDArray[np.uint8]]
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
        self._payloads: tuple[LabelledImages, ...] = ()
        self._samples = LabelledImages(np.zeros((0, 1, 1), np.uint8), np.zeros(0, np.uint8))
        self._part = 0
        self._evaluator: ExactEvaluator | None = None

    # ---- number 0 ----------------------------------------------------------------------------

    def has(self, payloads: Sequence[LabelledImages]) -> bool:
        """Whether these very payloads are those that the processes have."""
        same = map(lambda mine, asked: mine is asked, self._payloads, payloads)
        return len(self._payloads) == len(payloads) and all(same)

    def share(self, payloads: Sequence[LabelledImages]) -> None:
        """Give each process its part of the samples; `GroupBroken` if one has ended."""
        self._samples, self._payloads = _together(payloads), ()
        count, *shape = self._samples.images.shape
        part = self._part_of(count)
        self._exchange(distributed.broadcast, torch.tensor([count, len(shape)]), 0)
        self._exchange(distributed.broadcast, torch.tensor(shape), 0)
        images = np.zeros((part * self._size, *shape), np.uint8)
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
        family = json.dumps(family_as_json(network.family)).encode()
        told = [_bytes_of(family), _bytes_of(encode_model(network))]
        self._exchange(distributed.broadcast, torch.tensor([len(text) for text in told]), 0)
        for text in told:
            self._exchange(distributed.broadcast, text, 0)
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

    def _cut(self, start: int, end: int) -> LabelledImages:
        return self._samples.chosen(slice(start, end))

    # ---- the helpers -------------------------------------------------------------------------

    def take_share(self) -> None:
        """Take this process's part of the samples; `GroupBroken` if a process has ended."""
        count, axes = self._received(2, torch.int64).tolist()
        shape = self._received(axes, torch.int64).tolist()
        part = self._part_of(count)
        images = torch.empty((part, *shape), dtype=torch.uint8)
        labels = torch.empty(part, dtype=torch.uint8)
        self._exchange(distributed.scatter, images, None, 0)
        self._exchange(distributed.scatter, labels, None, 0)
        own = max(0, min(part, count - self._rank * part))
        self._samples = LabelledImages(images[:own].numpy(), labels[:own].numpy())
        self._part = part

    def help(self) -> None:
        """Judge this process's part of the samples; `GroupBroken` if a process has ended."""
        lengths = self._received(2, torch.int64).tolist()
        told, model = (self._received(length, torch.uint8).numpy().tobytes() for length in lengths)
        reply = torch.zeros(1 + self._part, dtype=torch.uint8)
        try:
            network = parse_model(model, family_of_json(json.loads(told)))
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

    def _received(self, count: int, dtype: torch.dtype) -> Tensor:
        tensor = torch.zeros(count, dtype=dtype)
        self._exchange(distributed.broadcast, tensor, 0)
        return tensor

    def _exchange(self, operation: Callable[..., object], *arguments: object) -> None:
        exchange(operation, *arguments, group=self._group)


def _together(payloads: Sequence[LabelledImages]) -> LabelledImages:
    return LabelledImages(
        np.concatenate([payload.images for payload in payloads]),
        np.concatenate([payload.labels for payload in payloads]),
    )


def _bytes_of(text: bytes) -> Tensor:
    return torch.frombuffer(bytearray(text), dtype=torch.uint8)
