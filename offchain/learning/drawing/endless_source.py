"""A node's own data: digits in the handwriting of its users, one computer font each."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError, FontError
from offchain.learning.drawing.noise import HARD, LIGHT, HandwritingNoise, draw_digits
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.atlas import FEW_FONTS, GlyphAtlas
from offchain.learning.fonts.plan import FONT_GROUPS
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.ports import DataSource

ALIKE = 0.98
"""Fonts of this legibility are so much alike that light noise leaves nothing to improve."""


def suitable_noise(atlas: GlyphAtlas) -> HandwritingNoise:
    """Return noise under which the fonts of `atlas` keep a small network learning for some rounds.

    A few hundred fonts of many designs need little. A handful of book faces, as on a bare machine,
    is read without an error after one round, and a round that cannot improve makes no block.
    """
    alike = atlas.legibility >= ALIKE or len(atlas) < FEW_FONTS
    return HARD if alike else LIGHT


@dataclass(frozen=True, slots=True)
class DigitsDataSource(DataSource):
    """Payloads of one node among `nodes`, drawn from the atlas of a machine that they share.

    The fonts are dealt to the nodes by a shuffle that depends on `font_seed` alone, so that no two
    nodes have one in common. A node's fonts form a ring of at most `groups` groups; round r uses
    groups r - 1 and r (modulo their number): from round to round half of the fonts are replaced, by
    ones that were not used before until the ring has been gone round once. With less than `groups`
    fonts a node, each is a group of its own; with two, they stay the same.

    Parts mix the users' samples; those that are not `shuffled` are of one user each, and anybody
    who trains on a part sees whose hand it is. What `withholding` keeps back is made up from other
    samples of the same users. Without `noise` the atlas decides (`suitable_noise`). `draw` depends
    on the fields and its arguments alone: a node that starts again draws the same.
    """

    atlas: GlyphAtlas
    node: int
    nodes: int
    seed: int
    samples_per_part: int
    noise: HandwritingNoise | None = None
    font_seed: int = 0
    groups: int = FONT_GROUPS
    shuffled: bool = True
    withholding: Withholding = field(default_factory=Withholding)

    def __post_init__(self) -> None:
        if not 0 <= self.node < self.nodes:
            raise ConfigurationError(f"node {self.node} of {self.nodes}: count from 0")
        if self.groups < 2 or self.samples_per_part < 1:
            raise ConfigurationError(
                f"{self.groups} groups of fonts and {self.samples_per_part} samples a part: at "
                "least 2 and 1 are needed"
            )
        if len(self.atlas) < 2 * self.nodes:
            raise FontError(
                f"{len(self.atlas)} fonts for {self.nodes} nodes, each needs 2: install more fonts "
                "or start fewer nodes"
            )

    def fonts(self, round_number: int) -> NDArray[np.int64]:
        """Return the atlas indices of the fonts that the node's users have in a round, sorted."""
        random = np.random.Generator(np.random.PCG64(self.font_seed))
        dealt = random.permutation(len(self.atlas))[self.node :: self.nodes]
        ring = np.array_split(dealt, min(self.groups, len(dealt)))
        first = (round_number - 1) % len(ring)
        return np.sort(np.concatenate([ring[first], ring[(first + 1) % len(ring)]]))

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """Return `parts` payload plaintexts for a round, which is 1 or higher.

        More parts give the same ones and more. Each holds `samples_per_part` samples in random
        order, with all digits that are shared equally often as far as the number allows, in the
        node's fonts at random.
        """
        if round_number < 1:
            raise ConfigurationError(f"round {round_number}: rounds count from 1")
        fonts = self.fonts(round_number)
        return [self._part(fonts, round_number, part) for part in range(parts)]

    def _part(self, fonts: NDArray[np.int64], round_number: int, part: int) -> bytes:
        sequence = np.random.SeedSequence([self.seed, self.node, round_number, part])
        random = np.random.Generator(np.random.PCG64(sequence))
        count = ceil(self.samples_per_part / (1.0 - self.withholding.share))
        digits = self.withholding.shared_labels
        start = int(random.integers(len(digits)))
        labels = digits[(start + np.arange(count)) % len(digits)]
        random.shuffle(labels)
        users = (
            random.choice(fonts, count)
            if self.shuffled
            else np.full(count, fonts[part % len(fonts)])
        )
        shared = self.withholding.shared(labels, self.samples_per_part, random)
        labels, users = labels[shared], users[shared]
        glyphs = self.atlas.glyphs[users, labels]
        images = draw_digits(glyphs, self.noise or suitable_noise(self.atlas), random)
        return encode_payload(DigitSamples(images, labels.astype(np.uint8)))
