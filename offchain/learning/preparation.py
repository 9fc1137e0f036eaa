"""Gets this process ready to compute, before there is anything to compute.

PyTorch is imported within the functions: `use_threads` must come before it.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

SPINS = 100_000
"""How often a thread that waits for others looks before it sleeps: a fraction of a millisecond."""

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
"""Numbers of `mallopt`'s parameters in glibc's malloc.h."""

KEPT_BYTES = 512 << 20
"""Memory that was freed and is kept for what comes next, at most."""

LARGEST_FROM_HEAP = 32 << 20
"""Larger pieces come from the system and go back to it: the most that glibc accepts."""


def use_threads(count: int, *, shared: bool = True) -> None:
    """Let PyTorch compute with ``count`` threads, and OpenCV with one.

    Call it once, before anything else imports PyTorch: OpenMP reads when it is loaded what threads
    do that have nothing to do. On cores that other processes compute on too (``shared``) they
    sleep at once: where they spun, training was seen to take a hundred times as long. On cores of
    their own they look for a moment before they sleep, since a training step has some hundred such
    waits and waking up takes longer than most of them. OpenCV's own threads would wait in the same
    way between the short calls that draw images, where they only take time from other processes.
    """
    if not shared and "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
    else:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    keep_freed_memory()
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(1)


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed, up to `KEPT_BYTES`; whether it can.

    A training step allocates and frees the same activations again and again. Given back to the
    system each time, all their pages have to be mapped and zeroed anew, which takes a third of the
    step. Elsewhere than with glibc nothing is changed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(
        mallopt(M_MMAP_THRESHOLD, LARGEST_FROM_HEAP) and mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    )


def warm_up() -> None:
    """Import what the first training would import: with PyTorch's optimizers that takes seconds."""
    import torch

    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter])
    parameter.sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()


@dataclass(frozen=True, slots=True)
class Devices:
    """PyTorch's release, and the name of the GPU that training takes; None if there is none."""

    torch_version: str
    gpu: str | None


def find_devices() -> Devices:
    """Ask PyTorch; takes a second or two when it has not been imported before."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return Devices(torch.__version__, gpu)
