"""Which of the processes that torchrun starts this one is. Importing it needs no PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from offchain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ProcessPlace:
    """This process is number `rank` of `size`, and `local_rank` of `local_size` on this machine."""

    rank: int
    size: int
    local_rank: int
    local_size: int


def place_of(environment: Mapping[str, str]) -> ProcessPlace:
    """Return the place that torchrun's variables tell; alone where there are none.

    Raises `ConfigurationError` if they are no numbers, or do not fit together.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    given = [environment.get(name) or default for name, default in zip(names, "0101", strict=True)]
    try:
        place = ProcessPlace(*(int(value) for value in given))
    except ValueError:
        place = ProcessPlace(-1, 0, 0, 0)
    if not (0 <= place.rank < place.size and 0 <= place.local_rank < place.local_size):
        told = ", ".join(f"{name}={value}" for name, value in zip(names, given, strict=True))
        raise ConfigurationError(
            f"{told}: no process of torchrun; unset them, or start with torchrun"
        )
    return place
