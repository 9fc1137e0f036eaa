"""What PyTorch can compute on here."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Devices:
    """PyTorch's release, and the name of the GPU that training takes; None if there is none."""

    torch_version: str
    gpu: str | None


def find_devices() -> Devices:
    """Ask PyTorch; takes a second or two when it has not been imported before."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return Devices(torch.__version__, gpu)
