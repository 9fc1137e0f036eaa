"""Who holds which fonts, and when: fonts are dealt to nodes and to the groups of a ring.

As in the paper the fonts of a run form five groups in a ring; block b uses groups b and b + 1
(modulo 5), so that from block to block half of the fonts are replaced by ones never used before,
until the ring has been gone round once. Within a group each node has its own fonts. Fonts of one
family (near-duplicates, see `font_families`) lie in one group of one node, so that fonts that are
new are new to the eye as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError, FontError

FONT_GROUPS = 5
"""Fonts form a ring of groups; a round uses two neighbours, as in the paper."""


@dataclass(frozen=True, slots=True, eq=False)
class FontPlan:
    """Fonts by node and group: `cells` [nodes][groups] holds sorted indices of fonts, int64 [n]."""

    cells: Sequence[Sequence[NDArray[np.int64]]]

    def fonts(self, node: int, round_number: int) -> NDArray[np.int64]:
        """Return the fonts that a node, from 0, has in a round, from 1: two groups' of its own."""
        if round_number < 1:
            raise ConfigurationError(f"round {round_number}: rounds count from 1")
        ring = self.cells[node]
        first = (round_number - 1) % len(ring)
        return np.sort(np.concatenate([ring[first], ring[(first + 1) % len(ring)]]))

    def all_fonts(self) -> NDArray[np.int64]:
        """Return all fonts of the run, sorted."""
        return np.sort(np.concatenate([cell for ring in self.cells for cell in ring]))


def deal_fonts(
    families: NDArray[np.int64], nodes: int, groups: int, seed: int, fonts: int | None = None
) -> FontPlan:
    """Deal fonts to nodes and groups, as many to each: `fonts` in all, or as many as there are.

    `families` int64 [fonts there are] names each font's family. No family is split: of one that is
    larger than a cell, or for which no cell has room, only a part is used. The result depends on
    the arguments alone. Raises `FontError` if there are not enough for one font in each cell.
    """
    count = len(families) if fonts is None else fonts
    size = count // (nodes * groups)
    if size < 1 or count > len(families):
        raise FontError(
            f"{len(families)} fonts, {max(count, nodes * groups)} are needed for {nodes} nodes "
            f"with {groups} groups: `modelchain fonts` says where there are more"
        )
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0xF047])))
    # Large families first, while there is room; single fonts then fill the cells to the last place.
    members = [np.flatnonzero(families == family) for family in np.unique(families)]
    order = sorted(random.permutation(len(members)), key=lambda one: -len(members[one]))
    filled = random.permutation(nodes * groups) / (nodes * groups)  # the fraction breaks ties
    cells: list[list[int]] = [[] for _ in range(nodes * groups)]
    left: list[NDArray[np.int64]] = []
    for one in order:
        family = random.permutation(members[one])[:size]
        cell = int(np.argmin(filled))
        if len(cells[cell]) + len(family) > size:
            left.append(family)
            continue
        cells[cell].extend(family.tolist())
        filled[cell] += len(family)
    for family in left:
        cell = int(np.argmin(filled))
        part = family[: size - len(cells[cell])]
        cells[cell].extend(part.tolist())
        filled[cell] += len(part)
    if not all(cells):
        raise FontError(
            f"{len(families)} fonts of {len(members)} families cannot be dealt to {nodes} nodes "
            f"with {groups} groups: near-duplicates stay together"
        )
    return FontPlan(
        [
            [np.sort(np.array(cells[node * groups + group], np.int64)) for group in range(groups)]
            for node in range(nodes)
        ]
    )
