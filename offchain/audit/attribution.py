"""From content and public presence to names: ties rounds together, then matches absences.

Within a round the ring says "a member". Across rounds whoever looks alike is taken for one author;
its rounds are then compared with those in which each account was publicly there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from offchain.audit.likeness import Content, Likeness


@dataclass(frozen=True, slots=True)
class Place:
    """A data transaction: its round, and its number there."""

    round: int
    index: int


def tracks(
    rounds: Mapping[int, Sequence[Content]], likeness: Likeness | None = None
) -> list[list[Place]]:
    """Data transactions of one author, as far as content tells: each list has a round at most once.

    Rounds are taken in order. Those of a round are assigned to the newest of each track so far, so
    that most samples lie nearest to their track's; who is left begins a track.

    Args:
        rounds: by number, the contents in order of arrival.
        likeness: remembers what was compared, where the same contents are tied again.
    """
    likeness = likeness or Likeness()
    found: list[list[Place]] = []
    newest: list[Content] = []
    for number in sorted(rounds):
        assigned: dict[int, int] = {}
        if newest and rounds[number]:
            rows, columns = linear_sum_assignment(-likeness.votes(rounds[number], newest))
            assigned = dict(zip(rows.tolist(), columns.tolist(), strict=True))
        for index, content in enumerate(rounds[number]):
            track = assigned.get(index)
            if track is None:
                found.append([Place(number, index)])
                newest.append(content)
                continue
            newest[track] = content
            found[track].append(Place(number, index))
    return found


def attribute(
    found: Sequence[Sequence[Place]],
    present: Mapping[str, frozenset[int]],
    rounds: Sequence[int],
    random: np.random.Generator,
) -> dict[Place, str]:
    """The most likely account of every data transaction.

    Args:
        found: the tracks.
        present: by account, the rounds in which it was publicly there as a member.
        rounds: all rounds looked at.
        random: breaks ties, so that no order of accounts or tracks helps by itself.
    """
    accounts = [str(name) for name in random.permutation(sorted(present))]
    if not found or not accounts:
        return {}
    shared: NDArray[np.int64] = np.array(
        [[any(place.round == number for place in track) for number in rounds] for track in found],
        dtype=np.int64,
    )
    seen: NDArray[np.int64] = np.array(
        [[number in present[account] for number in rounds] for account in accounts], dtype=np.int64
    )
    # Shared while away is nearly impossible, away while there only unlikely.
    cost = 10 * shared @ (1 - seen).T + (1 - shared) @ seen.T
    order = random.permutation(len(found))
    rows, columns = linear_sum_assignment(cost[order] + random.random(cost.shape) * 1e-6)
    return {
        place: accounts[column]
        for row, column in zip(rows, columns, strict=True)
        for place in found[order[row]]
    }


def by_order(acted: Mapping[int, Sequence[str]]) -> dict[Place, str]:
    """Attribution by order alone: the first to share is taken for the first to act, and so on.

    Args:
        acted: by round, accounts in the order in which they did something under their names.
    """
    return {
        Place(number, index): account
        for number, accounts in acted.items()
        for index, account in enumerate(accounts)
    }


def right_share(guesses: Mapping[Place, str], truth: Mapping[Place, str]) -> float:
    """Part of the data transactions, 0 to 1, whose account is guessed right."""
    if not truth:
        return 0.0
    return sum(guesses.get(place) == account for place, account in truth.items()) / len(truth)
