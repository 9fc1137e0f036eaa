"""Standing: who attests in a round, and what their majority is.

Standing lasts for a number of counted rounds, those with enough data. How many were counted is the
tick, from 1; a round is attested by the accounts whose standing ends after the tick at which it
closed.

Source: docs/Protocol.md, "Attesters, rewards, heat"; ``contracts/libraries/Standing.sol``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offchain.protocol.words.status import Electorate

FIRST_TICK = 1
"""The tick before any round has counted."""

NO_STANDING = 1
"""The tick at which the standing of an account ends that has none."""

NEW_FRACTION = 4
"""At most this fraction of the attesters' number gains standing anew in a round."""


MAXIMUM_STANDING = 256
"""So many accounts have standing at most: all their stakes may go in one transaction."""


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A round's attesters, fixed when it closes: how many, and who they are."""

    attesters: int
    electorate: Electorate


def has_standing(end: int, frozen: int) -> bool:
    """Whether standing that ends at a tick is there in a round that closed at tick ``frozen``."""
    return frozen < end


def standing_end(tick: int, standing_rounds: int) -> int:
    """The tick at which the standing of a voice ends, ``tick`` counting the voice's round."""
    return tick + standing_rounds


def accounts_with_standing(ends: Iterable[int], frozen: int) -> int:
    """How many of the accounts whose standing ends at these ticks have it in a round."""
    return sum(has_standing(end, frozen) for end in ends)


def granted(
    accounts: Sequence[str], with_standing: frozenset[str], attesters: int, count: int
) -> tuple[str, ...]:
    """Which voices get standing: all that have it, and the best few of those that do not.

    Args:
        accounts: the voices', best first, each once.
        with_standing: accounts that have standing in the round.
        attesters: how many attest in it.
        count: all accounts that have standing.

    Returns:
        In the same order.
    """
    places = min(max(1, attesters // NEW_FRACTION), MAXIMUM_STANDING - count)
    given = []
    for account in accounts:
        if account not in with_standing:
            if not places:
                continue
            places -= 1
        given.append(account)
    return tuple(given)


def has_lapsed(genesis_tick: int, opened: int, standing_rounds: int) -> bool:
    """Whether a genesis account no longer attests as such.

    Args:
        genesis_tick: counted rounds so far in which genesis accounts attested.
        opened: that number when it last opened a statement in one of them; 0: it never did.
        standing_rounds: K.
    """
    return genesis_tick - opened >= standing_rounds


def frozen_set(standing: int, genesis: int, members: int, minimum_standing: int) -> FrozenSet:
    """The attesters of a round that closes.

    Args:
        standing: accounts with standing in the round.
        genesis: genesis accounts with a full stake that have not lapsed, and have no standing.
        members: of the round's epoch.
        minimum_standing: with fewer accounts with standing the genesis accounts attest beside them.
    """
    if standing >= minimum_standing:
        return FrozenSet(standing, Electorate.STANDING)
    if standing + genesis:
        return FrozenSet(standing + genesis, Electorate.GENESIS)
    return FrozenSet(members, Electorate.MEMBERS)


def is_majority(accounts: int, attesters: int) -> bool:
    """Whether a statement stands: more than half of the frozen attesters opened it."""
    return 2 * accounts > attesters
