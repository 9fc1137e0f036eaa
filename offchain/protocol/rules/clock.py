"""The clock: when a phase may end and what follows it, and when a round closes.

Source: docs/Protocol.md, "The clock" and "One round"; ``contracts/ModelChain.sol``.
"""

from __future__ import annotations

from offchain.protocol.words.disputes import NOTHING_DISPUTED, DisputeCounts
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
        Phase.CHALLENGE: parameters.challenge_blocks,
        Phase.ANSWER: parameters.answer_blocks,
        Phase.SECOND_CHALLENGE: parameters.second_challenge_blocks,
        Phase.SECOND_ANSWER: parameters.second_answer_blocks,
        Phase.PROVE: parameters.prove_blocks,
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
    has_commitments: bool = True,
    is_model_missing: bool = True,
    has_statement: bool = True,
    disputed: DisputeCounts = NOTHING_DISPUTED,
    has_judge: bool = False,
) -> Phase:
    """The phase that follows when one of a round's competition ends.

    Args:
        phase: from Open to Finalize; Finalize ends here only if nobody brought the rows.
        enough_data: at the end of Unseal and of Report, see `offchain.protocol.rules.judging`.
        has_commitments: at the end of Report, whether anybody committed to a model: else nothing
            is to be revealed or missed, and the block will be a quiet one.
        is_model_missing: at the end of Available, whether reports name a revealed model.
        has_statement: from the end of AttestReveal on, whether a statement stands.
        disputed: from the end of Challenge on, what was asked and answered.
        has_judge: whether the task has one.
    """
    if phase in (Phase.UNSEAL, Phase.REPORT) and not enough_data:
        return Phase.VOID
    if phase is Phase.REPORT and not has_commitments:
        return Phase.ATTEST
    if phase is Phase.AVAILABLE and not is_model_missing:
        return Phase.ATTEST
    if phase is Phase.ATTEST_REVEAL:
        return Phase.CHALLENGE if has_statement else Phase.VOID
    if Phase.CHALLENGE <= phase <= Phase.PROVE:
        following = after_dispute_phase(phase, disputed, has_judge=has_judge)
        is_decided = following is Phase.FINALIZE
        return Phase.VOID if is_decided and not has_statement else following
    if phase is Phase.FINALIZE:
        return Phase.VOID
    return Phase(phase + 1)


def after_dispute_phase(phase: Phase, disputed: DisputeCounts, *, has_judge: bool) -> Phase:
    """The phase that follows one of the dispute's, if a statement stands: without the idle ones.

    Args:
        phase: from Challenge to Prove.
        disputed: what was asked and answered so far.
        has_judge: whether the task has one; only then are there questions about forms.
    """
    goes_on = {
        Phase.CHALLENGE: disputed.questions > disputed.forms,
        Phase.ANSWER: disputed.answered > 0,
        Phase.SECOND_CHALLENGE: disputed.cells > 0,
        Phase.SECOND_ANSWER: has_judge and disputed.answered_cells > 0,
        Phase.PROVE: False,
    }
    if goes_on[phase]:
        return Phase(phase + 1)
    return Phase.PROVE if disputed.forms and phase is not Phase.PROVE else Phase.FINALIZE


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
