"""How long a node waits for what is missing: its patience follows from the phase's length.

A phase lasts so many Bitcoin blocks, of ten minutes on average, and minimumPhaseSeconds at least.
For half of it a node waits for others' files and keys; then it goes on without. To the end of it a
node does not end a phase itself before its own part is done.
"""

from __future__ import annotations

from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import Snapshot
from offchain.protocol.rules import clock
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase

BLOCK_SECONDS = 600
"""Between two Bitcoin blocks, on average."""


def phase_seconds(parameters: Parameters, policy: Policy, phase: Phase) -> int:
    """What a node takes the length of a phase for.

    Args:
        parameters: the deployment's.
        policy: the node's.
        phase: one in which a round competes.
    """
    if policy.phase_seconds is not None:
        return policy.phase_seconds
    blocks = clock.phase_blocks(parameters, phase)
    return max(parameters.minimum_phase_seconds, blocks * BLOCK_SECONDS)


def patience_over(snapshot: Snapshot) -> bool:
    """Whether half of the present phase has passed: by the clock, or by its Bitcoin blocks."""
    status, parameters, policy = snapshot.status, snapshot.parameters, snapshot.policy
    phase, elapsed = status.competition.phase, 2 * _elapsed(snapshot)
    if elapsed >= phase_seconds(parameters, policy, phase):
        return True
    if policy.phase_seconds is not None:
        return False
    left = clock.phase_blocks(parameters, phase) // 2
    halfway = status.competition.end_height - left
    return status.tip >= halfway and elapsed >= parameters.minimum_phase_seconds


def holds_out(snapshot: Snapshot, phases: int = 1) -> bool:
    """Whether the node still waits with ending the phase, if its own part is not done.

    ``phases``: for so many times its length.
    """
    phase = snapshot.status.competition.phase
    lasts = phase_seconds(snapshot.parameters, snapshot.policy, phase)
    return _elapsed(snapshot) < phases * lasts


def is_confirmed(snapshot: Snapshot, blocks: int, waiting: list[str]) -> bool:
    """Whether so many EVM blocks follow the present phase's start; else the node waits for them."""
    found = snapshot.status.block_number - snapshot.competition.phase_block
    if found < blocks:
        waiting.append(f"{blocks} confirmations of the phase")
    return found >= blocks


def _elapsed(snapshot: Snapshot) -> int:
    """Seconds since the phase began: by the chain, or by the node's clock if it has been told."""
    if snapshot.policy.phase_seconds is not None:
        return snapshot.seconds_in_phase
    return snapshot.status.timestamp - snapshot.status.competition.phase_start
