"""The processes that train one network together: by default one alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from torch import Tensor, nn


class TrainingGroup(Protocol):
    """What `training` asks of the processes that it runs in.

    In each step every process calls `agree` once and then `share_gradients` once. A process that
    cannot go on calls `give_up`, and the others' next `agree` raises `TrainingError`.
    """

    @property
    def rank(self) -> int:
        """This process's number, from 0."""

    @property
    def size(self) -> int:
        """How many processes there are."""

    def same_start(self, network: nn.Module) -> None:
        """Give all processes the network of number 0."""

    def agree(self, part: float) -> float:
        """Return the largest `part` that a process has done of the run."""

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

    def same_start(self, network: nn.Module) -> None:
        """Nothing to do."""

    def agree(self, part: float) -> float:
        """Return `part`."""
        return part

    def share_gradients(self, parameters: Iterable[nn.Parameter], loss: Tensor) -> None:
        """Nothing to do."""

    def average_statistics(self, network: nn.Module) -> None:
        """Nothing to do."""

    def give_up(self) -> None:
        """Nothing to do."""
