"""Rings as they were chosen before all members were the ring, and what intersecting them tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

FIRST_RING: Final = 8
"""Members of a ring of the first protocol."""

Ring = frozenset[int]


def windows(owners: int, items: int, random: np.random.Generator) -> list[list[Ring]]:
    """The first protocol's rings, as owners: [owners][items].

    Every owner has a key for each item. The keys lie on a circle that a seed shuffles, each
    owner's at equal distances, so that the order of owners repeats; a ring is `FIRST_RING`
    neighbours around the signer's key at a random offset.
    """
    circle = random.permutation(owners)
    place = {int(owner): at for at, owner in enumerate(circle)}

    def ring(owner: int) -> Ring:
        first = place[owner] - int(random.integers(FIRST_RING))
        return frozenset(int(circle[(first + step) % owners]) for step in range(FIRST_RING))

    return [[ring(owner) for _ in range(items)] for owner in range(owners)]


def random_ring(owner: int, owners: int, random: np.random.Generator) -> Ring:
    """The paper's: members at random, the signer among them."""
    others = random.permutation([other for other in range(owners) if other != owner])
    return frozenset({owner, *(int(other) for other in others[: FIRST_RING - 1])})


def clustered(means: Sequence[NDArray[np.float64]], clusters: int) -> NDArray[np.int64]:
    """Which of so many clusters each item is in, by the means of its samples (Ward's linkage)."""
    found = fcluster(linkage(np.stack(means), "ward"), clusters, "maxclust")
    return np.asarray(found, dtype=np.int64)


def named(rings: Sequence[Ring], random: np.random.Generator) -> int:
    """Whose the items with these rings are, most likely: who is in most of them."""
    owners = sorted(frozenset().union(*rings))
    hits = np.array([sum(owner in ring for ring in rings) for owner in owners])
    return owners[int(random.choice(np.flatnonzero(hits == hits.max())))]


def right_by_clusters(
    clusters: Sequence[int],
    rings: Sequence[Ring],
    truth: Sequence[int],
    random: np.random.Generator,
) -> float:
    """Part of the items whose owner the intersected rings of their cluster name."""
    right = 0
    for cluster in sorted(set(clusters)):
        items = [item for item, found in enumerate(clusters) if found == cluster]
        owner = named([rings[item] for item in items], random)
        right += sum(truth[item] == owner for item in items)
    return right / len(truth)
