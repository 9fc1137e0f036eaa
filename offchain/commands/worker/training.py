"""The processes that a worker trains in: torchrun's, or its own one alone.

PyTorch, which takes long to load, is imported within the functions that need it: what is wrong with
a worker's settings is said before.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from offchain.learning.preparation import use_threads
from offchain.learning.training.place import ProcessPlace
from offchain.programs.standard_output import tell

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses


def help_training(
    place: ProcessPlace, threads: int, shared: bool, *, cpu_only: bool = False
) -> None:
    """Take part in the trainings of torchrun's first process until it ends."""
    use_threads(threads, shared=shared)
    from offchain.learning.training.processes import TrainingProcesses

    processes = TrainingProcesses(place, cpu_only=cpu_only)
    # Whoever stops torchrun stops all its processes; the first one ends in order, this one then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes.help()
    processes.leave()


@contextmanager
def training_processes(
    place: ProcessPlace, threads: int, shared: bool, *, cpu_only: bool = False
) -> Iterator[TrainingProcesses | None]:
    """The processes that train together, None where this one is alone; it is ready to compute."""
    use_threads(threads, shared=shared)
    if place.size == 1:
        yield None
        return
    from offchain.learning.training.processes import TrainingProcesses

    processes = TrainingProcesses(place, cpu_only=cpu_only)
    try:
        yield processes
    finally:
        processes.end()


def described_device(wanted: str | None) -> str:
    """Where the node trains and judges, for people."""
    from offchain.learning.training.device import chosen_device, device_name

    return device_name(chosen_device(wanted))


def node_device(wanted: str | None, node: int, nodes: int) -> str | None:
    """Where a node of several on this machine computes; says it where they share a GPU.

    Raises:
        ConfigurationError: this machine has no such GPU.
    """
    from offchain.learning.training.device import device_of_node

    found = device_of_node(wanted, node, nodes)
    if found.note is not None:
        tell(f"worker: {found.note}")
    return found.name
