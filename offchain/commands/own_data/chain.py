"""What the chain adds to a preview: the task, what a round takes, who is a member, the price."""

from __future__ import annotations

from typing import Any

from offchain.chain.deployment.file import Deployment
from offchain.chain.reading.balances import read_balances
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.status import read_status
from offchain.commands.own_data.preview import ChainPreview, DataPreview, SharePreview
from offchain.crypto.sealing import OVERHEAD
from offchain.learning.kinds.kind import Kind, LearnerSettings
from offchain.learning.kinds.known import find_kind, section_reader
from offchain.learning.task_file.canonical import read_description
from offchain.learning.task_file.words import TaskFile


def task_of(deployment: Deployment) -> tuple[TaskFile, Kind[Any, Any]]:
    """The task of a deployment, with the kind of its samples.

    Raises:
        TaskFileError: its description is none, or the kind is not installed.
    """
    task = read_description(deployment.task.description, section_reader)
    return task, find_kind(task.kind)


def preview_on(
    data: DataPreview, contracts: DeployedContracts, account: str | None, *, direct: bool
) -> SharePreview:
    """The preview of data on a deployment, as an account sees it if there is one.

    Raises:
        ChainError: the chain cannot be read.
    """
    task, kind = task_of(contracts.deployment)
    made = kind.make_task(task, LearnerSettings(device="cpu"))
    status, is_member = None, False
    if account is not None:
        status = read_status(contracts, account)
        is_member = read_balances(contracts, account).is_member
    chain = ChainPreview(
        contracts.parameters,
        status,
        is_member,
        made.payload_bytes + 1 + OVERHEAD,
        contracts.ethereum.gas_price(),
        direct,
    )
    return SharePreview(data, chain)
