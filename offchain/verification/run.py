"""Verification of a deployment on an EVM node: from where the last one ended, or from its start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from offchain.chain.deployment.trust import require_task
from offchain.chain.reading.contracts import DeployedContracts
from offchain.ports import ContentStore, Learner
from offchain.protocol.words.judge import Judge
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.final_state import computed_state
from offchain.verification.full.replay import Replay
from offchain.verification.full.saved_verification import (
    SavedVerification,
    UnusableCheckpoint,
    read_checkpoint,
    write_checkpoint,
)
from offchain.verification.full.verifier import VerificationReport, verify
from offchain.verification.light.verify import LIGHT_CALLS, LIGHT_KINDS, LightReport, verify_light
from offchain.verification.recording.differences import Progress, no_progress
from offchain.verification.recording.reading import read_recording, read_some
from offchain.verification.recording.views import compare_deployment
from offchain.whole_files import require_writable


def verify_chain(
    contracts: DeployedContracts,
    open_store: Callable[[], ContentStore],
    open_learner: Callable[[], Learner],
    *,
    checkpoint: Path | None = None,
    confirmations: int = 0,
    processes: int = 1,
    progress: Progress = no_progress,
    notice: Callable[[str], None] = lambda _: None,
) -> VerificationReport:
    """Verify everything that a deployment's chain and store hold.

    Args:
        contracts: the deployment.
        open_store: opens the content store; picklable if there are several processes.
        open_learner: makes the task; likewise.
        checkpoint: where to go on from, if it can be used, and where to keep how far this came.
        confirmations: EVM blocks at the end that are left for later.
        processes: for ring signatures, data and models.
        progress: is told how far it is.
        notice: is told, in words, why a checkpoint is not used.

    Raises:
        Difference: the first one between what is recorded and what follows.
        WrongTaskError: the deployment is for another task than the learner's.
        ChainError: the chain cannot be read.
        UnwritableFile: the checkpoint cannot be written; said before anything is read.
    """
    if checkpoint is not None:
        require_writable(checkpoint)
    deployment = contracts.deployment
    compare_deployment(contracts)
    learner = open_learner()
    require_task(deployment, learner.task_hash, learner.samples_per_part)
    judge = None if deployment.judge is None else learner.judge
    deployed_at = contracts.read("Membership", "deployedAt")
    start = (
        None if checkpoint is None else _usable(contracts, checkpoint, deployed_at, judge, notice)
    )
    replay = Replay(deployment, deployed_at, judge) if start is None else start.replay
    recording = read_recording(
        contracts,
        first_block=None if start is None else start.block_number + 1,
        known=None if start is None else computed_state(replay),
        confirmations=confirmations,
        progress=progress,
    )
    content = ContentSetup(open_store, open_learner, deployment.domain())
    report = verify(replay, recording, content, processes=processes, progress=progress)
    if checkpoint is not None:
        ended = SavedVerification(recording.last_block, recording.last_hash, replay)
        write_checkpoint(checkpoint, ended)
    return report


def verify_chain_lightly(
    contracts: DeployedContracts, *, confirmations: int = 0, progress: Progress = no_progress
) -> LightReport:
    """Verify headers, votes, blocks and claims of a deployment; raises as `verify_chain`."""
    compare_deployment(contracts)
    transactions, ended = read_some(
        contracts, LIGHT_KINDS, LIGHT_CALLS, confirmations=confirmations, progress=progress
    )
    return verify_light(contracts.deployment, transactions, ended, progress)


def _usable(
    contracts: DeployedContracts,
    path: Path,
    deployed_at: int,
    judge: Judge | None,
    notice: Callable[[str], None],
) -> SavedVerification | None:
    """A checkpoint that the chain still agrees with, or None."""
    try:
        found = read_checkpoint(path, contracts.deployment, deployed_at, judge)
    except UnusableCheckpoint as unusable:
        notice(f"{unusable}: everything is verified")
        return None
    number = found.block_number
    latest = contracts.ethereum.block_number()
    if number > latest or contracts.ethereum.block(number).hash != found.block_hash:
        notice(f"the chain has another EVM block {number} than {path}: everything is verified")
        return None
    notice(f"going on after EVM block {number}")
    return found
