"""Where a node trains and judges."""

from __future__ import annotations

import torch


def chosen_device(wanted: str | None) -> str:
    """Return `wanted`, or without one a GPU if there is one, else the CPU."""
    if wanted is not None:
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"
