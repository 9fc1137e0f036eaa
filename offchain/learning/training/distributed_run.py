"""One training run in several processes, over torch.distributed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from enum import Enum, auto

import torch
from torch import Tensor, distributed, nn

from offchain.errors import TrainingError
from offchain.learning.exact.integer_network import DIGITS_FAMILY, NetworkFamily
from offchain.learning.training.trainable_network import ConvolutionalNetwork


class GroupBroken(TrainingError):
    """A process of the group has ended: nothing can be trained together any more."""


class NextStep(Enum):
    """What the other processes wait for this one to do next."""

    START = auto()
    AGREE = auto()
    SHARE = auto()
    NOTHING = auto()


class DistributedRun:
    """A `TrainingGroup` of the processes of torch.distributed, for one run.

    What decides how the run goes on travels as numbers of the CPU, so that no step waits for a
    GPU; gradients travel from where they are, in one piece.

    Args:
        device: where this process trains.
        processes: the group, with the time after which one that says nothing counts as ended.
        family: of the network that is trained.
    """

    def __init__(
        self,
        device: torch.device,
        processes: distributed.ProcessGroup,
        family: NetworkFamily = DIGITS_FAMILY,
    ) -> None:
        self._processes = processes
        self._family = family
        self.rank = distributed.get_rank()
        self.size = distributed.get_world_size()
        self._device = device
        self._state = NextStep.START
        self._numbers = 0  # in what `share_gradients` exchanges

    def same_start(self, make: Callable[[], ConvolutionalNetwork]) -> ConvolutionalNetwork:
        """Return the network that process 0 makes, in all processes."""
        # Only one makes it: what it explores rests on sums that may round otherwise elsewhere.
        network = make() if self.rank == 0 else None
        self._decide(0.0)
        layers = torch.zeros(1, dtype=torch.int64)
        if network is not None:
            layers[0] = len(network.channels)
        self._do(distributed.broadcast, layers, 0)
        channels = torch.zeros(int(layers), dtype=torch.int64)
        if network is not None:
            channels.copy_(torch.tensor(network.channels))
        self._do(distributed.broadcast, channels, 0)
        if network is None:
            network = ConvolutionalNetwork(channels.tolist(), self._family)
            network.to(self._device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        with torch.no_grad():
            for tensor in [*network.parameters(), *network.buffers()]:
                sent = tensor.contiguous()
                self._do(distributed.broadcast, sent, 0)
                tensor.copy_(sent)
        self._numbers = 1 + sum(parameter.numel() for parameter in network.parameters())
        self._state = NextStep.AGREE
        return network

    def agree(self, part: float) -> float:
        """Return the largest `part` of the run that a process has done."""
        largest = self._decide(part)
        self._state = NextStep.SHARE
        return largest

    @torch.no_grad()
    def share_gradients(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> None:
        """Add up the gradients and the losses of all processes, in place."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        together = torch.cat([*(gradient.reshape(-1) for gradient in gradients), loss.view(1)])
        self._do(distributed.all_reduce, together)
        self._state = NextStep.AGREE
        place = 0
        for gradient in gradients:
            gradient.copy_(together[place : place + gradient.numel()].view(gradient.shape))
            place += gradient.numel()
        loss.copy_(together[place])

    @torch.no_grad()
    def average_statistics(self, network: nn.Module) -> None:
        """Give all processes the mean of their normalisations' statistics."""
        self._state = NextStep.NOTHING
        for buffer in network.buffers():
            if buffer.is_floating_point():
                self._do(distributed.all_reduce, buffer)
                buffer /= self.size

    def give_up(self) -> None:
        """Tell the others that this process cannot go on, in place of what they wait for."""
        state, self._state = self._state, NextStep.NOTHING
        try:
            if state is NextStep.SHARE:
                self._do(distributed.all_reduce, torch.zeros(self._numbers, device=self._device))
            if state is not NextStep.NOTHING:
                self._exchange_largest(math.inf)
        except GroupBroken:
            return  # nobody is left to be told

    def _decide(self, part: float) -> float:
        largest = self._exchange_largest(part)
        if largest == math.inf:
            self._state = NextStep.NOTHING
            raise TrainingError("another process of this training cannot go on")
        return largest

    def _exchange_largest(self, part: float) -> float:
        number = torch.tensor([part], dtype=torch.float64)
        self._do(distributed.all_reduce, number, distributed.ReduceOp.MAX)
        return float(number)

    def _do(self, operation: Callable[..., object], *arguments: object) -> None:
        exchange(operation, *arguments, group=self._processes)


def exchange(
    operation: Callable[..., object], *arguments: object, group: distributed.ProcessGroup
) -> None:
    """Do an operation of torch.distributed; `GroupBroken` if a process is gone, or says nothing."""
    try:
        operation(*arguments, group=group)
    except RuntimeError as error:
        raise GroupBroken("another process of the training has ended") from error
