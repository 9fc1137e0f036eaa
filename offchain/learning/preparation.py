"""Gets this process ready to compute, before there is anything to compute."""

from __future__ import annotations


def use_threads(count: int) -> None:
    """Let PyTorch and OpenCV compute with ``count`` threads each; call it once, at the start."""
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
