"""Epochs: which one can be applied for, when applying ends, and how long stakes stay.

Source: docs/Protocol.md, "Members"; ``contracts/Membership.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.rules.draw import Places, places


def open_epoch(current: int, *, next_is_frozen: bool) -> int:
    """The epoch that can be applied for: the next one, or after its freeze the one after it.

    Args:
        current: the collecting round's epoch; 0 before the start.
        next_is_frozen: whether applying for the next epoch has ended.
    """
    return current + (2 if next_is_frozen else 1)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the opening of a round does to epochs.

    Attributes:
        begins: whether the next epoch begins with the round.
        last_round: the last round of the round's epoch, as far as is known.
        extended: whether it became a round longer, since too few have applied for the next epoch.
        frozen: the next epoch's places, where applying for it ends now; None: it does not.
    """

    begins: bool
    last_round: int
    extended: bool
    frozen: Places | None


def open_round(
    round_number: int,
    last_round: int,
    epoch_rounds: int,
    *,
    next_is_frozen: bool,
    warm: int,
    cold: int,
    maximum_members: int,
    minimum_ring: int,
) -> Opened:
    """Open a round: its epoch may begin with it, and applying for the next may end.

    Applying for the next epoch ends when the running one's last round opens; where fewer than
    minimumRing would get a place, the epoch is one round longer, and it is tried again then.

    Args:
        round_number: the round that opens.
        last_round: the last round of the epoch that runs; 0 before the start.
        epoch_rounds: rounds of an epoch at least.
        next_is_frozen: whether applying for the epoch after the round's has ended already.
        warm: warm applicants for that epoch.
        cold: its cold applicants.
        maximum_members: of an epoch.
        minimum_ring: members that it needs.
    """
    begins = round_number > last_round
    if begins:
        last_round = round_number + epoch_rounds - 1
    if round_number < last_round or (next_is_frozen and not begins):
        return Opened(begins, last_round, extended=False, frozen=None)
    given = places(warm, cold, maximum_members, minimum_ring)
    if given.total < minimum_ring:
        return Opened(begins, last_round + 1, extended=True, frozen=None)
    return Opened(begins, last_round, extended=False, frozen=given)


def genesis_stays_warm(own_warm: int, minimum_ring: int) -> bool:
    """Whether genesis accounts still count as warm after a freeze.

    Args:
        own_warm: applicants of the frozen epoch with warmHeat of their own.
        minimum_ring: with so many of them genesis accounts are like anybody from now on.
    """
    return own_warm < minimum_ring


def stake_free_from(last_round: int, standing_rounds: int) -> int:
    """The collecting round from which a stake can be withdrawn; 0: at once.

    An account that has applied for an epoch whose members are not known yet has to wait for them.

    Args:
        last_round: the last round in which it acted, or the last one of the last epoch that it is a
            member of, whichever is later; 0: none.
        standing_rounds: for which a stake stays after that.
    """
    return last_round + standing_rounds + 1 if last_round else 0
