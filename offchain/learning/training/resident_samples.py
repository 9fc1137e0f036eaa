"""The training images where the network is: one byte a pixel, turned into numbers by batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from torch import Tensor

from offchain.errors import TrainingError
from offchain.learning.formats.digits import DigitSamples
from offchain.learning.training.trainable_network import images_to_float

log = structlog.get_logger()


class ResidentSamples:
    """Samples in the memory of `device`, or of the host if that has not room for all of them.

    On a CPU the arrays are used where they are; nothing is copied. Raises `TrainingError` if there
    are none.
    """

    def __init__(self, samples: DigitSamples, device: torch.device) -> None:
        if len(samples) == 0:
            raise TrainingError("there are no samples to train on")
        self._device = device
        self._images = _tensor(samples.images)  # uint8 [n, height, width] or [n, height, width, in]
        self._labels = _tensor(samples.labels)  # uint8 [n]
        try:
            self._images, self._labels = self._images.to(device), self._labels.to(device)
        except torch.OutOfMemoryError:
            log.warning(
                "the training data does not fit the device: it is copied batch by batch",
                mebibytes=self._images.numel() >> 20,
                device=str(device),
            )
        self._home = self._images.device

    def __len__(self) -> int:
        return len(self._labels)

    def take(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Return inputs float32 [b, in, height, width], 0 to 1, and labels int64 [b] of samples.

        `chosen` are their numbers, int64 [b].
        """
        chosen = chosen.to(self._home)
        images = self._images.index_select(0, chosen).to(self._device, non_blocking=True)
        labels = self._labels.index_select(0, chosen).to(self._device, non_blocking=True)
        return images_to_float(images), labels.to(torch.int64)

    def some(self, count: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return inputs and labels, as `take` does, of at most `count` samples drawn by `seed`."""
        random = torch.Generator().manual_seed(seed)
        return self.take(torch.randperm(len(self), generator=random)[:count])

    def batches(
        self, seed: int, batch: int, weights: NDArray[np.float64] | None
    ) -> Iterator[Tensor]:
        """Yield numbers of samples, int64 [batch], without end and in an order that `seed` decides.

        They run through all samples in random order, again and again. With `weights` [n], from 0
        to 1, a sample takes part in each run with that probability; one must be above 0.
        """
        random = torch.Generator().manual_seed(seed)
        shares = None if weights is None else torch.from_numpy(weights).clamp(0.0, 1.0)
        if shares is not None:
            shares = shares / shares.max()
        left = torch.empty(0, dtype=torch.int64, device=self._home)
        while True:
            while len(left) < batch:
                order = torch.randperm(len(self), generator=random)
                if shares is not None:
                    drawn = torch.rand(len(self), generator=random, dtype=torch.float64)
                    order = order[(drawn < shares)[order]]
                left = torch.cat([left, order.to(self._home)])
            yield left[:batch]
            left = left[batch:]


def _tensor(values: NDArray[np.uint8]) -> Tensor:
    # PyTorch shares memory only with arrays that may be written to.
    return torch.from_numpy(np.require(values, requirements=["C_CONTIGUOUS", "WRITEABLE"]))
