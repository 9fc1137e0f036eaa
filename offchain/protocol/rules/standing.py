"""Standing: who attests in a round, what their majority is, and who gains the right to attest.

Source: docs/Protocol.md, "Attesters"; ``contracts/libraries/Standing.sol``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from offchain.protocol.words.parameters import Parameters


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A round's attesters, fixed when it closes: how many, and whether genesis stands in."""

    attesters: int
    genesis_acts: bool


def standing_until(parameters: Parameters, round_number: int) -> int:
    """The last round in which a valid model of ``round_number`` lets its account attest.

    The model's bond stays locked as long.
    """
    return round_number + parameters.standing_rounds


def accounts_with_standing(until_rounds: Iterable[int], round_number: int) -> int:
    """How many of the accounts whose standing ends with these rounds have it in a round."""
    return sum(until >= round_number for until in until_rounds)


def can_act(parameters: Parameters, accounts: int) -> bool:
    """Whether so many accounts are enough to attest."""
    return accounts >= parameters.minimum_standing


def frozen_set(parameters: Parameters, standing: int, genesis_members: int) -> FrozenSet:
    """The attesters of a round that closes.

    Args:
        parameters: the protocol's.
        standing: accounts with standing in the round.
        genesis_members: genesis accounts that held share keys when the chain started.
    """
    if can_act(parameters, standing):
        return FrozenSet(standing, genesis_acts=False)
    return FrozenSet(genesis_members, genesis_acts=True)


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
    """Whether so many attesters decide for all: more than half.

    It holds for a statement of scores as for a report that a payload or a model is missing.
    """
    return 2 * accounts > attesters


def standing_gains(
    accounts: Sequence[str], attesters: int, is_attester: Callable[[str], bool]
) -> tuple[str, ...]:
    """Which accounts of valid models gain standing.

    All that are in the frozen set, and at most max(1, attesters / 4) others, best first: one
    model with noise added under many names must not buy the majority at once.

    Args:
        accounts: of the valid models, best first.
        attesters: size of the frozen set.
        is_attester: whether an account is in it.
    """
    places = max(1, attesters // 4)
    gains: list[str] = []
    for account in accounts:
        if not is_attester(account):
            if places == 0:
                continue
            places -= 1
        gains.append(account)
    return tuple(gains)
