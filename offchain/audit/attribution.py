"""From fingerprints and public presence to names: ties rounds together, then matches absences.

Within a round the ring says "a member". Across rounds whoever looks alike is taken for one author;
its rounds are then compared with those in which each account was publicly there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from offchain.audit.fingerprints import Fingerprint


@dataclass(frozen=True, slots=True)
class Place:
    """A data transaction: its round, and its number there."""

    round: int
    index: int


def tracks(rounds: Mapping[int, Sequence[Fingerprint]]) -> list[list[Place]]:
    """Data transactions of one author, as far as content tells: each list has a round at most once.

    Rounds are taken in order. Those of a round are assigned to the tracks so far, so that the sum
    of the distances from the tracks' means is least; who is left begins a track.
    """
    found: list[list[Place]] = []
    means: list[Fingerprint] = []
    for number in sorted(rounds):
        prints = rounds[number]
        if not prints:
            continue
        assigned = _nearest(means, prints)
        for index, own in enumerate(prints):
            track = assigned.get(index)
            if track is None:
                found.append([Place(number, index)])
                means.append(own)
                continue
            count = len(found[track])
            means[track] = (means[track] * count + own) / (count + 1)
            found[track].append(Place(number, index))
    return found


def _nearest(means: Sequence[Fingerprint], prints: Sequence[Fingerprint]) -> dict[int, int]:
    """For the new fingerprints, by index, the track that each is assigned to."""
    if not means:
        return {}
    left, right = np.stack(prints), np.stack(means)
    distances = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None] - 2 * left @ right.T
    rows, columns = linear_sum_assignment(distances)
    return dict(zip(rows.tolist(), columns.tolist(), strict=True))


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


def right_share(guesses: Mapping[Place, str], truth: Mapping[Place, str]) -> float:
    """Part of the data transactions, 0 to 1, whose account is guessed right."""
    if not truth:
        return 0.0
    return sum(guesses.get(place) == account for place, account in truth.items()) / len(truth)
