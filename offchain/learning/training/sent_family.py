"""A network's family as it is told to other processes of the same node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offchain.learning.exact.integer_network import NetworkFamily

SENT = (
    "height", "kernels", "strides", "margins", "maximum_channels", "classes", "width", "inputs",
    "maximum_work", "maximum_bytes", "model_format",
)  # fmt: skip
"""All but what says why some numbers of channels are too much: who sends has asked it."""


def family_as_json(family: NetworkFamily) -> dict[str, object]:
    """Return what JSON has of a family."""
    return {name: getattr(family, name) for name in SENT}


def family_of_json(told: Mapping[str, Any]) -> NetworkFamily:
    """Return the family that `family_as_json` was given."""
    shape: dict[str, Any] = {
        n: tuple(value) if isinstance(value, list) else value for n, value in told.items()
    }
    return NetworkFamily(**shape, too_large=lambda _: None)
