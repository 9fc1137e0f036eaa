"""The fonts of a run: those of the machine that are dealt to the nodes, and their list."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from offchain.errors import FontError
from offchain.experiment.plan import GROUPS, ExperimentPlan
from offchain.learning.font_families import find_families
from offchain.learning.font_plan import FontPlan, deal_fonts
from offchain.learning.glyphs import GlyphAtlas, default_cache_folder, load_atlas

DEAL_SEED = 0
"""Every run with the same fonts deals them alike."""


@dataclass(frozen=True, slots=True)
class ChosenFonts:
    """The machine's fonts and how those of the run are dealt.

    Attributes:
        atlas: all usable fonts of the machine.
        dealt: which of them each node has in which round.
        families: how many of the run's fonts are plainly different to the eye.
        names: the names of the run's fonts.
        digest: SHA-256, in hexadecimal, of the run's glyphs as they are dealt.
    """

    atlas: GlyphAtlas
    dealt: FontPlan
    families: int
    names: tuple[str, ...]
    digest: str

    @property
    def count(self) -> int:
        """Fonts of the run."""
        return len(self.names)

    def as_json(self) -> dict[str, object]:
        """The counts as they stand in the results."""
        return {
            "count": self.count,
            "plainly_different": self.families,
            "usable_on_the_machine": len(self.atlas),
            "sha256": self.digest,
        }


def choose_fonts(plan: ExperimentPlan) -> ChosenFonts:
    """Deal as many fonts as a plan has, or all of the machine's, evenly to nodes and groups.

    Raises:
        FontError: there are fewer.
    """
    atlas = load_atlas(default_cache_folder())
    if len(atlas) < plan.fonts:
        raise FontError(
            f"{len(atlas)} usable fonts, {plan.fonts} are needed: install more (docs/Learning.md "
            "names packages), or give --fonts 0 to run with those that there are"
        )
    families = find_families(atlas.glyphs)
    dealt = deal_fonts(families, plan.nodes, GROUPS, DEAL_SEED, plan.fonts or None)
    used = dealt.all_fonts()
    hashed = hashlib.sha256()
    for ring in dealt.cells:
        for cell in ring:
            hashed.update(len(cell).to_bytes(8, "big"))
            hashed.update(np.ascontiguousarray(atlas.glyphs[cell]).data)
    return ChosenFonts(
        atlas,
        dealt,
        len(np.unique(families[used])),
        tuple(atlas.names[index] for index in used),
        hashed.hexdigest(),
    )
