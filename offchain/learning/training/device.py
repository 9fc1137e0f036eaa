"""Where a node trains and judges."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from offchain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class NodeDevice:
    """Where a node of several on a machine computes, and what is to be said of it.

    `name` is in PyTorch's words; None: a GPU if there is one, else the CPU.
    """

    name: str | None
    note: str | None = None


def device_of_node(wanted: str | None, node: int, nodes: int) -> NodeDevice:
    """Return the device of `node` among the `nodes` of this machine.

    Of several GPUs they take turns, where no one was `wanted`.

    Raises:
        ConfigurationError: this machine has no such GPU.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cpu" or (wanted is None and not count):
        return NodeDevice(wanted)
    number = int((wanted or "").partition(":")[2] or 0)
    if number >= count:
        raise ConfigurationError(
            f"--device {wanted}: PyTorch finds {count} GPUs here; leave the option out, or see "
            "docs/Gpu.md"
        )
    name = wanted or (f"cuda:{node % count}" if count > 1 else "cuda")
    if nodes <= count:
        return NodeDevice(name)
    gpus = "one GPU" if count == 1 else f"{count} GPUs"
    return NodeDevice(
        name,
        f"{nodes} nodes on this machine share {gpus}: each trains as long as it is told, in a part "
        "of the GPU's time and memory",
    )


def chosen_device(wanted: str | None) -> str:
    """Return `wanted`, or without one a GPU if there is one, else the CPU."""
    if wanted is not None:
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def device_name(place: torch.device | str) -> str:
    """Return a device as people know it: of a GPU its maker's name too."""
    device = torch.device(place)
    if device.type != "cuda" or not torch.cuda.is_available():
        return str(device)
    return f"{device} ({torch.cuda.get_device_name(device)})"
