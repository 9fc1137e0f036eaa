"""The task of a deployment, and the kind of its samples, which reads models of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.trust import require_task
from offchain.learning.kinds.kind import Kind, LearnerSettings
from offchain.learning.kinds.known import find_kind
from offchain.learning.task import Task
from offchain.learning.task_file.words import (
    ClassTarget,
    ImageSamples,
    TableSamples,
    TaskFile,
    TextSamples,
)
from offchain.learning.tasks.known import deployed_task


@dataclass(frozen=True)
class DeployedKind:
    """A task file, and the kind that its samples are of."""

    task: TaskFile
    kind: Kind[Any, Any]

    @cached_property
    def rules(self) -> Task[Any, Any]:
        """What nodes make of the task, on a CPU."""
        return self.kind.make_task(self.task, LearnerSettings(device="cpu"))

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

    @property
    def full_points(self) -> int:
        """What a model earns on a sample that it gets right."""
        return self.kind.full_points(self.task)


def kind_of(deployment: Deployment) -> DeployedKind:
    """Return the task that a deployment's contracts are bound to.

    Raises:
        TaskFileError: the deployment file does not say it, or its kind is not installed.
        WrongTaskError: this version would make another task of it.
    """
    task = deployed_task(deployment.task.description, deployment.task.judge)
    found = DeployedKind(task, find_kind(task.kind))
    own = sha256(found.rules.description()).digest()
    require_task(deployment, own, task.samples_per_part)
    return found
