"""Images moved a little and mirrored while they are trained on: fewer are learned by heart."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


class Augmentation:
    """Moves each image by up to `shift` pixels both ways, and mirrors half of them if `mirror`.

    What comes in from outside is black. Draws follow from `seed` alone.
    """

    def __init__(self, shift: int, mirror: bool, seed: int) -> None:
        self._shift = shift
        self._mirror = mirror
        self._random = torch.Generator().manual_seed(seed)

    def __call__(self, images: Tensor) -> Tensor:
        """Return images float32 [n, in, height, width], changed."""
        count, _, height, width = images.shape
        if self._mirror:
            mirrored = torch.rand(count, generator=self._random) < 0.5
            chosen = mirrored.to(images.device, non_blocking=True)[:, None, None, None]
            images = torch.where(chosen, images.flip(3), images)
        if self._shift:
            most = self._shift
            moves = torch.randint(0, 2 * most + 1, (2, count), generator=self._random)
            moves = moves.to(images.device, non_blocking=True)
            rows = moves[0][:, None] + torch.arange(height, device=images.device)  # [n, height]
            columns = moves[1][:, None] + torch.arange(width, device=images.device)
            padded = functional.pad(images, [most] * 4).permute(0, 2, 3, 1)
            number = torch.arange(count, device=images.device)[:, None, None]
            moved = padded[number, rows[:, :, None], columns[:, None, :]]
            images = moved.permute(0, 3, 1, 2)  # channels last, as the network likes it
        return images
