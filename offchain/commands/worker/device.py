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
