"""The kinds that are installed, by the name that a task file gives.

Those of this project are always there, those of other packages are found by their entry points.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from offchain.learning.kinds.kind import GROUP, Kind
from offchain.learning.task_file.reading import ReadSamples
from offchain.learning.task_file.words import TaskFileError

OWN: Final = {
    name: EntryPoint(name, f"offchain.learning.kinds.{name}.kind:{name.upper()}", GROUP)
    for name in ("images", "table", "text")
}
"""This project's; no other package can take their names."""


def kind_names() -> list[str]:
    """The names of all kinds, in order."""
    return sorted(_entries())


def find_kind(name: str) -> Kind[Any, Any]:
    """Return the kind of this name.

    Raises:
        TaskFileError: none is installed, or the package that has it cannot be used.
    """
    entry = _entries().get(name)
    if entry is None:
        raise TaskFileError(
            f"kind is {name[:64]!r}: installed are {', '.join(kind_names())}; install the package "
            "that has it, or correct the name"
        )
    try:
        kind = entry.load()
    except (ImportError, AttributeError) as error:
        raise TaskFileError(f"the kind {name} cannot be loaded ({entry.value}): {error}") from error
    if not isinstance(kind, Kind) or kind.name != name:
        raise TaskFileError(f"the kind {name} is no Kind of that name: {entry.value}")
    return kind


def all_kinds() -> list[Kind[Any, Any]]:
    """All kinds, by name; raises as `find_kind`."""
    return [find_kind(name) for name in kind_names()]


def section_reader(name: str) -> ReadSamples:
    """Return what reads the section of the kind of this name; raises as `find_kind`."""
    return find_kind(name).read_samples


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)} | OWN
