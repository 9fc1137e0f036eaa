"""How many threads this process computes with."""

from __future__ import annotations


def use_threads(count: int) -> None:
    """Let PyTorch and OpenCV compute with ``count`` threads each; call it once, at the start."""
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)
