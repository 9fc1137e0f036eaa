"""The task of a deployment, as the kind of its samples reads it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from offchain.chain.deployment.file import Deployment
from offchain.errors import WrongTaskError
from offchain.learning.kinds.kind import Kind, LearnerSettings
from offchain.learning.kinds.known import find_kind, section_reader
from offchain.learning.task_file.canonical import read_description
from offchain.learning.task_file.words import (
    ClassTarget,
    ImageSamples,
    TableSamples,
    TaskFile,
    TextSamples,
)


@dataclass(frozen=True, slots=True)
class DeployedKind:
    """A task file, and the kind that its samples are of."""

    task: TaskFile
    kind: Kind[Any, Any]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of what can be told of a sample, in the order of the logits; none for a number."""
        match self.task.samples:
            case ImageSamples(labels=labels) | TextSamples(labels=labels):
                return labels
            case TableSamples(target=ClassTarget(classes=classes)):
                return classes
            case _:
                return ()

    def check_model(self, data: bytes) -> None:
        """Raise `ModelError` unless a file is a model of the task."""
        self.kind.make_task(self.task, LearnerSettings(device="cpu")).decode_model(data)


def task_of(deployment: Deployment) -> DeployedKind:
    """Return the task that a deployment's contracts are bound to.

    Raises:
        TaskFileError: the deployment file does not say it, or its kind is not installed.
        WrongTaskError: this version would make another task of it.
    """
    description = deployment.task.description
    task = read_description(description, section_reader)
    kind = find_kind(task.kind)
    own = kind.make_task(task, LearnerSettings(device="cpu")).description()
    if own != description:
        found = hashlib.sha256(own).digest()
        raise WrongTaskError(deployment.task.name, deployment.task.hash, found)
    return DeployedKind(task, kind)
