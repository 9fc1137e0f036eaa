"""The clock: when a phase may end, when a collection may close, and when a round ends void.

Source: docs/Protocol.md, "The clock" and "One round"; ``contracts/modelchain/RoundClock.sol``.
"""

from __future__ import annotations

from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import ZERO_HASH, Collection, Competition, Phase, VoidReason

# ---- phases --------------------------------------------------------------------------------------


def phase_blocks(parameters: Parameters, phase: Phase) -> int:
    """Bitcoin blocks that a phase of the competition lasts at least."""
    return {
        Phase.COMMIT: parameters.commit_blocks,
        Phase.UNSEAL: parameters.unseal_blocks,
        Phase.REVEAL: parameters.reveal_blocks,
        Phase.AVAILABLE: parameters.available_blocks,
        Phase.ATTEST: parameters.attest_blocks,
        Phase.ATTEST_REVEAL: parameters.attest_reveal_blocks,
        Phase.FINALIZE: parameters.finalize_blocks,
    }[phase]


def earliest_end(parameters: Parameters, competition: Competition) -> int:
    """The EVM time in seconds before which the present phase does not end."""
    return competition.phase_start + parameters.minimum_phase_seconds


def phase_may_end(parameters: Parameters, competition: Competition, tip: int, now: int) -> bool:
    """Whether the present phase has lasted long enough, in Bitcoin blocks and in seconds.

    Args:
        parameters: the protocol's.
        competition: a round that competes.
        tip: the relay's.
        now: the EVM's time.
    """
    return tip >= competition.end_height and now >= earliest_end(parameters, competition)


def ends_with_phase(phase: Phase, commitments: int, reveals: int, majority: bytes) -> bool:
    """Whether a round is void when this phase ends, since what the phase was for is missing.

    Args:
        phase: one in which a round competes.
        commitments: accounts that committed to a model.
        reveals: models that were revealed.
        majority: the statement of the attesters' majority; zeros if there is none.
    """
    match phase:
        case Phase.COMMIT:
            return commitments == 0
        case Phase.REVEAL:
            return reveals == 0
        case Phase.ATTEST_REVEAL:
            return majority == ZERO_HASH
        case _:
            return phase is Phase.FINALIZE


def void_reason(reveals: int, majority: bytes) -> VoidReason:
    """Why a round is void that ended with a phase: the first thing that it lacks."""
    if reveals == 0:
        return VoidReason.NO_VALID_MODEL
    return VoidReason.NO_MAJORITY if majority == ZERO_HASH else VoidReason.NOT_FINALIZED


# ---- collections ---------------------------------------------------------------------------------


def next_target(parameters: Parameters, standing: int, last_items: int, last_target: int) -> int:
    """Items at which the next round closes.

    At least one for each account with standing, and as many as the last block's data set had, but
    never more than twice the last target: min(maximumItems, max(minimumItems, standing, min(D, 2
    * target))).

    Args:
        parameters: the protocol's.
        standing: accounts with standing when the round before it closed.
        last_items: items of the last block's data set; 0 before the first block.
        last_target: target of the round that closes.
    """
    growth = min(last_items, 2 * last_target)
    return min(parameters.maximum_items, max(parameters.minimum_items, standing, growth))


def is_full(collection: Collection) -> bool:
    """Whether a collection has reached its target."""
    return collection.items >= collection.target


def last_height(parameters: Parameters, collection: Collection) -> int:
    """Bitcoin height at which a collection has lasted long enough, however few items it has."""
    return collection.open_height + parameters.maximum_collect_heights


def has_collected(parameters: Parameters, collection: Collection, tip: int) -> bool:
    """Whether a collection waits for no more items: it is full, or its time is over."""
    return is_full(collection) or tip >= last_height(parameters, collection)


def collection_may_close(
    parameters: Parameters, collection: Collection, tip: int, pending_due: bool
) -> bool:
    """Whether a collection may close by itself, while no other round competes.

    Not while a pending item is due at the tip: a keeper would choose what belongs to the round.
    """
    return has_collected(parameters, collection, tip) and not pending_due


def has_too_few_items(parameters: Parameters, items: int, test_items: int) -> bool:
    """Whether a round is void as it closes, since it has too little to train on or to test by."""
    return items < parameters.minimum_items or test_items == 0
