"""A node's data by plan, as in the paper: each of its fonts, each digit, so many transforms, once.

`DigitsDataSource` draws any number of parts from fonts at random; this source draws exactly the
data set of an experiment: with 5,500 fonts, 10 nodes and 25 transforms a round has 2,200 fonts x 10
digits x 25 transforms = 550,000 images, of which each node holds 55,000.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError
from offchain.learning.drawing.noise import HandwritingNoise, draw_chosen
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.atlas import GlyphAtlas
from offchain.learning.fonts.plan import FontPlan
from offchain.learning.formats.digits import CLASSES, DigitSamples, encode_payload
from offchain.ports import DataSource

TRANSFORMS = 25
"""Images that a font has of each digit in a round, as in the paper."""


@dataclass(frozen=True, slots=True)
class PlannedDigitsSource(DataSource):
    """Payloads of one node of a `plan` (see `deal_fonts`), drawn from the atlas that it deals.

    What a node shares in a round depends on the fields and the round alone: the images of its fonts
    of that round, each digit `transforms` times. With `shuffled` they are dealt to the parts at
    random; else they come font by font, so that a part holds few fonts whole, and its fonts say
    whose it is. A part holds `samples_per_part` of them; images that are left over, or that
    `withholding` keeps back, are not shared. Up to `processes` draw, which changes nothing but the
    time.
    """

    atlas: GlyphAtlas
    plan: FontPlan
    node: int
    seed: int
    noise: HandwritingNoise
    samples_per_part: int
    transforms: int = TRANSFORMS
    shuffled: bool = True
    processes: int = 1
    withholding: Withholding = field(default_factory=Withholding)

    def __post_init__(self) -> None:
        if not 0 <= self.node < len(self.plan.cells):
            raise ConfigurationError(f"node {self.node} of {len(self.plan.cells)}: count from 0")
        if self.transforms < 1 or self.samples_per_part < 1:
            raise ConfigurationError(
                f"{self.transforms} transforms and {self.samples_per_part} samples a part: at "
                "least 1 of each is needed"
            )

    def images(self, round_number: int) -> int:
        """Return how many images the node has in a round."""
        return len(self.plan.fonts(self.node, round_number)) * CLASSES * self.transforms

    def samples(self, round_number: int) -> DigitSamples:
        """Return all images of a round, which is 1 or higher, in the order of the parts."""
        fonts = self.plan.fonts(self.node, round_number)
        sequence = np.random.SeedSequence([self.seed, self.node, round_number])
        noise_sequence, order_sequence = sequence.spawn(2)
        users, labels = _every_digit(fonts, self.transforms)
        if self.shuffled:
            order = np.random.Generator(np.random.PCG64(order_sequence)).permutation(len(labels))
            users, labels = users[order], labels[order]
        random = np.random.Generator(np.random.PCG64(noise_sequence))
        glyphs = self.atlas.glyphs.reshape(-1, *self.atlas.glyphs.shape[2:])
        images = draw_chosen(glyphs, users * CLASSES + labels, self.noise, random, self.processes)
        return DigitSamples(images, labels.astype(np.uint8))

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """Return a round's images in `parts` payload plaintexts.

        Raises `ConfigurationError` if there are too few.
        """
        images, needed = self.images(round_number), parts * self.samples_per_part
        if images < needed:
            raise ConfigurationError(
                f"{images} images of round {round_number} for {parts} parts of "
                f"{self.samples_per_part} samples, {needed} in all: share fewer in a part, or take "
                "more fonts or transforms"
            )
        samples = self.samples(round_number)
        sequence = np.random.SeedSequence([self.seed, self.node, round_number, 1])
        random = np.random.Generator(np.random.PCG64(sequence))
        shared = self.withholding.shared(samples.labels.astype(np.int64), needed, random)
        dealt = shared.reshape(parts, self.samples_per_part)
        return [
            encode_payload(DigitSamples(samples.images[part], samples.labels[part]))
            for part in dealt
        ]


def _every_digit(
    fonts: NDArray[np.int64], transforms: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return font and digit of each image, int64 [fonts x 10 x transforms], font by font."""
    users = np.repeat(fonts, CLASSES * transforms)
    labels = np.tile(np.repeat(np.arange(CLASSES, dtype=np.int64), transforms), len(fonts))
    return users, labels
