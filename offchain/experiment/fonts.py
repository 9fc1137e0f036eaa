"""The fonts of a run: those of a set that are dealt to the nodes, and their list."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from offchain.errors import FontError
from offchain.experiment.plan import ExperimentPlan
from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder
from offchain.learning.fonts.plan import FONT_GROUPS, FontPlan, deal_fonts
from offchain.learning.fonts.sets import MACHINE, load_set

DEAL_SEED = 0
"""Every run with the same fonts deals them alike."""


@dataclass(frozen=True, slots=True)
class ChosenFonts:
    """A set of fonts and how those of the run are dealt.

    Attributes:
        atlas: all usable fonts of the set.
        dealt: which of them each node has in which round.
        used: the run's fonts alone.
        digest: SHA-256, in hexadecimal, of the run's glyphs as they are dealt.
    """

    atlas: GlyphAtlas
    dealt: FontPlan
    used: GlyphAtlas
    digest: str

    def as_json(self) -> dict[str, object]:
        """The counts as they stand in the results."""
        return {
            "count": len(self.used),
            "plainly_different": self.used.family_count,
            "usable_in_the_set": len(self.atlas),
            "sha256": self.digest,
        }


def choose_fonts(plan: ExperimentPlan) -> ChosenFonts:
    """Deal as many fonts of its set as a plan has, or all, evenly to nodes and groups.

    A set's packages must have been fetched; the machine's own fonts are completed by a package,
    which is, where there are few.

    Raises:
        FontError: there are fewer, or a package is not there.
    """
    atlas = load_set(plan.font_set, default_cache_folder(), plan.font_set == MACHINE, plan.threads)
    if len(atlas) < plan.fonts:
        raise FontError(
            f"{len(atlas)} usable fonts in the set {plan.font_set}, {plan.fonts} are needed: give "
            "--fonts 0 to run with those that there are, or another --font-set"
        )
    dealt = _as_many_to_each(
        deal_fonts(atlas.families, plan.nodes, FONT_GROUPS, DEAL_SEED, plan.fonts or None)
    )
    hashed = hashlib.sha256()
    for ring in dealt.cells:
        for cell in ring:
            hashed.update(len(cell).to_bytes(8, "big"))
            hashed.update(np.ascontiguousarray(atlas.glyphs[cell]).data)
    return ChosenFonts(atlas, dealt, _part(atlas, dealt), hashed.hexdigest())


def _as_many_to_each(dealt: FontPlan) -> FontPlan:
    """The plan without the fonts that some nodes have in a group and others have not."""
    fewest = min(len(cell) for ring in dealt.cells for cell in ring)
    return FontPlan([[cell[:fewest] for cell in ring] for ring in dealt.cells])


def _part(atlas: GlyphAtlas, dealt: FontPlan) -> GlyphAtlas:
    """The fonts of an atlas that are dealt, in its order."""
    used = dealt.all_fonts()
    return GlyphAtlas(
        atlas.glyphs[used],
        tuple(atlas.names[index] for index in used),
        (),
        atlas.legibility,
        tuple(atlas.sha256[index] for index in used) if atlas.sha256 else (),
        atlas.families[used],
    )
