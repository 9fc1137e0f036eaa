"""The option ``--device`` of the worker."""

from __future__ import annotations

import re
from typing import Final

import click

_DEVICE: Final = re.compile(r"cpu|cuda(?::[0-9]{1,2})?")


def parse_device(text: str) -> str | None:
    """The device in PyTorch's words; None for ``auto``.

    Raises:
        click.BadParameter: it is none.
    """
    if text == "auto":
        return None
    if not _DEVICE.fullmatch(text):
        raise click.BadParameter(f"{text!r}: choose auto, cpu, cuda or cuda:N")
    return text


def require_device(device: str | None) -> None:
    """Check that this machine has a GPU that was asked for; takes PyTorch's import.

    Raises:
        ConfigurationError: it has not.
    """
    if device is None or device == "cpu":
        return
    import torch

    from offchain.errors import ConfigurationError

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(device.partition(":")[2] or 0)
    if number >= count:
        raise ConfigurationError(
            f"--device {device}: PyTorch finds {count} GPUs here; leave the option out, or see "
            "docs/Gpu.md"
        )
