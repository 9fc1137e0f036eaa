"""Standing: who attests in a round, and what their majority is.

Source: docs/Protocol.md, "Attesters, rewards, heat"; ``contracts/libraries/Standing.sol``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A round's attesters, fixed when it closes: how many, and whether genesis stands in."""

    attesters: int
    genesis_acts: bool


def standing_until(round_number: int, standing_rounds: int) -> int:
    """The last round in which a voice of ``round_number`` lets its account attest."""
    return round_number + standing_rounds


def accounts_with_standing(until_rounds: Iterable[int], round_number: int) -> int:
    """How many of the accounts whose standing ends with these rounds have it in a round."""
    return sum(until >= round_number for until in until_rounds)


def frozen_set(standing: int, genesis_members: int, minimum_standing: int) -> FrozenSet:
    """The attesters of a round that closes.

    Args:
        standing: accounts with standing in the round.
        genesis_members: genesis accounts that had applied when the chain started.
        minimum_standing: with fewer accounts with standing those attest.
    """
    if standing < minimum_standing:
        return FrozenSet(genesis_members, genesis_acts=True)
    return FrozenSet(standing, genesis_acts=False)


def is_attester(
    round_number: int, *, genesis_acts: bool, is_genesis_member: bool, until_round: int
) -> bool:
    """Whether an account belongs to the frozen set of a round.

    Args:
        round_number: the round in competition; 0 if there was none yet.
        genesis_acts: whether the genesis members stand in.
        is_genesis_member: whether the account is one.
        until_round: the last round in which it has standing; 0 if it never had.
    """
    if genesis_acts:
        return is_genesis_member
    return 0 < round_number <= until_round


def is_majority(accounts: int, attesters: int) -> bool:
    """Whether a statement stands: more than half of the frozen attesters opened it."""
    return 2 * accounts > attesters
