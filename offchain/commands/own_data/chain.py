"""What the chain adds to a preview: the task, what a round takes, who is a member, the price."""

from __future__ import annotations

from offchain.chain.reading.balances import read_balances
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.status import read_status
from offchain.commands.own_data.preview import ChainPreview, DataPreview, SharePreview
from offchain.crypto.sealing import OVERHEAD
from offchain.learning.task_file.words import TaskFile
from offchain.learning.tasks.known import make_learner


def preview_on(
    data: DataPreview,
    task: TaskFile,
    contracts: DeployedContracts,
    account: str | None,
    *,
    direct: bool,
) -> SharePreview:
    """The preview of data on a deployment, as an account sees it if there is one.

    Raises:
        ChainError: the chain cannot be read.
    """
    learner = make_learner(task)
    status, is_member = None, False
    if account is not None:
        status = read_status(contracts, account)
        is_member = read_balances(contracts, account).is_member
    chain = ChainPreview(
        contracts.parameters,
        status,
        is_member,
        learner.payload_bytes + 1 + OVERHEAD,
        contracts.ethereum.gas_price(),
        direct,
    )
    return SharePreview(data, chain)
