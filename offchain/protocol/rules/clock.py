"""The clock: when a phase may end and what follows it, and when a round closes.

Source: docs/Protocol.md, "The clock" and "One round"; ``contracts/ModelChain.sol``.
"""

from __future__ import annotations

from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase

# ---- phases --------------------------------------------------------------------------------------


def phase_blocks(parameters: Parameters, phase: Phase) -> int:
    """Bitcoin blocks that a phase of the competition lasts at least."""
    return {
        Phase.OPEN: parameters.open_blocks,
        Phase.COMMIT: parameters.commit_blocks,
        Phase.UNSEAL: parameters.unseal_blocks,
        Phase.REPORT: parameters.report_blocks,
        Phase.REVEAL: parameters.reveal_blocks,
        Phase.AVAILABLE: parameters.available_blocks,
        Phase.BRING: parameters.bring_blocks,
        Phase.ATTEST: parameters.attest_blocks,
        Phase.ATTEST_REVEAL: parameters.attest_reveal_blocks,
        Phase.FINALIZE: parameters.finalize_blocks,
    }[phase]


def earliest_end(phase_start: int, minimum_phase_seconds: int) -> int:
    """The EVM time in seconds before which a phase does not end that began at ``phase_start``."""
    return phase_start + minimum_phase_seconds


def phase_may_end(
    end_height: int, phase_start: int, minimum_phase_seconds: int, tip: int, now: int
) -> bool:
    """Whether a phase has lasted long enough, in Bitcoin blocks and in seconds.

    Args:
        end_height: the tip's height at which its blocks have passed.
        phase_start: EVM time at which it began.
        minimum_phase_seconds: it lasts at least.
        tip: the relay's.
        now: the EVM's time.
    """
    return tip >= end_height and now >= earliest_end(phase_start, minimum_phase_seconds)


def next_phase(
    phase: Phase,
    *,
    enough_data: bool = True,
    is_model_missing: bool = True,
    has_majority: bool = True,
) -> Phase:
    """The phase that follows when one of a round's competition ends.

    Args:
        phase: from Open to Finalize; Finalize ends here only if nobody brought the rows.
        enough_data: at the end of Unseal and of Report, see `offchain.protocol.rules.judging`.
        is_model_missing: at the end of Available, whether reports name a revealed model.
        has_majority: at the end of AttestReveal, whether a statement stands.
    """
    is_void = (
        (phase in (Phase.UNSEAL, Phase.REPORT) and not enough_data)
        or (phase is Phase.ATTEST_REVEAL and not has_majority)
        or phase is Phase.FINALIZE
    )
    if is_void:
        return Phase.VOID
    if phase is Phase.AVAILABLE and not is_model_missing:
        return Phase.ATTEST
    return Phase(phase + 1)


# ---- collections ---------------------------------------------------------------------------------


def has_everybody(partitioned: int, members: int) -> bool:
    """Whether every member's data transaction has been partitioned."""
    return partitioned >= members


def last_height(open_height: int, collect_heights: int) -> int:
    """Bitcoin height at which a round has collected long enough, however few shared."""
    return open_height + collect_heights


def may_close(
    *,
    partitioned: int,
    members: int,
    open_height: int,
    collect_heights: int,
    tip: int,
    pending_due: bool,
    is_last_of_epoch: bool,
    next_members_written: bool,
) -> bool:
    """Whether the round that collects may close, while no other competes.

    It waits for every member's data or for its time to pass; never while something pending is due
    at the tip: a keeper would choose what belongs to the round.

    Args:
        partitioned: data transactions of the round that partitions took.
        members: of its epoch.
        open_height: the tip's when it began to collect.
        collect_heights: Bitcoin blocks for which it collects at most.
        tip: the relay's.
        pending_due: whether something pending arrived before the tip's decision time.
        is_last_of_epoch: whether the next round belongs to the next epoch.
        next_members_written: whether that epoch's members are.
    """
    if is_last_of_epoch and not next_members_written:
        return False
    if has_everybody(partitioned, members):
        return True
    return tip >= last_height(open_height, collect_heights) and not pending_due
