"""The processes that train one network together: by default one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from torch import Tensor, nn

from offchain.learning.training.trainable_network import ConvolutionalNetwork


class TrainingGroup(Protocol):
    """What `training` asks of the processes that it runs in.

    Every process calls `same_start` first, then in each step `agree` once and `share_gradients`
    once, and at the end `agree` and `average_statistics`. A process that cannot go on calls
    `give_up`, whereupon the others' next `same_start` or `agree` raises `TrainingError`.
    """

    @property
    def rank(self) -> int:
        """This process's number, from 0."""

    @property
    def size(self) -> int:
        """How many processes there are."""

    def same_start(self, make: Callable[[], ConvolutionalNetwork]) -> ConvolutionalNetwork:
        """Return the network that process 0 makes, in all processes."""

    def agree(self, part: float) -> float:
        """Return the largest `part` of the run that a process has done."""

    def share_gradients(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> None:
        """Add up the gradients and the losses of all processes, in place."""

    def average_statistics(self, network: nn.Module) -> None:
        """Give all processes the mean of their normalisations' statistics."""

    def give_up(self) -> None:
        """Tell the others that this process cannot go on."""


class Alone:
    """One process, with nobody to agree with."""

    rank = 0
    size = 1

    def same_start(self, make: Callable[[], ConvolutionalNetwork]) -> ConvolutionalNetwork:
        """Make the network."""
        return make()

    def agree(self, part: float) -> float:
        """Return `part`."""
        return part

    def share_gradients(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> None:
        """Nothing to do."""

    def average_statistics(self, network: nn.Module) -> None:
        """Nothing to do."""

    def give_up(self) -> None:
        """Nothing to do."""
