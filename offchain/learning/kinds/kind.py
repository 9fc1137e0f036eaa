"""What a kind of samples is: from its section of a task file to the task that nodes work on.

A kind is one package that names an object of `Kind` in the entry point group ``modelchain.kinds``
(docs/Tasks.md); nothing else in the project knows it. Importing it must cost little, since every
command line asks all kinds for their options: what needs PyTorch is imported within the methods.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import click

from offchain.errors import ConfigurationError
from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import SampleWords, TaskFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.learning.exact.layer_chain import LayerChain
    from offchain.learning.task import Task
    from offchain.learning.training.processes import TrainingProcesses

GROUP: Final = "modelchain.kinds"
"""The entry point group; an entry's name is the kind's, its value a `Kind` object."""

OptionValues = Mapping[str, Any]
"""Values of a kind's options by their arguments' names."""

Words = TypeVar("Words", bound=SampleWords)
Samples = TypeVar("Samples")


@dataclass(frozen=True, slots=True)
class LearnerSettings:
    """How a node works on a task; no other node need know.

    Attributes:
        values: of the kind's options, by their arguments' names; those missing have defaults.
        device: where to train and judge, in PyTorch's words: ``cpu``, ``cuda``, ``cuda:1``. None
            takes a GPU if there is one.
        processes: torchrun's, which train together; None: this one alone.
    """

    values: OptionValues = field(default_factory=dict)
    device: str | None = None
    processes: TrainingProcesses | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says of one sample, for people.

    Attributes:
        text: the label, or the number with its decimals.
        confidence: 0 to 1, from the logits; None where a number is told.
        unit: of the number, empty for a label.
    """

    text: str
    confidence: float | None = None
    unit: str = ""


class Kind(ABC, Generic[Words, Samples]):
    """One kind of samples.

    `Words` is what its section of a task file says, a frozen dataclass, and `Samples` what many
    samples are in memory (`offchain.learning.formats.samples`). A `task` given to a method is
    always of this kind.
    """

    name: str
    """Of the kind in a task file and of its section, such as ``images``."""

    options: tuple[click.Option, ...] = ()
    """What the worker takes for tasks of this kind, each with an explicit default."""

    @abstractmethod
    def read_samples(self, section: Section) -> Words:
        """Return what the kind's section says; ``TaskFileError`` if that cannot be."""

    @abstractmethod
    def make_task(self, task: TaskFile, settings: LearnerSettings) -> Task[Any, Any]:
        """Return what nodes do with a task file: payloads, models, points, training.

        Raises:
            TaskFileError: the kind cannot do what the file asks for, such as its judge.
            ConfigurationError: the settings ask for what is not to be had.
        """

    @abstractmethod
    def encode_payload(self, task: TaskFile, samples: Samples) -> bytes:
        """Return the payload plaintext of `samples_per_part` samples.

        Raises:
            PayloadError: there are more or fewer, a value is none of the task's, or they do not
                fit one sealed part.
        """

    @abstractmethod
    def concatenate(self, task: TaskFile, parts: Sequence[Samples]) -> Samples:
        """Return all samples of `parts` in order; no parts give no samples."""

    @abstractmethod
    def predict(self, task: TaskFile, model: bytes, samples: Samples) -> NDArray[np.int64]:
        """Return what a model says of samples, whose labels are not looked at; exact everywhere.

        That is the logits int64 [n, classes], of which the largest tells the label and the lowest
        of equal ones counts, or for a number the values int64 [n] in the target's units.

        Raises:
            ModelError: the file is no model of the task.
        """

    @abstractmethod
    def answers(self, task: TaskFile, model: bytes, predictions: NDArray[np.int64]) -> list[Answer]:
        """Return for each sample what `predict` said, in the task's words."""

    def layers(self, task: TaskFile, model: bytes) -> LayerChain:
        """Return a model's network step by step, for export into other forms.

        Raises:
            ModelError: the file is no model of the task.
            ConfigurationError: networks of the kind have no such form.
        """
        del task, model
        raise ConfigurationError(
            f"models of {self.name} have no other form: export them as safetensors"
        )

    @abstractmethod
    def full_points(self, task: TaskFile) -> int:
        """Return what a model earns on a sample that it gets right, 1 to 255."""
