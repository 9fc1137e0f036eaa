"""Gets this process ready to compute, before there is anything to compute."""

from __future__ import annotations

import os


def use_threads(count: int) -> None:
    """Let PyTorch and OpenCV compute with ``count`` threads each.

    Call it once, before anything else imports PyTorch: threads that have nothing to do are told to
    sleep, and OpenMP reads that when it is loaded. Where they spin instead, on cores that other
    processes use too, training was seen to take a hundred times as long.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)


def warm_up() -> None:
    """Import what the first training would import: with PyTorch's optimizers that takes seconds."""
    import torch

    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter])
    parameter.sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
