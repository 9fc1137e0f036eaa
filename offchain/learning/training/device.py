"""Where a node trains and judges."""

from __future__ import annotations

import torch

from offchain.errors import ConfigurationError


def chosen_device(wanted: str | None) -> str:
    """Return `wanted`, or without one a GPU if there is one, else the CPU."""
    if wanted is not None:
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def require_device(wanted: str | None) -> None:
    """Check that this machine has a GPU that was asked for.

    Raises:
        ConfigurationError: it has not.
    """
    if wanted is None or wanted == "cpu":
        return
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(wanted.partition(":")[2] or 0)
    if number >= count:
        raise ConfigurationError(
            f"--device {wanted}: PyTorch finds {count} GPUs here; leave the option out, or see "
            "docs/Gpu.md"
        )
