"""A task that a task file describes, as all kinds make them."""

from __future__ import annotations

from typing import TypeVar

from offchain.learning.task import Task
from offchain.learning.task_file.canonical import describe
from offchain.learning.task_file.words import TaskFile

Samples = TypeVar("Samples")
Network = TypeVar("Network")


class FileTask(Task[Samples, Network]):
    """What is the same in all kinds: name, samples in a part and description are the file's."""

    def __init__(self, file: TaskFile) -> None:
        self.file = file
        super().__init__(file.samples_per_part)

    @property
    def name(self) -> str:
        """The file's name of the task."""
        return self.file.name

    def description(self) -> bytes:
        """Return the file with the rules that the kind makes of it; see `canonical.describe`."""
        return describe(self.file, {"payload_bytes": self.payload_bytes, **self.rules()})
