"""What a deployment's task gives for a sample: accuracies are shares of it."""

from __future__ import annotations

from offchain.chain.deployment.file import DeployedTask
from offchain.errors import ModelChainError
from offchain.learning.kinds.known import find_kind
from offchain.learning.tasks.known import deployed_task


def full_points(deployed: DeployedTask) -> int:
    """What a model earns on a sample that it gets right.

    1 for a task that this version cannot read: all else can be shown of its chain.
    """
    try:
        task = deployed_task(deployed.description, deployed.judge)
        return find_kind(task.kind).full_points(task)
    except ModelChainError:
        return 1
